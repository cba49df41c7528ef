// An API server in memory, for tests of clients: objects with uid, resourceVersion and generation, fenced writes, finalizers, and watches that
// can lag, break and forget. No validation, no defaults, no authorization.
import { type ApiError, alreadyExists, conflict, ApiError as Failure, notFound } from '../../src/apimachinery/api-error.ts'
import { type Clock, timestamp } from '../../src/apimachinery/clock.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { applyMergePatch } from '../../src/apimachinery/patch/merge-patch.ts'
import { applyStrategicPatch } from '../../src/apimachinery/patch/strategic.ts'
import { schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'
import type { Client, ObjectRef, WatchEvent, WatchOptions } from '../../src/client/client.ts'
import { discoveryOf } from './fake-discovery.ts'
import { WatchStream } from './watch-stream.ts'

type Stored = KubeObject & { metadata: NonNullable<KubeObject['metadata']>; spec?: unknown; status?: unknown }

/** One request, as tests count them. */
export interface SeenRequest {
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'
  resource: string
  name: string
  subresource?: string
  body?: unknown
}

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: Stored
  revision: number
}

export class FakeServer {
  readonly requests: SeenRequest[] = []
  /** Watches tell of changes this much later. */
  lagMs = 0
  /** Watches from before this revision are answered 410. */
  compactedBefore = 0
  /** Thrown instead of an answer, when it returns one. */
  refuse: (request: SeenRequest) => Error | undefined = () => undefined
  /** A server older than watch lists answers 422 to them. */
  watchList = true
  /** What discovery tells of. */
  kinds: Kind[]
  readonly #clock: Clock
  readonly #objects = new Map<string, Map<string, Stored>>()
  readonly #history = new Map<string, Change[]>()
  readonly #watchers = new Map<string, Set<WatchStream>>()
  #revision = 0
  #names = 0

  /** `kinds` are what discovery tells of; others can be used all the same. */
  constructor(clock: Clock, kinds: readonly Kind[] = []) {
    this.#clock = clock
    this.kinds = [...kinds]
  }

  /** All objects of a kind, oldest first; what they are is frozen. */
  all<T extends KubeObject>(kind: Kind<T>): T[] {
    return [...(this.#objects.get(id(kind))?.values() ?? [])] as KubeObject[] as T[]
  }

  /** Requests of a verb for a resource. */
  count(verb: SeenRequest['verb'], resource: string): number {
    return this.requests.filter((one) => one.verb === verb && one.resource === resource).length
  }

  /** Ends all open watches, cleanly or with an error. */
  breakWatches(error?: Error): void {
    for (const streams of this.#watchers.values()) for (const stream of [...streams]) stream.end(error)
  }

  /** Open watches of a kind. */
  watching(kind: Kind): number {
    return this.#watchers.get(id(kind))?.size ?? 0
  }

  get revision(): number {
    return this.#revision
  }

  readonly client: Client = {
    get: async (kind, ref, options) => {
      this.#seen('get', kind, ref.name, options?.subresource)
      return this.#existing(kind, ref) as KubeObject as never
    },
    list: async (kind, { namespace } = {}) => {
      this.#seen('list', kind, '')
      const items = this.all<KubeObject>(kind as unknown as Kind).filter(
        ({ metadata }) => namespace === undefined || metadata?.namespace === namespace,
      )
      return { metadata: { resourceVersion: String(this.#revision) }, items: structuredClone(items) as never }
    },
    watch: (kind, options = {}) => this.#watch(kind, options) as never,
    create: async (kind, object) => {
      this.#seen('create', kind, object.metadata?.name ?? '', undefined, object)
      return this.create(kind as unknown as Kind, object) as never
    },
    update: async (kind, object, options) => {
      const { name = '', namespace } = object.metadata ?? {}
      this.#seen('update', kind, name, options?.subresource, object)
      return this.#replace(kind, { name, ...(namespace === undefined ? {} : { namespace }) }, object, options?.subresource) as never
    },
    patch: async (kind, ref, patch, { type, subresource }) => {
      this.#seen('patch', kind, ref.name, subresource, patch)
      const before = this.#existing(kind, ref)
      const { uid } = (patch as KubeObject).metadata ?? {}
      if (uid !== undefined && uid !== before.metadata.uid) throw conflict(kind, ref.name)
      const { resourceVersion: _, ...metadata } = before.metadata
      const base = { ...before, metadata }
      const after =
        type === 'strategic' ? applyStrategicPatch(base as never, patch as never, schemaOf(kind.schemaName)) : applyMergePatch(base, patch)
      return this.#replace(kind, ref, after as Stored, subresource) as never
    },
    delete: async (kind, ref, options = {}) => {
      this.#seen('delete', kind, ref.name)
      const before = this.#existing(kind, ref)
      const { uid, resourceVersion } = options.preconditions ?? {}
      if (uid !== undefined && uid !== before.metadata.uid) throw conflict(kind, ref.name)
      if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) throw conflict(kind, ref.name)
      this.remove(kind, ref, options.propagationPolicy)
    },
    deleteCollection: async (kind, { namespace }) => {
      this.#seen('delete', kind, '')
      for (const { metadata } of this.all<KubeObject>(kind as unknown as Kind)) {
        if (metadata?.namespace === namespace)
          this.remove(kind, { name: metadata?.name ?? '', ...(namespace === undefined ? {} : { namespace }) })
      }
    },
    createSubresource: async (kind, ref, subresource, body) => {
      this.#seen('create', kind, ref.name, subresource, body)
      return body
    },
    raw: async (_method, path) => discoveryOf(this.kinds, path),
  }

  /** Stores an object as a create does, without counting a request. */
  create<T extends KubeObject>(kind: Kind<T>, object: T): T {
    const { name, generateName = '' } = object.metadata ?? {}
    const stored = structuredClone(object) as Stored
    const uid = `uid-${++this.#names}`
    stored.apiVersion = kind.apiVersion
    stored.kind = kind.kind
    stored.metadata = {
      ...stored.metadata,
      name: name ?? `${generateName}${String(this.#names).padStart(5, '0')}`,
      uid: stored.metadata?.uid ?? uid,
      creationTimestamp: stored.metadata?.creationTimestamp ?? timestamp(this.#clock.now()),
      generation: 1,
    }
    if (this.#of(kind).has(key(stored.metadata))) throw alreadyExists(kind, stored.metadata.name ?? '')
    return this.#store(kind, stored, 'ADDED') as KubeObject as T
  }

  /** Changes an object behind the clients' back. */
  change<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef, change: (draft: T) => void): T {
    const draft = structuredClone(this.#existing(kind, ref))
    change(draft as KubeObject as T)
    return this.#store(kind, draft, 'MODIFIED') as KubeObject as T
  }

  /** Deletes an object, or marks it when finalizers hold it. */
  remove(kind: Kind, ref: ObjectRef, policy?: 'Orphan' | 'Background' | 'Foreground'): void {
    const draft = structuredClone(this.#existing(kind, ref))
    const own = policy === 'Foreground' ? ['foregroundDeletion'] : policy === 'Orphan' ? ['orphan'] : []
    const finalizers = [...new Set([...(draft.metadata.finalizers ?? []), ...own])]
    if (finalizers.length === 0) {
      this.#store(kind, draft, 'DELETED')
      return
    }
    draft.metadata = { ...draft.metadata, finalizers, deletionTimestamp: draft.metadata.deletionTimestamp ?? timestamp(this.#clock.now()) }
    this.#store(kind, draft, 'MODIFIED')
  }

  #seen(verb: SeenRequest['verb'], kind: Kind, name: string, subresource?: string, body?: unknown): void {
    const request = {
      verb,
      resource: kind.resource,
      name,
      ...(subresource === undefined ? {} : { subresource }),
      ...(body === undefined ? {} : { body }),
    }
    this.requests.push(request)
    const refusal = this.refuse(request)
    if (refusal !== undefined) throw refusal
  }

  #of(kind: Kind): Map<string, Stored> {
    let objects = this.#objects.get(id(kind))
    if (objects === undefined) this.#objects.set(id(kind), (objects = new Map()))
    return objects
  }

  #existing(kind: Kind, ref: ObjectRef): Stored {
    const found = this.#of(kind).get(key(ref))
    if (found === undefined) throw notFound(kind, ref.name)
    return found
  }

  #replace(kind: Kind, ref: ObjectRef, object: KubeObject, subresource: string | undefined): Stored {
    const before = this.#existing(kind, ref)
    const { resourceVersion } = object.metadata ?? {}
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) throw conflict(kind, ref.name)
    const { status, ...rest } = structuredClone(object) as Stored
    const split = kind.subresources.status === true
    const after: Stored =
      subresource === 'status'
        ? {
            ...before,
            metadata: {
              ...before.metadata,
              ...(rest.metadata.annotations === undefined ? {} : { annotations: rest.metadata.annotations }),
            },
            status,
          }
        : { ...rest, ...(split ? { status: before.status } : { status }) }
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = before.metadata
    const specChanged = !semanticEqual(before.spec, after.spec)
    after.metadata = {
      ...after.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      generation: specChanged ? generation + 1 : generation,
      resourceVersion: before.metadata.resourceVersion!,
    }
    if (deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) return this.#store(kind, after, 'DELETED')
    return semanticEqual(before, after) ? before : this.#store(kind, after, 'MODIFIED')
  }

  #store(kind: Kind, object: Stored, type: Change['type']): Stored {
    const revision = ++this.#revision
    object.metadata = { ...object.metadata, resourceVersion: String(revision) }
    if (type === 'DELETED') this.#of(kind).delete(key(object.metadata))
    else this.#of(kind).set(key(object.metadata), object)
    const change = { type, object, revision }
    const history = this.#history.get(id(kind))
    if (history === undefined) this.#history.set(id(kind), [change])
    else history.push(change)
    for (const stream of this.#watchers.get(id(kind)) ?? []) this.#tell(stream, change)
    return object
  }

  #tell(stream: WatchStream, { type, object }: Change): void {
    const event = { type, object: structuredClone(object) }
    if (this.lagMs === 0) stream.push(event)
    else this.#clock.after(this.lagMs, () => stream.push(event))
  }

  async *#watch(kind: Kind, options: WatchOptions): AsyncGenerator<WatchEvent> {
    this.#seen('watch', kind, options.resourceVersion ?? '')
    if (options.sendInitialEvents && !this.watchList) throw new Failure('Invalid', 'sendInitialEvents: Forbidden')
    const from = Number(options.resourceVersion ?? this.#revision)
    if (from < this.compactedBefore) throw new Failure('Expired', `too old resource version: ${from} (${this.compactedBefore})`)
    const stream = new WatchStream(options.signal)
    const streams = this.#watchers.get(id(kind)) ?? new Set()
    this.#watchers.set(id(kind), streams.add(stream))
    if (options.sendInitialEvents) {
      for (const object of this.all<KubeObject>(kind)) stream.push({ type: 'ADDED', object: structuredClone(object) })
      const metadata = { resourceVersion: String(this.#revision), annotations: { 'k8s.io/initial-events-end': 'true' } }
      stream.push({ type: 'BOOKMARK', object: { metadata } })
    }
    for (const change of this.#history.get(id(kind)) ?? []) if (change.revision > from) this.#tell(stream, change)
    try {
      yield* stream.events()
    } finally {
      streams.delete(stream)
    }
  }
}

function id(kind: Kind): string {
  return `${kind.apiVersion}/${kind.kind}`
}

function key({ namespace, name }: { namespace?: string | undefined; name?: string | undefined }): string {
  return `${namespace ?? ''}/${name}`
}

/** A refusal for tests: 403 by quota, 500, and so on. */
export function refusal(reason: ConstructorParameters<typeof ApiError>[0], message: string): ApiError {
  return new Failure(reason, message)
}

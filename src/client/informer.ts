// An informer: the frozen objects of one kind, indexed, kept equal to the server's by a reflector, with change handlers.
import { deepFreeze } from '../apimachinery/json.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { type KubeObject, objectKey } from '../apimachinery/meta.ts'
import type { Lister } from './lister.ts'
import { type ReflectorOptions, type ReflectorSink, reflect } from './reflector.ts'
import { compareRevisions } from './revision.ts'

/** Called in order, after the cache has changed. `object` is the last state for a deletion. */
export type InformerHandler<T> = (change: { type: 'added' | 'updated' | 'deleted'; object: T; previous: T | undefined }) => void

type IndexFunction<T> = (object: T) => readonly string[]

/** The cache alone: also used without a server, in tests. */
export class ObjectCache<T extends KubeObject = KubeObject> implements Lister<T>, ReflectorSink<T> {
  readonly kind: Kind<T>
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, { values: IndexFunction<T>; buckets: Map<string, Map<string, T>> }>()
  readonly #handlers = new Set<InformerHandler<T>>()
  readonly #revisionListeners = new Set<() => void>()
  /** Everything up to this resourceVersion is in the cache; '' before the first list. */
  revision = ''
  synced = false

  constructor(kind: Kind<T>) {
    this.kind = kind
    this.addIndex('namespace', (object) => [object.metadata?.namespace ?? ''])
    this.addIndex('controller', (object) => {
      const owner = object.metadata?.ownerReferences?.find((reference) => reference.controller)
      return owner === undefined ? [] : [owner.uid]
    })
  }

  get size(): number {
    return this.#objects.size
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name)
  }

  byKey(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(namespace?: string): readonly T[] {
    return namespace === undefined ? [...this.#objects.values()] : this.by('namespace', namespace)
  }

  ownedBy(owner: KubeObject): readonly T[] {
    return owner.metadata?.uid === undefined ? [] : this.by('controller', owner.metadata.uid)
  }

  by(index: string, value: string): readonly T[] {
    const found = this.#indexes.get(index)
    if (found === undefined) throw new Error(`no index ${index} on ${this.kind.kind}`)
    return [...(found.buckets.get(value)?.values() ?? [])]
  }

  /** Declares an index; objects already here are indexed at once. The same name twice keeps the first. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return
    this.#indexes.set(name, { values, buckets: new Map() })
    for (const [key, object] of this.#objects) this.#index(name, key, undefined, object)
  }

  onChange(handler: InformerHandler<T>): () => void {
    this.#handlers.add(handler)
    for (const object of this.#objects.values()) handler({ type: 'added', object, previous: undefined })
    return () => this.#handlers.delete(handler)
  }

  /** Called whenever `revision` moves. */
  onRevision(listener: () => void): () => void {
    this.#revisionListeners.add(listener)
    return () => this.#revisionListeners.delete(listener)
  }

  replace(objects: T[], revision: string): void {
    const keys = new Set<string>()
    for (const object of objects) {
      keys.add(objectKey(object))
      this.#put(object)
    }
    for (const [key, object] of [...this.#objects]) if (!keys.has(key)) this.#remove(key, object)
    this.synced = true
    this.#advance(revision)
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type === 'DELETED') this.#remove(objectKey(object), object)
    else this.#put(object)
    this.#advance(object.metadata?.resourceVersion ?? this.revision)
  }

  bookmark(revision: string): void {
    this.#advance(revision)
  }

  #advance(revision: string): void {
    if (this.revision === '' || compareRevisions(revision, this.revision) > 0) this.revision = revision
    for (const listener of this.#revisionListeners) listener()
  }

  /** Items of lists carry no type of their own. */
  #typed(object: T): T {
    if (Object.isFrozen(object)) return object
    object.apiVersion ??= this.kind.apiVersion
    object.kind ??= this.kind.kind
    return deepFreeze(object)
  }

  #put(fresh: T): void {
    const object = this.#typed(fresh)
    const key = objectKey(object)
    const previous = this.#objects.get(key)
    if (previous !== undefined && previous.metadata?.resourceVersion === object.metadata?.resourceVersion) return
    this.#objects.set(key, object)
    for (const name of this.#indexes.keys()) this.#index(name, key, previous, object)
    if (previous !== undefined && previous.metadata?.uid !== object.metadata?.uid) {
      this.#notify('deleted', previous, previous)
      this.#notify('added', object, undefined)
    } else this.#notify(previous === undefined ? 'added' : 'updated', object, previous)
  }

  #remove(key: string, object: T): void {
    const previous = this.#objects.get(key)
    if (previous === undefined) return
    this.#objects.delete(key)
    for (const name of this.#indexes.keys()) this.#index(name, key, previous, undefined)
    this.#notify('deleted', this.#typed(object), previous)
  }

  #index(name: string, key: string, before: T | undefined, after: T | undefined): void {
    const { values, buckets } = this.#indexes.get(name)!
    const old = before === undefined ? [] : values(before)
    const fresh = after === undefined ? [] : values(after)
    for (const value of old) {
      if (fresh.includes(value)) continue
      const bucket = buckets.get(value)
      bucket?.delete(key)
      if (bucket?.size === 0) buckets.delete(value)
    }
    for (const value of fresh) {
      let bucket = buckets.get(value)
      if (bucket === undefined) buckets.set(value, (bucket = new Map()))
      bucket.set(key, after!)
    }
  }

  #notify(type: 'added' | 'updated' | 'deleted', object: T, previous: T | undefined): void {
    for (const handler of this.#handlers) handler({ type, object, previous })
  }
}

export type InformerOptions<T extends KubeObject> = Omit<ReflectorOptions<T>, 'sink'>

/** Starts filling `cache`; resolves when the reflector has stopped. */
export function runInformer<T extends KubeObject>(cache: ObjectCache<T>, options: InformerOptions<T>): Promise<void> {
  return reflect({ ...options, sink: cache })
}

/** Resolves when every cache holds its first full state; rejects when the signal aborts. */
export function cachesSynced(caches: Iterable<ObjectCache>, signal: AbortSignal): Promise<void> {
  const waits = [...caches].map(
    (cache) =>
      new Promise<void>((resolve, reject) => {
        if (cache.synced) return resolve()
        if (signal.aborted) return reject(signal.reason)
        const abort = () => {
          stop()
          reject(signal.reason)
        }
        const stop = cache.onRevision(() => {
          if (!cache.synced) return
          stop()
          signal.removeEventListener('abort', abort)
          resolve()
        })
        signal.addEventListener('abort', abort, { once: true })
      }),
  )
  return Promise.all(waits).then(() => {})
}

/** The caches of a process: one per kind and selection, shared by everyone who asks. */
export class InformerFactory {
  readonly #options: Omit<InformerOptions<KubeObject>, 'kind' | 'namespace' | 'labelSelector' | 'fieldSelector'>
  readonly #caches = new Map<string, ObjectCache>()
  readonly #running: Promise<void>[] = []

  constructor(options: Omit<InformerOptions<KubeObject>, 'kind' | 'namespace' | 'labelSelector' | 'fieldSelector'>) {
    this.#options = options
  }

  /** The cache of all objects of a kind (or of one selection); the first call starts it. */
  cache<T extends KubeObject>(
    kind: Kind<T>,
    selection: { namespace?: string; labelSelector?: string; fieldSelector?: string } = {},
  ): ObjectCache<T> {
    const key = [kind.apiVersion, kind.kind, selection.namespace, selection.labelSelector, selection.fieldSelector].join('|')
    let cache = this.#caches.get(key)
    if (cache === undefined) {
      cache = new ObjectCache(kind) as unknown as ObjectCache
      this.#caches.set(key, cache)
      this.#running.push(runInformer(cache, { ...this.#options, kind: kind as unknown as Kind<KubeObject>, ...selection }))
    }
    return cache as unknown as ObjectCache<T>
  }

  /** The cache of all objects of a kind, when somebody has asked for it already. */
  started(kind: Kind): ObjectCache | undefined {
    return this.#caches.get([kind.apiVersion, kind.kind, undefined, undefined, undefined].join('|'))
  }

  synced(): Promise<void> {
    return cachesSynced(this.#caches.values(), this.#options.signal)
  }

  /** Resolves when every reflector has stopped (after the signal aborted). */
  async stopped(): Promise<void> {
    await Promise.all(this.#running)
  }
}

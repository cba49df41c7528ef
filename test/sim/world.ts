// What is stored, as an observer outside the storm sees it: every change in order, decoded, with the state before it.
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Storage, StorageEvent } from '../../src/storage/storage.ts'

/** A stored object; rules read the fields they know. */
// biome-ignore lint/suspicious/noExplicitAny: rules of all kinds read fields of all kinds
export type Stored = KubeObject & { metadata: NonNullable<KubeObject['metadata']>; spec?: any; status?: any }

export interface Change {
  kind: string
  /** namespace/name, or name. */
  key: string
  revision: number
  /** Absent for a creation. */
  before?: Stored
  /** Absent for a deletion. */
  after?: Stored
  now: number
}

export class World {
  readonly #kinds = new Map<string, Map<string, Stored>>()
  readonly revisions = new Set<number>()
  readonly #hash = createHash('sha256')
  /** Told of every change, after the world shows it. */
  readonly #told: (change: Change) => void
  readonly #now: () => number

  constructor(now: () => number, told: (change: Change) => void) {
    this.#now = now
    this.#told = told
  }

  of(kind: string): Map<string, Stored> {
    let objects = this.#kinds.get(kind)
    if (objects === undefined) this.#kinds.set(kind, (objects = new Map()))
    return objects
  }

  list(kind: string): Stored[] {
    return [...this.of(kind).values()]
  }

  kinds(): string[] {
    return [...this.#kinds.keys()]
  }

  /** Objects of a kind that this one controls. */
  owned(kind: string, owner: Stored): Stored[] {
    return this.list(kind).filter((object) => controllerUid(object) === owner.metadata.uid)
  }

  /** One line of what happened, for the trace. */
  note(line: string): void {
    this.#hash.update(`${this.#now()} ${line}\n`)
  }

  /** The hash of everything that happened. */
  trace(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Follows the store until the signal aborts. */
  async follow(storage: Storage, signal: AbortSignal): Promise<void> {
    const { entries, revision } = await storage.list('')
    for (const { key, value, modRevision } of entries) this.#apply({ type: 'put', key, value, revision: modRevision })
    try {
      for await (const batch of storage.watch({ prefix: '', afterRevision: revision, signal }))
        for (const event of batch) this.#apply(event)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #apply({ type, key: path, value, revision, previous }: StorageEvent): void {
    this.revisions.add(revision)
    const bytes = value ?? previous?.value
    if (bytes === undefined) return
    this.#hash.update(`${this.#now()} ${type} ${path} ${revision} `)
    if (value !== undefined) this.#hash.update(value)
    const shown = JSON.parse(Buffer.from(bytes).toString()) as Stored
    const kind = shown.kind ?? ''
    const { namespace, name = '' } = shown.metadata
    const key = namespace === undefined ? name : `${namespace}/${name}`
    const objects = this.of(kind)
    const before = objects.get(key)
    if (type === 'delete') objects.delete(key)
    else objects.set(key, shown)
    const state = { ...(before === undefined ? {} : { before }), ...(type === 'delete' ? {} : { after: shown }) }
    this.#told({ kind, key, revision, now: this.#now(), ...state })
  }
}

export function controllerUid(object: Stored): string | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
}

export function isTerminal(pod: Stored): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

export function isReady(object: Stored): boolean {
  return condition(object, 'Ready') === 'True'
}

export function condition(object: Stored, type: string): string | undefined {
  return object.status?.conditions?.find((one: { type: string }) => one.type === type)?.status
}

/** Neither ended nor told to end. */
export function isActive(pod: Stored): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined
}

/** Some container of the pod may be running, as far as its kubelet has told. */
export function mayRun(pod: Stored): boolean {
  if (isTerminal(pod)) return false
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  return statuses.some(({ state }) => state?.running !== undefined)
}

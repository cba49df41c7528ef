// Read-your-writes: a key rests until the caches have seen what its last plan wrote (KEP-5647 made general). Replaces expectations.
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { ObjectCache } from '../client/informer.ts'
import { compareRevisions } from '../client/revision.ts'

interface Pending {
  cache: ObjectCache
  /** For creates, updates and patches: the cache must have come this far. */
  revision?: string
  /** Nobody knows yet how far the cache must come. */
  unsure?: true
  /** For deletes: the object with this uid must be gone or going. */
  deleted?: { namespace: string | undefined; name: string; uid: string | undefined }
  giveUpAt: number
}

/** How long a cache may lag before the key is worked on anyway: upstream's ExpectationsTimeout. */
const patienceMs = 300_000

export class PendingWrites {
  readonly #byKey = new Map<string, Pending[]>()
  readonly #caches: ReadonlyMap<string, ObjectCache>

  /** `caches`: the caches the controller reads, by "apiVersion/kind". Writes to other kinds are not waited for. */
  constructor(caches: ReadonlyMap<string, ObjectCache>) {
    this.#caches = caches
  }

  wrote(key: string, kind: Kind, answer: KubeObject, now: number): void {
    const cache = this.#caches.get(`${kind.apiVersion}/${kind.kind}`)
    const revision = answer.metadata?.resourceVersion
    if (cache === undefined || revision === undefined) return
    this.#add(key, { cache, revision, giveUpAt: now + patienceMs })
  }

  deleted(key: string, kind: Kind, namespace: string | undefined, name: string, uid: string | undefined, now: number): void {
    const cache = this.#caches.get(`${kind.apiVersion}/${kind.kind}`)
    if (cache === undefined) return
    this.#add(key, { cache, deleted: { namespace, name, uid }, giveUpAt: now + patienceMs })
  }

  /** A write whose outcome is not known: the key rests until the result is called with what the cache must have seen. */
  unsure(key: string, kind: Kind, now: number): (revision: string) => void {
    const cache = this.#caches.get(`${kind.apiVersion}/${kind.kind}`)
    if (cache === undefined) return () => {}
    const pending: Pending = { cache, unsure: true, giveUpAt: now + patienceMs }
    this.#add(key, pending)
    return (revision) => {
      delete pending.unsure
      pending.revision = revision
    }
  }

  /** True when every write of the key is visible (or given up on). Forgets those that are. */
  settled(key: string, now: number): boolean {
    const waiting = this.#byKey.get(key)
    if (waiting === undefined) return true
    const rest = waiting.filter((pending) => now < pending.giveUpAt && !visible(pending))
    if (rest.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, rest)
    return rest.length === 0
  }

  /** When the oldest write of the key is given up on. */
  giveUpAt(key: string): number {
    return Math.min(...(this.#byKey.get(key) ?? []).map((pending) => pending.giveUpAt))
  }

  #add(key: string, pending: Pending): void {
    const waiting = this.#byKey.get(key)
    if (waiting === undefined) this.#byKey.set(key, [pending])
    else waiting.push(pending)
  }
}

function visible({ cache, revision, unsure, deleted }: Pending): boolean {
  if (unsure) return false
  if (revision !== undefined) return cache.revision !== '' && compareRevisions(cache.revision, revision) >= 0
  if (deleted === undefined) return true
  const object = cache.get(deleted.name, deleted.namespace)
  return object === undefined || object.metadata?.uid !== deleted.uid || object.metadata?.deletionTimestamp !== undefined
}

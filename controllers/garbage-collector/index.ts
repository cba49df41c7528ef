// Deletes what has lost its owners, in the three modes: background, foreground, orphan. Follows the metadata of every kind.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
import { isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject, OwnerReference } from '../../src/apimachinery/meta.ts'
import type { LoopController } from '../../src/controller/define.ts'
import { blockingDependents, foregroundFinalizer, Graph, type Identity, type Node, orphanFinalizer, verdict, type Wake } from './graph.ts'

/** Keys in work: the same word twice is one. */
export interface Queue {
  add(key: string): void
  addRateLimited(key: string): void
  forget(key: string): void
  take(): Promise<string | undefined>
  done(key: string): void
  close(): void
}

/** The metadata of all objects, and the writes on it. Writes reject with ApiError. */
export interface ObjectGraphPort {
  /** Calls back for every kind that appears (or goes) and follows its objects until the signal aborts; resolves once all first lists are in. */
  follow(sink: { put(object: KubeObject): void; remove(object: KubeObject): void }, signal: AbortSignal): Promise<void>
  kindOf(apiVersion: string, kind: string): Kind | undefined
  /** Fresh metadata, past any cache. */
  get(kind: Kind, namespace: string | undefined, name: string): Promise<KubeObject>
  patch(kind: Kind, namespace: string | undefined, name: string, patch: Record<string, unknown>): Promise<unknown>
  delete(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    uid: string,
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void>
  queue(): Queue
  report(message: string, error: unknown): void
}

const workers = 20

export const garbageCollector: LoopController = {
  name: 'garbage-collector',
  needs: ['objectGraph'],
  async run(ports, { signal }) {
    const port = ports['objectGraph'] as ObjectGraphPort
    const collector = new Collector(port)
    signal.addEventListener('abort', () => collector.close(), { once: true })
    await port.follow(collector, signal).catch((error) => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return collector.close()
    await Promise.all(Array.from({ length: workers }, () => collector.work()))
  },
}

class Collector {
  readonly #graph = new Graph()
  readonly #port: ObjectGraphPort
  readonly #queue: Queue

  constructor(port: ObjectGraphPort) {
    this.#port = port
    this.#queue = port.queue()
  }

  put(object: KubeObject): void {
    this.#wake(this.#graph.put(object))
  }

  remove(object: KubeObject): void {
    this.#wake(this.#graph.remove(object.metadata?.uid ?? ''))
  }

  close(): void {
    this.#queue.close()
  }

  async work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        const uid = key.slice(2)
        if (key.startsWith('o:')) await this.#orphanDependents(uid)
        else await this.#consider(uid)
        this.#queue.forget(key)
      } catch (error) {
        this.#port.report(`garbage collection of ${key} will be retried`, error)
        this.#queue.addRateLimited(key)
      }
      this.#queue.done(key)
    }
  }

  #wake({ remove, orphan }: Wake): void {
    for (const uid of remove) this.#queue.add(`d:${uid}`)
    for (const uid of orphan) this.#queue.add(`o:${uid}`)
  }

  async #consider(uid: string): Promise<void> {
    const node = this.#graph.get(uid)
    if (node === undefined || (node.beingDeleted && !node.deletingDependents)) return
    if (!node.virtual && !node.deletingDependents && node.owners.length === 0) return
    const live = await this.#live(node.identity)
    if (live === undefined) {
      this.#wake(this.#graph.remove(uid))
      return
    }
    // a virtual node that exists will arrive by its own watch
    if (node.virtual) return
    if (node.deletingDependents) return this.#finishForeground(node, live)
    const gone = await this.#absentOwners(node)
    const decision = verdict(node, this.#graph, (owner) => gone.has(owner.uid), live.metadata?.finalizers ?? [])
    const { namespace, name } = node.identity
    const kind = this.#kind(node.identity)
    if (decision.act === 'drop-owners') await this.#dropOwners(kind, live, decision.uids)
    if (decision.act === 'delete') await this.#port.delete(kind, namespace, name, uid, decision.propagationPolicy)
  }

  async #finishForeground(node: Node, live: KubeObject): Promise<void> {
    const blocking = blockingDependents(node)
    if (blocking.length > 0) {
      for (const dependent of blocking) if (!dependent.deletingDependents) this.#queue.add(`d:${dependent.identity.uid}`)
      return
    }
    await this.#dropFinalizer(node.identity, live, foregroundFinalizer)
  }

  async #orphanDependents(uid: string): Promise<void> {
    const owner = this.#graph.get(uid)
    if (owner === undefined || owner.virtual) return
    for (const dependent of owner.dependents) {
      const live = await this.#live(dependent.identity)
      if (live !== undefined) await this.#dropOwners(this.#kind(dependent.identity), live, [uid])
    }
    const live = await this.#live(owner.identity)
    if (live !== undefined) await this.#dropFinalizer(owner.identity, live, orphanFinalizer)
  }

  async #dropOwners(kind: Kind, live: KubeObject, uids: readonly string[]): Promise<void> {
    const { namespace, name = '', uid, resourceVersion, ownerReferences = [] } = live.metadata ?? {}
    const rest = ownerReferences.filter((owner) => !uids.includes(owner.uid))
    if (rest.length === ownerReferences.length) return
    await this.#port.patch(kind, namespace, name, { metadata: { uid, resourceVersion, ownerReferences: rest.length === 0 ? null : rest } })
  }

  async #dropFinalizer(identity: Identity, live: KubeObject, finalizer: string): Promise<void> {
    const { uid, resourceVersion, finalizers = [] } = live.metadata ?? {}
    if (!finalizers.includes(finalizer)) return
    const rest = finalizers.filter((word) => word !== finalizer)
    const patch = { metadata: { uid, resourceVersion, finalizers: rest.length === 0 ? null : rest } }
    await this.#port.patch(this.#kind(identity), identity.namespace, identity.name, patch)
  }

  /** Owners that do not exist (any more); those in the graph do. */
  async #absentOwners(node: Node): Promise<Set<string>> {
    const gone = new Set<string>()
    for (const owner of node.owners) {
      const known = this.#graph.get(owner.uid)
      if (known !== undefined && !known.virtual) continue
      const identity = { ...ownerIdentity(owner), namespace: node.identity.namespace }
      if ((await this.#live(identity)) === undefined) gone.add(owner.uid)
    }
    return gone
  }

  /** The object as it is now; undefined when it is gone or another has its name. Throws for a kind that is not known. */
  async #live(identity: Identity): Promise<KubeObject | undefined> {
    const kind = this.#kind(identity)
    try {
      const object = await this.#port.get(kind, kind.scope === 'Namespaced' ? identity.namespace : undefined, identity.name)
      return object.metadata?.uid === identity.uid ? object : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #kind({ apiVersion, kind }: Identity): Kind {
    const found = this.#port.kindOf(apiVersion, kind)
    if (found === undefined) throw new Error(`no resource of kind ${kind} in ${apiVersion}`)
    return found
  }
}

function ownerIdentity({ apiVersion, kind, name, uid }: OwnerReference): Identity {
  return { apiVersion, kind, namespace: undefined, name, uid }
}

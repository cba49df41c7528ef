// Works off what the graph wakes: verifies by fresh reads, then deletes, drops references or finalizers, orphans.
import { isConflict, isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject, OwnerReference } from '../../src/apimachinery/meta.ts'
import {
  blockingDependents,
  foregroundFinalizer,
  Graph,
  type Identity,
  type Node,
  names,
  type OwnerState,
  orphanFinalizer,
  verdict,
  type Wake,
} from './graph.ts'
import type { ObjectGraphPort, Queue } from './index.ts'

/** Requests at once while one owner's dependents are orphaned. */
const orphanWorkers = 20
/** Owners known to be gone that are remembered, so that each of a thousand dependents need not ask. */
const maxAbsent = 500

/** A cluster-scoped object names a namespaced owner: there is no namespace to look in. No retry will change that. */
class NoNamespace extends Error {}

export class Collector {
  readonly #graph = new Graph()
  readonly #port: ObjectGraphPort
  readonly #queue: Queue
  readonly #absent = new Set<string>()

  constructor(port: ObjectGraphPort) {
    this.#port = port
    this.#queue = port.queue()
  }

  /** Nodes of the graph, for tests and metrics. */
  get size(): number {
    return this.#graph.size
  }

  put(object: KubeObject): void {
    this.#wake(this.#graph.put(object))
  }

  remove(object: KubeObject): void {
    const uid = object.metadata?.uid ?? ''
    const node = this.#graph.get(uid)
    if (node !== undefined && !node.virtual && node.dependents.size > 0) this.#rememberAbsent(node.identity)
    this.#wake(this.#graph.remove(uid))
  }

  close(): void {
    this.#queue.close()
  }

  /** One worker; resolves when the queue is closed. */
  async work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      try {
        const uid = key.slice(2)
        const again = key.startsWith('o:') ? await this.#orphanDependents(uid) : await this.#consider(uid)
        if (again) this.#queue.addRateLimited(key)
        else this.#queue.forget(key)
      } catch (error) {
        if (error instanceof NoNamespace) this.#queue.forget(key)
        else {
          this.#port.report(`garbage collection of ${key} will be retried`, error)
          this.#queue.addRateLimited(key)
        }
      }
      this.#queue.done(key)
    }
  }

  #wake({ remove, orphan, misplaced }: Wake): void {
    for (const uid of remove) this.#queue.add(`d:${uid}`)
    for (const uid of orphan) this.#queue.add(`o:${uid}`)
    for (const { dependent, owner } of misplaced) {
      const { namespace = '' } = dependent
      const words = `[${owner.apiVersion}/${owner.kind}, namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}]`
      this.#port.warn(dependent, 'OwnerRefInvalidNamespace', `ownerRef ${words} does not exist in namespace "${namespace}"`)
    }
  }

  /** True when the item is to be looked at again though nothing failed. */
  async #consider(uid: string): Promise<boolean> {
    const node = this.#graph.get(uid)
    // being deleted is a one-way trip
    if (node === undefined || (node.beingDeleted && !node.deletingDependents)) return false
    if (!node.virtual && !node.deletingDependents && (node.owners.length === 0 || (await this.#judgeUnread(node)))) return false
    const live = await this.#live(node.identity)
    if (live === undefined) {
      this.#rememberAbsent(node.identity)
      this.#wake(this.#graph.remove(uid))
      return false
    }
    // it will arrive by its own watch, unless it comes and goes while that is broken
    if (node.virtual) return this.#graph.get(uid)?.virtual === true
    if (node.deletingDependents) await this.#finishForeground(node, live)
    else await this.#judge(node, live)
    return false
  }

  /** The common case takes one request: what the graph knows decides, and the server refuses when that is no longer so. True when done. */
  async #judgeUnread(node: Node): Promise<boolean> {
    const { owners, finalizers, resourceVersion } = node
    const { uid, namespace, name } = node.identity
    const decision = verdict(node, await this.#ownerStates(owners, namespace), finalizers)
    if (decision.act === 'nothing') return true
    if (decision.act !== 'delete' || decision.unblock) return false
    try {
      await this.#port.delete(this.#kind(node.identity), namespace, name, { uid, resourceVersion }, decision.propagationPolicy)
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }

  async #judge(node: Node, live: KubeObject): Promise<void> {
    const { uid = '', resourceVersion, ownerReferences = [], finalizers = [] } = live.metadata ?? {}
    const decision = verdict(node, await this.#ownerStates(ownerReferences, node.identity.namespace), finalizers)
    const { namespace, name } = node.identity
    const kind = this.#kind(node.identity)
    if (decision.act === 'drop-owners') await this.#dropOwners(kind, live, decision.uids)
    if (decision.act !== 'delete') return
    // the decision holds for the references that were read; an unblocked item has changed by our own hand
    if (decision.unblock) await this.#unblockOwners(kind, live)
    const fence = decision.unblock || resourceVersion === undefined ? { uid } : { uid, resourceVersion }
    await this.#port.delete(kind, namespace, name, fence, decision.propagationPolicy)
  }

  async #finishForeground(node: Node, live: KubeObject): Promise<void> {
    const blocking = blockingDependents(node)
    if (blocking.length === 0) return this.#dropFinalizer(node.identity, live, foregroundFinalizer)
    for (const dependent of blocking) if (!dependent.deletingDependents) this.#queue.add(`d:${dependent.identity.uid}`)
  }

  async #orphanDependents(uid: string): Promise<boolean> {
    const owner = this.#graph.get(uid)
    if (owner === undefined || owner.virtual) return false
    const left = [...owner.dependents]
    const worker = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) await this.#orphan(next.identity, uid)
    }
    await Promise.all(Array.from({ length: orphanWorkers }, worker))
    const live = await this.#live(owner.identity)
    if (live !== undefined) await this.#dropFinalizer(owner.identity, live, orphanFinalizer)
    return false
  }

  /** One request where strategic merge is known, a read and a fenced patch where it is not (custom resources). */
  async #orphan(identity: Identity, ownerUid: string): Promise<void> {
    const { namespace, name, uid } = identity
    const kind = this.#kind(identity)
    try {
      const patch = { metadata: { uid, ownerReferences: [{ $patch: 'delete', uid: ownerUid }] } }
      await this.#port.patch(kind, namespace, name, patch, 'strategic')
    } catch (error) {
      const { code } = error as { code?: number }
      if (code !== 415 && code !== 409) {
        if (isNotFound(error)) return
        throw error
      }
      // 409: another has the name by now, or a race
      const live = await this.#live(identity)
      if (live !== undefined) await this.#dropOwners(kind, live, [ownerUid])
    }
  }

  async #dropOwners(kind: Kind, live: KubeObject, uids: readonly string[]): Promise<void> {
    const ownerReferences = live.metadata?.ownerReferences ?? []
    const rest = ownerReferences.filter((owner) => !uids.includes(owner.uid))
    if (rest.length < ownerReferences.length) await this.#patchMetadata(kind, live, { ownerReferences: rest.length === 0 ? null : rest })
  }

  async #unblockOwners(kind: Kind, live: KubeObject): Promise<void> {
    const ownerReferences = live.metadata?.ownerReferences ?? []
    if (!ownerReferences.some(({ blockOwnerDeletion }) => blockOwnerDeletion)) return
    await this.#patchMetadata(kind, live, { ownerReferences: ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false })) })
  }

  async #dropFinalizer(identity: Identity, live: KubeObject, finalizer: string): Promise<void> {
    const { finalizers = [] } = live.metadata ?? {}
    if (!finalizers.includes(finalizer)) return
    const rest = finalizers.filter((word) => word !== finalizer)
    await this.#patchMetadata(this.#kind(identity), live, { finalizers: rest.length === 0 ? null : rest })
  }

  /** A merge patch replaces lists whole, so it is fenced by uid and resourceVersion. */
  async #patchMetadata(kind: Kind, live: KubeObject, metadata: Record<string, unknown>): Promise<void> {
    const { namespace, name = '', uid, resourceVersion } = live.metadata ?? {}
    await this.#port.patch(kind, namespace, name, { metadata: { uid, resourceVersion, ...metadata } }, 'merge')
  }

  async #ownerStates(owners: readonly OwnerReference[], namespace: string | undefined): Promise<Map<string, OwnerState>> {
    const states = new Map<string, OwnerState>()
    for (const owner of owners) states.set(owner.uid, await this.#ownerState(owner, namespace))
    return states
  }

  /** An owner in the graph that is named rightly exists; of any other the server is asked. */
  async #ownerState(owner: OwnerReference, namespace: string | undefined): Promise<OwnerState> {
    const known = this.#graph.get(owner.uid)
    if (known !== undefined && !known.virtual && names(owner, known.identity, namespace))
      return known.deletingDependents ? 'waiting' : 'solid'
    const { apiVersion, kind, name, uid } = owner
    const identity = { apiVersion, kind, namespace, name, uid }
    if (this.#absent.has(identityKey(identity))) return 'dangling'
    const live = await this.#live(identity)
    if (live === undefined) {
      this.#rememberAbsent(identity)
      return 'dangling'
    }
    const { deletionTimestamp, finalizers = [] } = live.metadata ?? {}
    return deletionTimestamp !== undefined && finalizers.includes(foregroundFinalizer) ? 'waiting' : 'solid'
  }

  /** The object as it is now; undefined when it is gone or another has its name. Throws for a kind that is not known. */
  async #live(identity: Identity): Promise<KubeObject | undefined> {
    const kind = this.#kind(identity)
    const namespace = kind.scope === 'Namespaced' ? identity.namespace : undefined
    if (kind.scope === 'Namespaced' && namespace === undefined)
      throw new NoNamespace(`${identity.kind} ${identity.name}: cluster-scoped objects cannot refer to namespaced owners`)
    try {
      const object = await this.#port.get(kind, namespace, identity.name)
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

  #rememberAbsent(identity: Identity): void {
    this.#absent.add(identityKey(identity))
    if (this.#absent.size <= maxAbsent) return
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest)
      return
    }
  }
}

function identityKey({ apiVersion, kind, namespace = '', name, uid }: Identity): string {
  return JSON.stringify([apiVersion, kind, namespace, name, uid])
}

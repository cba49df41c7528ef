// The graph of owners and dependents by uid, with the decisions upstream's garbage collector makes on it. Pure.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
import type { KubeObject, OwnerReference } from '../../src/apimachinery/meta.ts'

export interface Identity {
  apiVersion: string
  kind: string
  namespace: string | undefined
  name: string
  uid: string
}

export interface Node {
  identity: Identity
  owners: readonly OwnerReference[]
  dependents: Set<Node>
  /** Not seen yet: only named by a dependent. */
  virtual: boolean
  beingDeleted: boolean
  /** Being deleted in the foreground: waits for its dependents. */
  deletingDependents: boolean
  finalizers: readonly string[]
}

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

/** Uids to look at after a change: those perhaps to be deleted, and owners whose dependents are to be orphaned. */
export interface Wake {
  remove: string[]
  orphan: string[]
}

export class Graph {
  readonly #nodes = new Map<string, Node>()

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): Node | undefined {
    return this.#nodes.get(uid)
  }

  /** An object was added or changed. */
  put(object: KubeObject): Wake {
    const { uid = '', finalizers = [], ownerReferences = [], deletionTimestamp } = object.metadata ?? {}
    const known = this.#nodes.get(uid)
    const node: Node = known ?? {
      identity: identityOf(object),
      owners: [],
      dependents: new Set(),
      virtual: false,
      beingDeleted: false,
      deletingDependents: false,
      finalizers: [],
    }
    this.#nodes.set(uid, node)
    const wasVirtual = node.virtual
    const lost = node.owners.filter((old) => !ownerReferences.some((fresh) => sameReference(fresh, old)))
    node.identity = identityOf(object)
    node.virtual = false
    const wake: Wake = { remove: [], orphan: [] }
    this.#own(node, ownerReferences, wake)
    // an owner in the foreground may have waited for this reference to be unblocked
    for (const owner of lost) if (this.#nodes.get(owner.uid)?.deletingDependents) wake.remove.push(owner.uid)
    const deleting = deletionTimestamp !== undefined
    if (deleting && finalizers.includes(orphanFinalizer) && (!node.beingDeleted || !node.finalizers.includes(orphanFinalizer)))
      wake.orphan.push(uid)
    const foreground = deleting && finalizers.includes(foregroundFinalizer)
    if (foreground && !node.deletingDependents) wake.remove.push(uid, ...[...node.dependents].map(({ identity }) => identity.uid))
    node.beingDeleted = deleting
    node.deletingDependents = foreground
    node.finalizers = finalizers
    if (known === undefined || wasVirtual || lost.length > 0) wake.remove.push(uid)
    return wake
  }

  /** An object is gone: its dependents lost an owner, its owners perhaps the dependent they waited for. */
  remove(uid: string): Wake {
    const node = this.#nodes.get(uid)
    const wake: Wake = { remove: [], orphan: [] }
    if (node === undefined) return wake
    for (const owner of node.owners) {
      const found = this.#nodes.get(owner.uid)
      found?.dependents.delete(node)
      if (found?.deletingDependents) wake.remove.push(owner.uid)
      if (found?.virtual && found.dependents.size === 0) this.#nodes.delete(owner.uid)
    }
    for (const dependent of node.dependents) wake.remove.push(dependent.identity.uid)
    if (node.dependents.size === 0) this.#nodes.delete(uid)
    else {
      node.virtual = true
      node.deletingDependents = false
    }
    return wake
  }

  #own(node: Node, owners: readonly OwnerReference[], wake: Wake): void {
    for (const old of node.owners) {
      if (owners.some(({ uid }) => uid === old.uid)) continue
      const owner = this.#nodes.get(old.uid)
      owner?.dependents.delete(node)
      if (owner?.virtual && owner.dependents.size === 0) this.#nodes.delete(old.uid)
    }
    for (const reference of owners) {
      let owner = this.#nodes.get(reference.uid)
      if (owner === undefined) {
        owner = virtualNode(reference, node.identity.namespace)
        this.#nodes.set(reference.uid, owner)
        wake.remove.push(reference.uid)
      }
      owner.dependents.add(node)
    }
    node.owners = owners
  }
}

/** What is to be done with an item whose owners are sorted. */
export type Verdict =
  | { act: 'nothing' }
  | { act: 'drop-owners'; uids: string[] }
  | { act: 'delete'; propagationPolicy: 'Orphan' | 'Foreground' | 'Background' }

/** `absent` tells of each owner uid whether it is really gone. */
export function verdict(node: Node, graph: Graph, absent: (owner: OwnerReference) => boolean, finalizers: readonly string[]): Verdict {
  if (node.owners.length === 0) return { act: 'nothing' }
  const dangling = node.owners.filter(absent)
  const waiting = node.owners.filter((owner) => !dangling.includes(owner) && graph.get(owner.uid)?.deletingDependents === true)
  const solid = node.owners.length - dangling.length - waiting.length
  if (solid > 0) {
    const uids = [...dangling, ...waiting].map(({ uid }) => uid)
    return uids.length === 0 ? { act: 'nothing' } : { act: 'drop-owners', uids }
  }
  if (waiting.length > 0 && node.dependents.size > 0) return { act: 'delete', propagationPolicy: 'Foreground' }
  const propagationPolicy = finalizers.includes(orphanFinalizer)
    ? 'Orphan'
    : finalizers.includes(foregroundFinalizer)
      ? 'Foreground'
      : 'Background'
  return { act: 'delete', propagationPolicy }
}

/** Dependents that keep a foreground deletion from ending. */
export function blockingDependents(node: Node): Node[] {
  return [...node.dependents].filter((dependent) =>
    dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.identity.uid && blockOwnerDeletion === true),
  )
}

function identityOf(object: KubeObject): Identity {
  const { namespace, name = '', uid = '' } = object.metadata ?? {}
  return { apiVersion: object.apiVersion ?? '', kind: object.kind ?? '', namespace, name, uid }
}

function virtualNode(reference: OwnerReference, namespace: string | undefined): Node {
  const { apiVersion, kind, name, uid } = reference
  return {
    identity: { apiVersion, kind, namespace, name, uid },
    owners: [],
    dependents: new Set(),
    virtual: true,
    beingDeleted: false,
    deletingDependents: false,
    finalizers: [],
  }
}

function sameReference(a: OwnerReference, b: OwnerReference): boolean {
  return a.uid === b.uid && a.blockOwnerDeletion === b.blockOwnerDeletion
}

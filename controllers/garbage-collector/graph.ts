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
  /** As last seen: fences a deletion that is decided by the graph alone. */
  resourceVersion: string
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
  /** References to an owner that lives in another namespace: never valid. */
  misplaced: { dependent: Identity; owner: OwnerReference }[]
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
    const { uid = '', resourceVersion = '', finalizers = [], ownerReferences = [], deletionTimestamp } = object.metadata ?? {}
    const known = this.#nodes.get(uid)
    const node: Node = known ?? {
      identity: identityOf(object),
      resourceVersion,
      owners: [],
      dependents: new Set(),
      virtual: false,
      beingDeleted: false,
      deletingDependents: false,
      finalizers: [],
    }
    this.#nodes.set(uid, node)
    const wake: Wake = { remove: [], orphan: [], misplaced: [] }
    const lost = node.owners.filter((old) => !ownerReferences.some((fresh) => sameReference(fresh, old)))
    node.identity = identityOf(object)
    if (node.virtual) checkDependents(node, wake)
    node.virtual = false
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
    node.resourceVersion = resourceVersion
    return wake
  }

  /** An object is gone: its dependents lost an owner, its owners perhaps the dependent they waited for. */
  remove(uid: string): Wake {
    const node = this.#nodes.get(uid)
    const wake: Wake = { remove: [], orphan: [], misplaced: [] }
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
      // kept for its dependents alone
      node.virtual = true
      node.deletingDependents = false
      node.owners = []
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
    const before = node.owners
    node.owners = owners
    for (const reference of owners) {
      let owner = this.#nodes.get(reference.uid)
      if (owner === undefined) this.#nodes.set(reference.uid, (owner = virtualNode(reference, node.identity.namespace)))
      owner.dependents.add(node)
      if (before.some(({ uid }) => uid === reference.uid)) continue
      // whether it exists is to be found out
      if (owner.virtual) wake.remove.push(reference.uid)
      checkReference(node, reference, owner, wake)
    }
  }
}

/** An owner is there, or really gone, or waits (deleted in the foreground) for its dependents to go. */
export type OwnerState = 'solid' | 'dangling' | 'waiting'

/** What is to be done with an item whose owners are sorted. */
export type Verdict =
  | { act: 'nothing' }
  | { act: 'drop-owners'; uids: string[] }
  | { act: 'delete'; propagationPolicy: 'Orphan' | 'Foreground' | 'Background'; unblock?: boolean }

/** `owners`: what became of each owner of the item, by uid; `finalizers` are the item's own. */
export function verdict(node: Node, owners: ReadonlyMap<string, OwnerState>, finalizers: readonly string[]): Verdict {
  const states = [...owners.values()]
  if (states.length === 0) return { act: 'nothing' }
  if (states.includes('solid')) {
    const uids = [...owners].filter(([, state]) => state !== 'solid').map(([uid]) => uid)
    return uids.length === 0 ? { act: 'nothing' } : { act: 'drop-owners', uids }
  }
  if (states.includes('waiting') && node.dependents.size > 0) {
    // a dependent that waits as well may be a circle: this item must not block its owners then
    const unblock = [...node.dependents].some(({ deletingDependents }) => deletingDependents)
    return { act: 'delete', propagationPolicy: 'Foreground', ...(unblock ? { unblock } : {}) }
  }
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
    resourceVersion: '',
    owners: [],
    dependents: new Set(),
    virtual: true,
    beingDeleted: false,
    deletingDependents: false,
    finalizers: [],
  }
}

/** Whether a reference names this very owner, as seen from the dependent's namespace. Another version of the kind is the same kind. */
export function names(reference: OwnerReference, owner: Identity, namespace: string | undefined): boolean {
  const group = (apiVersion: string) => (apiVersion.includes('/') ? apiVersion.split('/')[0] : '')
  return (
    reference.kind === owner.kind &&
    reference.name === owner.name &&
    group(reference.apiVersion) === group(owner.apiVersion) &&
    (owner.namespace === undefined || owner.namespace === namespace)
  )
}

/** A reference that does not name the owner its uid leads to has to be verified. */
function checkReference(dependent: Node, reference: OwnerReference, owner: Node, wake: Wake): void {
  if (names(reference, owner.identity, dependent.identity.namespace)) return
  const { namespace } = owner.identity
  if (!owner.virtual && namespace !== undefined && namespace !== dependent.identity.namespace)
    wake.misplaced.push({ dependent: dependent.identity, owner: reference })
  wake.remove.push(dependent.identity.uid)
}

/** The owner has come: its dependents may have named another. */
function checkDependents(owner: Node, wake: Wake): void {
  const observed = { ...owner, virtual: false }
  for (const dependent of owner.dependents) {
    const reference = dependent.owners.find(({ uid }) => uid === owner.identity.uid)
    if (reference !== undefined) checkReference(dependent, reference, observed, wake)
  }
}

function sameReference(a: OwnerReference, b: OwnerReference): boolean {
  return a.uid === b.uid && a.blockOwnerDeletion === b.blockOwnerDeletion
}

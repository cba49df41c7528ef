// Owner references of controllers: who made it, who may adopt it, who must let it go. Pure.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject, OwnerReference } from '../apimachinery/meta.ts'
import type { Write } from './plan.ts'

/** The reference by which `owner` controls what it creates. */
export function controllerReference(owner: KubeObject, kind: Kind): OwnerReference {
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The reference with `controller: true`, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true)
}

/** True when `object` is controlled by this very `owner` (by uid). */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata?.uid && owner.metadata?.uid !== undefined
}

export interface Claim<T> {
  /** What the owner controls after the writes. */
  claimed: T[]
  /** Patches that adopt orphans that match and release own ones that no longer do. */
  writes: Write[]
}

/**
 * Sorts `candidates` as upstream's controller ref manager does: own ones that match are kept, own ones that do not are
 * released, matching orphans are adopted unless the owner or the orphan is being deleted; others' are left alone.
 */
export function claim<T extends KubeObject>(
  owner: KubeObject,
  ownerKind: Kind,
  kind: Kind<T>,
  candidates: Iterable<T>,
  matches: (object: T) => boolean,
): Claim<T> {
  const claimed: T[] = []
  const writes: Write[] = []
  const deleting = owner.metadata?.deletionTimestamp !== undefined
  for (const object of candidates) {
    const controller = controllerOf(object)
    if (controller !== undefined && controller.uid !== owner.metadata?.uid) continue
    if (controller !== undefined) {
      if (matches(object)) claimed.push(object)
      else if (!deleting) writes.push(releasePatch(kind, object, owner))
      continue
    }
    if (deleting || !matches(object) || object.metadata?.deletionTimestamp !== undefined) continue
    if (object.metadata?.namespace !== owner.metadata?.namespace) continue
    writes.push(adoptPatch(kind, object, owner, ownerKind))
    claimed.push(object)
  }
  return { claimed, writes }
}

/** The owner is read afresh first: an orphan of an owner that is going must not be adopted back by a cache that lags. */
function adoptPatch(kind: Kind, object: KubeObject, owner: KubeObject, ownerKind: Kind): Write {
  const ownerReferences = [...(object.metadata?.ownerReferences ?? []), controllerReference(owner, ownerKind)]
  const { namespace, name = '', uid = '' } = owner.metadata ?? {}
  const alive = { kind: ownerKind, ...(namespace === undefined ? {} : { namespace }), name, uid }
  return { ...metadataPatch(kind, object, { ownerReferences }), alive }
}

function releasePatch(kind: Kind, object: KubeObject, owner: KubeObject): Write {
  const rest = (object.metadata?.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata?.uid)
  return metadataPatch(kind, object, { ownerReferences: rest.length === 0 ? null : rest })
}

/** A merge patch replaces the list whole, so it is fenced by uid and resourceVersion. */
function metadataPatch(kind: Kind, object: KubeObject, metadata: Record<string, unknown>): Extract<Write, { op: 'patch' }> {
  const { namespace, name = '', uid, resourceVersion } = object.metadata ?? {}
  return {
    op: 'patch',
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    patch: { metadata: { uid, resourceVersion, ...metadata } },
  }
}

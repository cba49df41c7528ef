// Who owns a StatefulSet's claims, so that the garbage collector deletes them when the retention policy says so. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
import type { StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { PersistentVolumeClaim as Claim, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { StatefulSet } from '../../src/api/apps/statefulset.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject, OwnerReference } from '../../src/apimachinery/meta.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import { inRange, ordinalOf } from './identity.ts'

interface Wanted {
  set: boolean
  pod: boolean
}

/** Which of set and pod should control the claim. */
function wantedOwners(set: StatefulSetObject, pod: PodObject): Wanted {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  const scaledDown = !inRange(set, ordinalOf(set, pod.metadata?.name) ?? -1)
  const podOwns = whenScaled === 'Delete' && scaledDown
  return { pod: podOwns, set: whenDeleted === 'Delete' && !podOwns }
}

/** Another one, or an earlier set or pod of the same name, controls the claim: the policy then does not apply. */
export function hasUnexpectedController(claim: Claim, set: StatefulSetObject, pod: PodObject): boolean {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return references(claim).some((reference) => {
    if (names(reference, set, StatefulSet)) return reference.uid !== set.metadata?.uid
    if (names(reference, pod, Pod)) return reference.uid !== pod.metadata?.uid
    return reference.controller === true
  })
}

/** An earlier pod or set of this name still owns the claim: it is about to be deleted. */
export function hasStaleOwner(claim: Claim, owner: KubeObject, kind: Kind): boolean {
  const reference = references(claim).find((each) => names(each, owner, kind))
  return reference !== undefined && reference.uid !== owner.metadata?.uid
}

/** Whether the claim's owners are as the policy asks. */
export function ownersUpToDate(claim: Claim, set: StatefulSetObject, pod: PodObject): boolean {
  if (hasStaleOwner(claim, set, StatefulSet) || hasStaleOwner(claim, pod, Pod)) return true
  const setOwns = owns(claim, set)
  const podOwns = owns(claim, pod)
  if (hasUnexpectedController(claim, set, pod)) return !setOwns && !podOwns
  const uids = [set.metadata?.uid, pod.metadata?.uid]
  if (references(claim).some(({ uid, controller }) => uids.includes(uid) && controller !== true)) return false
  const wanted = wantedOwners(set, pod)
  return wanted.set === setOwns && wanted.pod === podOwns
}

/** The owner references the policy asks for; those of others are kept. */
export function wantedReferences(claim: Claim, set: StatefulSetObject, pod: PodObject): OwnerReference[] {
  const others = references(claim).filter((reference) => !names(reference, set, StatefulSet) && !names(reference, pod, Pod))
  if (hasUnexpectedController(claim, set, pod)) return others
  const wanted = wantedOwners(set, pod)
  return [...others, ...(wanted.pod ? [controllerReference(pod, Pod)] : []), ...(wanted.set ? [controllerReference(set, StatefulSet)] : [])]
}

function references(claim: Claim): OwnerReference[] {
  return (claim.metadata?.ownerReferences ?? []) as OwnerReference[]
}

function names(reference: OwnerReference, owner: KubeObject, kind: Kind): boolean {
  return reference.apiVersion === kind.apiVersion && reference.kind === kind.kind && reference.name === owner.metadata?.name
}

function owns(claim: Claim, owner: KubeObject): boolean {
  return owner.metadata?.uid !== undefined && references(claim).some(({ uid }) => uid === owner.metadata?.uid)
}

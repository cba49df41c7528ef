// What is to be done about the claims of one pod of a StatefulSet. Pure; adds to the decisions of pods.ts.
import type { StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { hasStaleOwner, ownersUpToDate } from './claims.ts'
import { claimsOf, ordinalOf } from './identity.ts'
import type { Decisions, FindClaim } from './pods.ts'

/** A claim of the ordinal still belongs to an earlier pod of this name and is about to go: the new pod waits. */
export function hasStaleClaim(set: StatefulSetObject, pod: PodObject, ordinal: number, findClaim: FindClaim): boolean {
  if ((set.spec?.persistentVolumeClaimRetentionPolicy?.whenScaled ?? 'Retain') === 'Retain') return false
  return claimsOf(set, ordinal).some(({ claim }) => {
    const present = findClaim(claim.metadata?.name ?? '')
    return present !== undefined && hasStaleOwner(present, pod, Pod)
  })
}

/** Makes missing claims and corrects owners; false when one that is being deleted is in the way. */
export function claimSteps(set: StatefulSetObject, pod: PodObject, ordinal: number, findClaim: FindClaim, into: Decisions): boolean {
  let free = true
  for (const { claim } of claimsOf(set, ordinal)) {
    const name = claim.metadata?.name ?? ''
    const present = findClaim(name)
    if (present === undefined) into.claims.push({ pod, claim })
    else if (present.metadata?.deletionTimestamp !== undefined) {
      into.blocked.push({ pod, claim: name })
      free = false
    }
  }
  if (free) ownerSteps(set, pod, findClaim, into)
  return free
}

/** Corrects the owners of the claims that are there. */
export function ownerSteps(set: StatefulSetObject, pod: PodObject, findClaim: FindClaim, into: Decisions): boolean {
  let changed = false
  for (const { claim } of claimsOf(set, ordinalOf(set, pod.metadata?.name) ?? -1)) {
    const present = findClaim(claim.metadata?.name ?? '')
    if (present === undefined || ownersUpToDate(present, set, pod)) continue
    if (into.own.some((entry) => entry.claim === present)) continue
    into.own.push({ pod, claim: present })
    changed = true
  }
  return changed
}

/** Repairs a pod that lost its place, and its claims. */
export function updateSteps(
  set: StatefulSetObject,
  pod: PodObject,
  ordinal: number,
  findClaim: FindClaim,
  into: Decisions,
  matches: boolean,
): void {
  const owners = ownerSteps(set, pod, findClaim, into)
  if (matches && !owners) return
  if (!matches) claimSteps(set, pod, ordinal, findClaim, into)
  into.repair.push(pod)
}

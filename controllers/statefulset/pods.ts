// What happens to a StatefulSet's pods next: creation in order, deletion from the top, updates one by one. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
import type { StatefulSet as StatefulSetObject } from '../../openapi/types/apps/v1.ts'
import type { PersistentVolumeClaim as Claim, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { scaledValue } from '../../src/api/apps/queries.ts'
import { isPodAvailable, isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { revisionTemplate } from '../shared/controller-revision.ts'
import { claimSteps, hasStaleClaim, ownerSteps, updateSteps } from './claim-steps.ts'
import { identityMatches, inRange, newPod, ordinalOf, podRevision, startOrdinal, storageMatches } from './identity.ts'
import type { Revisions } from './revisions.ts'
import { isRunningAndReady } from './status.ts'

/** One place of the set: its pod, or the pod that is to be made. */
export interface Place {
  ordinal: number
  pod: PodObject
  exists: boolean
}

/** Reads of claims by name. */
export type FindClaim = (name: string) => Claim | undefined

/** What the reconcile is to do, in upstream's order. */
export interface Decisions {
  /** Claims to make before their pods, with the pod they are for. */
  claims: { pod: PodObject; claim: Claim }[]
  create: PodObject[]
  remove: PodObject[]
  /** Claims whose owners are to be written. */
  own: { pod: PodObject; claim: Claim }[]
  /** Pods whose identity or storage is to be repaired. */
  repair: PodObject[]
  /** Claims that are being deleted under a pod's name: the pod waits. */
  blocked: { pod: PodObject; claim: string }[]
  /** Pods of the current revision deleted for an update. */
  deletedForUpdate: number
}

interface Situation {
  set: StatefulSetObject
  revisions: Revisions
  findClaim: FindClaim
  now: number
  /** OrderedReady: one thing at a time. */
  monotonic: boolean
  decisions: Decisions
}

/** Decides for all pods of the set. */
export function decide(
  set: StatefulSetObject,
  pods: readonly PodObject[],
  revisions: Revisions,
  findClaim: FindClaim,
  now: number,
): Decisions {
  const decisions: Decisions = { claims: [], create: [], remove: [], own: [], repair: [], blocked: [], deletedForUpdate: 0 }
  const monotonic = set.spec?.podManagementPolicy !== 'Parallel'
  const at: Situation = { set, revisions, findClaim, now, monotonic, decisions }
  const places = placesOf(at, pods)
  const condemned = pods
    .filter((pod) => !inRange(set, ordinalOf(set, pod.metadata?.name) ?? -1))
    .sort((a, b) => (ordinalOf(set, b.metadata?.name) ?? 0) - (ordinalOf(set, a.metadata?.name) ?? 0))
  const firstUnavailable = [...places.map(({ pod }) => pod), ...condemned.toReversed()].find((pod) => isUnavailable(at, pod))
  for (const place of places) if (stopsAt(at, place) && monotonic) return decisions
  if (decisions.blocked.length > 0) return decisions
  for (const pod of condemned) ownerSteps(set, pod, findClaim, decisions)
  for (const pod of condemned) if (condemn(at, pod, firstUnavailable) && monotonic) return decisions
  if (set.spec?.updateStrategy?.type !== 'OnDelete') update(at, places)
  return decisions
}

/** A place per ordinal; empty ones get a pod of the revision that partition and progress ask for. */
function placesOf({ set, revisions }: Situation, pods: readonly PodObject[]): Place[] {
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod.metadata?.name), pod]))
  const start = startOrdinal(set)
  const rolling = set.spec?.updateStrategy?.rollingUpdate
  const isRolling = set.spec?.updateStrategy?.type === 'RollingUpdate'
  const kept = rolling === undefined ? (isRolling ? (set.status?.currentReplicas ?? 0) : 0) : (rolling.partition ?? 0)
  return Array.from({ length: set.spec?.replicas ?? 1 }, (_, index): Place => {
    const ordinal = start + index
    const pod = byOrdinal.get(ordinal)
    if (pod !== undefined) return { ordinal, pod, exists: true }
    const revision = index < kept ? revisions.current : revisions.update
    return { ordinal, pod: newPod(set, revisionTemplate(revision), revision.metadata?.name ?? '', ordinal), exists: false }
  })
}

/** Brings one place forward; true when an ordered set has to wait here. */
function stopsAt(at: Situation, { pod, exists, ordinal }: Place): boolean {
  const { set, findClaim, decisions, now } = at
  if (exists && isPodTerminal(pod)) {
    if (!isTerminating(pod)) decisions.remove.push(pod)
    return true
  }
  if (!exists) {
    if (hasStaleClaim(set, pod, ordinal, findClaim)) return true
    if (claimSteps(set, pod, ordinal, findClaim, decisions)) decisions.create.push(pod)
    return true
  }
  if (pod.status?.phase === 'Pending') claimSteps(set, pod, ordinal, findClaim, decisions)
  if (isTerminating(pod) || !isRunningAndReady(pod) || !isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) {
    if (at.monotonic) return true
  }
  updateSteps(set, pod, ordinal, findClaim, decisions, identityMatches(pod) && storageMatches(set, pod, ordinal))
  return false
}

/** Scales down by one pod; true when an ordered set has to wait. */
function condemn({ set, monotonic, decisions, now }: Situation, pod: PodObject, firstUnavailable: PodObject | undefined): boolean {
  if (isTerminating(pod)) return true
  const healthy = isRunningAndReady(pod) && isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
  if (monotonic && !healthy && pod !== firstUnavailable) return true
  decisions.remove.push(pod)
  return true
}

/** Deletes pods of another revision, the highest ordinal first. */
function update(at: Situation, places: readonly Place[]): void {
  const { set, decisions } = at
  const { partition = 0, maxUnavailable } = set.spec?.updateStrategy?.rollingUpdate ?? {}
  const isOld = ({ pod, exists }: Place) =>
    exists && !isTerminating(pod) && podRevision(pod) !== at.revisions.update.metadata?.name && !decisions.remove.includes(pod)
  const candidates = places.slice(Math.min(partition, places.length)).toReversed()
  if (maxUnavailable === undefined) {
    const target = candidates.find((place) => isOld(place) || isUnavailable(at, place.pod))
    if (target !== undefined && isOld(target)) removeForUpdate(decisions, [target])
    return
  }
  const allowed = Math.max(1, scaledValue(maxUnavailable, places.length, 'down'))
  const unavailable = places.filter(({ pod }) => isUnavailable(at, pod)).length
  removeForUpdate(decisions, candidates.filter(isOld).slice(0, Math.max(0, allowed - unavailable)))
}

function removeForUpdate(decisions: Decisions, places: readonly Place[]): void {
  decisions.remove.push(...places.map(({ pod }) => pod))
  decisions.deletedForUpdate += places.length
}

function isUnavailable({ set, now }: Situation, pod: PodObject): boolean {
  return isTerminating(pod) || !isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}

function isTerminating(pod: PodObject): boolean {
  return pod.metadata?.deletionTimestamp !== undefined
}

// A deployment's status: counts, Available, Progressing (complete, progressing, timed out, paused), ReplicaFailure. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../openapi/types/apps/v1.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { availableReplicas, maxUnavailable, readyReplicas, type Sets, specReplicas, statusReplicas } from './replicasets.ts'

/** A Progressing condition. */
type Progress = Omit<DeploymentCondition, 'lastUpdateTime'>

export interface StatusChange {
  /** A step of a rollout: progress is estimated. Pausing, resuming and scaling only count. */
  rollout?: boolean
  /** A condition that this reconcile brought about (a new set was made). */
  progress?: Progress
}

/** The whole status as of now. */
export function deploymentStatus(deployment: Deployment, sets: Sets, now: number, change: StatusChange = {}): DeploymentStatus {
  const { terminatingReplicas, ...counts } = countsOf(sets)
  let conditions = [...(deployment.status?.conditions ?? [])]
  if (hasDeadline(deployment)) {
    if (deployment.metadata?.deletionTimestamp === undefined) conditions = pausedCondition(deployment, conditions, now)
    conditions = setCondition(conditions, change.progress ?? foundSet(sets, conditions), now)
  }
  conditions = setCondition(conditions, availability(deployment, counts.availableReplicas ?? 0), now)
  if (change.rollout) {
    conditions = hasDeadline(deployment)
      ? progressCondition(deployment, sets, counts, conditions, now)
      : conditions.filter(({ type }) => type !== 'Progressing')
    conditions = failureCondition(sets, conditions, now)
  }
  const { collisionCount } = deployment.status ?? {}
  return {
    ...(deployment.metadata?.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(terminatingReplicas === undefined ? {} : { terminatingReplicas }),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  }
}

/** `Progressing` as a condition to set. */
export function progress(state: string, reason: string, message: string): Progress {
  return { type: 'Progressing', status: state, reason, message }
}

/** The first thing known of a rollout that nobody has watched: its set was there. */
function foundSet({ current }: Sets, conditions: readonly DeploymentCondition[]): Progress | undefined {
  if (current === undefined || conditions.some(({ type }) => type === 'Progressing')) return undefined
  return progress('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata?.name}"`)
}

function countsOf({ all, current }: Sets): DeploymentStatus {
  const available = availableReplicas(all)
  const terminating = all.map(({ status }) => status?.terminatingReplicas)
  return {
    replicas: statusReplicas(all),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: readyReplicas(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, specReplicas(all) - available),
    // known only when every set has told
    ...(terminating.includes(undefined) ? {} : { terminatingReplicas: terminating.reduce<number>((sum, count) => sum + (count ?? 0), 0) }),
  }
}

function availability(deployment: Deployment, available: number): Omit<DeploymentCondition, 'lastUpdateTime'> {
  const enough = available >= (deployment.spec?.replicas ?? 0) - maxUnavailable(deployment)
  return enough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

/** Everything updated, available, and nothing old left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = deployment.spec?.replicas ?? 0
  return (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted && (status.availableReplicas ?? 0) === wanted
}

function progressCondition(
  deployment: Deployment,
  sets: Sets,
  counts: DeploymentStatus,
  conditions: DeploymentCondition[],
  now: number,
): DeploymentCondition[] {
  const current = conditions.find(({ type }) => type === 'Progressing')
  const subject = sets.current === undefined ? `Deployment "${deployment.metadata?.name}"` : `ReplicaSet "${sets.current.metadata?.name}"`
  const settled = (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable'
  if (settled) return conditions
  if (isComplete(deployment, counts))
    return setCondition(conditions, progress('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`), now)
  if (progressed(deployment.status ?? {}, counts))
    return setCondition(conditions, progress('True', 'ReplicaSetUpdated', `${subject} is progressing.`), now, true)
  if (timedOut(deployment, current, now))
    return setCondition(conditions, progress('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`), now)
  return conditions
}

function progressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function timedOut(deployment: Deployment, condition: DeploymentCondition | undefined, now: number): boolean {
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false
  if (condition.reason === 'ProgressDeadlineExceeded') return true
  return deadlineOf(deployment, condition) < now
}

function deadlineOf(deployment: Deployment, condition: DeploymentCondition): number {
  return (
    Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000
  )
}

/** Milliseconds after which a rollout that stands still is to be looked at again. */
export function stuckCheck(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = status.conditions?.find(({ type }) => type === 'Progressing')
  if (!hasDeadline(deployment) || deployment.spec?.paused === true || condition === undefined) return undefined
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded' || condition.reason === 'NewReplicaSetAvailable')
    return undefined
  return Math.max(0, deadlineOf(deployment, condition) - now) + 1000
}

function pausedCondition(deployment: Deployment, conditions: DeploymentCondition[], now: number): DeploymentCondition[] {
  const current = conditions.find(({ type }) => type === 'Progressing')
  if (current?.reason === 'ProgressDeadlineExceeded') return conditions
  const noted = current?.reason === 'DeploymentPaused'
  const paused = deployment.spec?.paused === true
  if (paused && !noted) return setCondition(conditions, progress('Unknown', 'DeploymentPaused', 'Deployment is paused'), now)
  if (!paused && noted) return setCondition(conditions, progress('Unknown', 'DeploymentResumed', 'Deployment is resumed'), now)
  return conditions
}

/** A failure of the new set before one of the old; its time is that of the set's condition. */
function failureCondition({ current, old }: Sets, conditions: DeploymentCondition[], now: number): DeploymentCondition[] {
  const sets = current === undefined ? old : [current, ...old]
  const failure = sets.flatMap((set) => set.status?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure')
  if (failure === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure')
  const { status, reason = '', message = '', lastTransitionTime } = failure
  const at = lastTransitionTime === undefined ? now : Date.parse(lastTransitionTime)
  return setCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, at)
}

/** Replaces the condition of its type; nothing changes when status and reason stay, unless `touch` renews the update time. */
export function setCondition(
  conditions: readonly DeploymentCondition[],
  fresh: Omit<DeploymentCondition, 'lastUpdateTime'> | undefined,
  now: number,
  touch = false,
): DeploymentCondition[] {
  if (fresh === undefined) return [...conditions]
  const before = conditions.find(({ type }) => type === fresh.type)
  if (before !== undefined && before.status === fresh.status && before.reason === fresh.reason && !touch) return [...conditions]
  const at = timestamp(now)
  const lastTransitionTime = before !== undefined && before.status === fresh.status ? before.lastTransitionTime : at
  return [
    ...conditions.filter(({ type }) => type !== fresh.type),
    { ...fresh, lastUpdateTime: at, lastTransitionTime: lastTransitionTime ?? at },
  ]
}

/** Whether progress is watched at all. */
export function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== 2_147_483_647
}

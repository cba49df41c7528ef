// A deployment's status: counts, Available, Progressing (complete, progressing, timed out, paused), ReplicaFailure. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../openapi/types/apps/v1.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { availableReplicas, maxUnavailable, readyReplicas, type Sets, statusReplicas } from './replicasets.ts'

export interface StatusChange {
  /** A condition that this reconcile brought about (a new set was made or found). */
  progress?: { reason: string; message: string }
  collisionCount?: number
}

/** The whole status as of now. */
export function deploymentStatus(deployment: Deployment, sets: Sets, now: number, change: StatusChange = {}): DeploymentStatus {
  const counts = countsOf(deployment, sets)
  let conditions = [...(deployment.status?.conditions ?? [])]
  conditions = setCondition(conditions, availability(deployment, counts.availableReplicas ?? 0), now)
  if (hasDeadline(deployment)) {
    if (change.progress !== undefined)
      conditions = setCondition(conditions, { type: 'Progressing', status: 'True', ...change.progress }, now)
    conditions = pausedCondition(deployment, conditions, now)
    if (deployment.spec?.paused !== true) conditions = progressCondition(deployment, sets, counts, conditions, now)
  } else conditions = conditions.filter(({ type }) => type !== 'Progressing')
  conditions = failureCondition(sets, conditions, now)
  const collisionCount = change.collisionCount ?? deployment.status?.collisionCount
  return {
    ...(deployment.metadata?.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  }
}

function countsOf(deployment: Deployment, { all, current }: Sets): DeploymentStatus {
  const available = availableReplicas(all)
  const unavailable = Math.max(0, all.reduce((sum, set) => sum + (set.spec?.replicas ?? 0), 0) - available)
  const terminating = all.reduce((sum, set) => sum + (set.status?.terminatingReplicas ?? 0), 0)
  return {
    replicas: statusReplicas(all),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: readyReplicas(all),
    availableReplicas: available,
    unavailableReplicas: unavailable,
    ...(deployment.status?.terminatingReplicas === undefined && terminating === 0 ? {} : { terminatingReplicas: terminating }),
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
  const settled = counts.replicas === counts.updatedReplicas && current?.reason === 'NewReplicaSetAvailable'
  if (settled) return conditions
  if (isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`
    return setCondition(conditions, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message }, now)
  }
  if (progressed(deployment.status ?? {}, counts)) {
    const message = `${subject} is progressing.`
    return setCondition(conditions, { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message }, now, true)
  }
  if (timedOut(deployment, current, now)) {
    const message = `${subject} has timed out progressing.`
    return setCondition(conditions, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }, now)
  }
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
  if (paused && !noted)
    return setCondition(
      conditions,
      { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' },
      now,
    )
  if (!paused && noted)
    return setCondition(
      conditions,
      { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' },
      now,
    )
  return conditions
}

function failureCondition({ current, old }: Sets, conditions: DeploymentCondition[], now: number): DeploymentCondition[] {
  const sets = current === undefined ? old : [current, ...old]
  const failure = sets
    .flatMap((set) => set.status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  if (failure === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure')
  return setCondition(
    conditions,
    { type: 'ReplicaFailure', status: failure.status, reason: failure.reason ?? '', message: failure.message ?? '' },
    now,
  )
}

/** Replaces the condition of its type; nothing changes when status and reason stay, unless `touch` renews the update time. */
function setCondition(
  conditions: DeploymentCondition[],
  fresh: Omit<DeploymentCondition, 'lastUpdateTime'>,
  now: number,
  touch = false,
): DeploymentCondition[] {
  const before = conditions.find(({ type }) => type === fresh.type)
  if (before !== undefined && before.status === fresh.status && before.reason === fresh.reason && !touch) return conditions
  const at = timestamp(now)
  const lastTransitionTime = before !== undefined && before.status === fresh.status ? before.lastTransitionTime : at
  return [
    ...conditions.filter(({ type }) => type !== fresh.type),
    { ...fresh, lastUpdateTime: at, lastTransitionTime: lastTransitionTime ?? at },
  ]
}

function hasDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== 2_147_483_647
}

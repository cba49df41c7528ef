// Questions about workloads that controllers, printers and clients ask; conditions as upstream sets them.
import type { Deployment, ReplicaSet } from '../../../openapi/types/apps/v1.ts'

/** What the conditions of all workloads have. */
export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastUpdateTime?: string
  lastTransitionTime?: string
}

/** The condition of a type, or undefined. */
export function getCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Whether a condition of the type is there with status True. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return getCondition(conditions, type)?.status === 'True'
}

/**
 * The list with a condition set, at the end as upstream does it. Nothing changes when status and reason are as before;
 * the transition time stays when the status does. `time` is RFC 3339.
 */
export function setCondition<C extends Condition>(conditions: readonly C[] | undefined, condition: C, time: string): C[] {
  const list = conditions ?? []
  const old = getCondition(list, condition.type)
  if (old !== undefined && old.status === condition.status && old.reason === condition.reason) return [...list]
  const transition = old !== undefined && old.status === condition.status ? (old.lastTransitionTime ?? time) : time
  return [...removeCondition(list, condition.type), { ...condition, lastTransitionTime: transition }]
}

/** The list without a condition. */
export function removeCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}

/** All replicas are of the newest template, available, seen by the controller, and no old ones are left. */
export function isDeploymentComplete({ metadata, spec }: Deployment, status: Deployment['status']): boolean {
  const wanted = spec?.replicas ?? 0
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
  )
}

/** The annotation that numbers the templates of a Deployment. */
export const revisionAnnotation = 'deployment.kubernetes.io/revision'

/** The revision of a Deployment or of one of its ReplicaSets; 0 when it has none. */
export function revisionOf({ metadata }: Deployment | ReplicaSet): number {
  const text = metadata?.annotations?.[revisionAnnotation] ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : 0
}

/** A number, or a percent of `total` rounded up or down; 0 for what is neither. */
export function scaledValue(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (value === undefined) return 0
  if (typeof value === 'number') return value
  const percent = /^(\d+)%$/.exec(value)?.[1]
  if (percent === undefined) return 0
  const share = (Number(percent) * total) / 100
  return round === 'up' ? Math.ceil(share) : Math.floor(share)
}

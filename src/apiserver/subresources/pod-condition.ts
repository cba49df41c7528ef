// Sets a condition of a pod as upstream's UpdatePodCondition does. Pure.
import type { PodCondition, PodStatus } from '../../../openapi/types/core/v1.ts'

/** The status with this condition; the transition time moves only when the condition's status does. */
export function setPodCondition(status: PodStatus | undefined, condition: PodCondition, now: string): PodStatus {
  const conditions = status?.conditions ?? []
  const before = conditions.find(({ type }) => type === condition.type)
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now
  const next = { ...condition, lastTransitionTime }
  const list = before === undefined ? [...conditions, next] : conditions.map((present) => (present === before ? next : present))
  return { ...status, conditions: list }
}

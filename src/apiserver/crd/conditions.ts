// Conditions of a CustomResourceDefinition's status, set as upstream sets them. Pure.
import type {
  CustomResourceDefinitionCondition as Condition,
  CustomResourceDefinition as Crd,
} from '../../../openapi/types/apiextensions/v1.ts'

/** What a condition says, without its time. */
export type ConditionState = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** The condition of this type. */
export function conditionOf(crd: Crd, type: string): Condition | undefined {
  return crd.status?.conditions?.find((condition) => condition.type === type)
}

/** Whether the condition is there and True. */
export function isTrue(crd: Crd, type: string): boolean {
  return conditionOf(crd, type)?.status === 'True'
}

/** The conditions with this one set: its time moves only when its status changes. `time` is RFC 3339. */
export function withCondition(conditions: readonly Condition[] | undefined, state: ConditionState, time: string): Condition[] {
  const list = conditions ?? []
  const old = list.find(({ type }) => type === state.type)
  if (old === undefined) return [...list, { lastTransitionTime: time, ...state }]
  const lastTransitionTime = old.status === state.status ? (old.lastTransitionTime ?? time) : time
  return list.map((condition) => (condition === old ? { ...old, ...state, lastTransitionTime } : condition))
}

/** The conditions without this type. */
export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}

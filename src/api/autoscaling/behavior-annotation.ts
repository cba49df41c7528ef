// The behavior annotation of autoscaling/v1: JSON of upstream's internal struct, whose fields have Go names.
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../../openapi/types/autoscaling/v2.ts'

/** The text of the annotation. */
export function behaviorToGo(behavior: HorizontalPodAutoscalerBehavior): string {
  return JSON.stringify({ ScaleUp: rulesToGo(behavior.scaleUp), ScaleDown: rulesToGo(behavior.scaleDown) })
}

function rulesToGo(rules: HPAScalingRules | undefined): unknown {
  if (rules === undefined) return null
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies: rules.policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
    Tolerance: rules.tolerance ?? null,
  }
}

/** What the annotation says; undefined when it is absent, broken or empty. */
export function behaviorFromGo(text: string | undefined): HorizontalPodAutoscalerBehavior | undefined {
  if (text === undefined) return undefined
  try {
    const value = lowerFirst(JSON.parse(text))
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value : undefined
  } catch {
    return undefined
  }
}

/** Go reads field names in any case: turn `ScaleUp` to `scaleUp` all the way down, and drop nulls. */
function lowerFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerFirst)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(entries.map(([name, item]) => [`${name.slice(0, 1).toLowerCase()}${name.slice(1)}`, lowerFirst(item)]))
}

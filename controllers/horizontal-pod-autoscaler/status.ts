// Conditions and status of an autoscaler. Reasons and messages are upstream's. Pure.
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '../../openapi/types/autoscaling/v2.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'

/** A condition as it is to be from now on; several of one type follow one another. */
export type Finding = Omit<HorizontalPodAutoscalerCondition, 'lastTransitionTime'>

export function ableToScale(status: 'True' | 'False', reason: string, message: string): Finding {
  return { type: 'AbleToScale', status, reason, message }
}

export function scalingActive(status: 'True' | 'False', reason: string, message: string): Finding {
  return { type: 'ScalingActive', status, reason, message }
}

export function scalingLimited(status: 'True' | 'False', reason: string, message: string): Finding {
  return { type: 'ScalingLimited', status, reason, message }
}

/** The conditions with what was found; a time changes with the status only. */
export function conditionsWith(
  known: readonly HorizontalPodAutoscalerCondition[] | undefined,
  findings: readonly Finding[],
  now: number,
): HorizontalPodAutoscalerCondition[] {
  const conditions = [...(known ?? [])]
  for (const finding of findings) {
    const at = conditions.findIndex(({ type }) => type === finding.type)
    const old = conditions[at]
    const since = old?.status === finding.status ? old.lastTransitionTime : timestamp(now)
    conditions[at < 0 ? conditions.length : at] = { ...finding, ...(since === undefined ? {} : { lastTransitionTime: since }) }
  }
  return conditions
}

/** The status with other conditions and nothing else: nothing is known of the target. */
export function statusWithFindings({ status }: HorizontalPodAutoscaler, findings: readonly Finding[], now: number) {
  return { ...status, desiredReplicas: status?.desiredReplicas ?? 0, conditions: conditionsWith(status?.conditions, findings, now) }
}

export interface Seen {
  currentReplicas: number
  /** Default: what it was. */
  desiredReplicas?: number
  metrics?: readonly MetricStatus[] | undefined
  findings: readonly Finding[]
  rescaled?: boolean
}

/** The whole status after a look at the target. */
export function statusOf({ metadata, status }: HorizontalPodAutoscaler, seen: Seen, now: number): HorizontalPodAutoscalerStatus {
  const lastScaleTime = seen.rescaled ? timestamp(now) : status?.lastScaleTime
  return {
    ...(metadata?.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(seen.currentReplicas === 0 ? {} : { currentReplicas: seen.currentReplicas }),
    desiredReplicas: seen.desiredReplicas ?? status?.desiredReplicas ?? 0,
    ...(seen.metrics === undefined ? {} : { currentMetrics: [...seen.metrics] }),
    conditions: conditionsWith(status?.conditions, seen.findings, now),
  }
}

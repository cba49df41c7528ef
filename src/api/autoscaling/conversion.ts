// HorizontalPodAutoscaler autoscaling/v1 ⇄ v2. What v1 has no field for travels in annotations, as upstream does it.
import type {
  MetricSpec as V1Metric,
  MetricStatus as V1MetricStatus,
  HorizontalPodAutoscaler as V1Object,
  HorizontalPodAutoscalerSpec as V1Spec,
  HorizontalPodAutoscalerStatus as V1Status,
} from '../../../openapi/types/autoscaling/v1.ts'
import type {
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerSpec,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
  MetricStatus,
  HorizontalPodAutoscaler as V2Object,
} from '../../../openapi/types/autoscaling/v2.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { behaviorFromGo, behaviorToGo } from './behavior-annotation.ts'
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from './metric-conversion.ts'

const prefix = 'autoscaling.alpha.kubernetes.io/'
const metricsKey = `${prefix}metrics`
const currentMetricsKey = `${prefix}current-metrics`
const conditionsKey = `${prefix}conditions`
const behaviorKey = `${prefix}behavior`
const roundTripKeys = [
  metricsKey,
  currentMetricsKey,
  conditionsKey,
  behaviorKey,
  `${prefix}scale-down-tolerance`,
  `${prefix}scale-up-tolerance`,
]

/** The metric of an autoscaler that names none: 80 % of the requested CPU. */
export const defaultMetric: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
}

/** From autoscaling/v1 to the stored form. */
export function hpaFromV1(object: KubeObject): KubeObject {
  const hpa = object as V1Object
  const annotations = hpa.metadata?.annotations ?? {}
  const spec = specFromV1(hpa.spec, annotations)
  const status = statusFromV1(hpa.status, annotations)
  const rest = Object.fromEntries(Object.entries(annotations).filter(([key]) => !roundTripKeys.includes(key)))
  const { annotations: _old, ...metadata } = hpa.metadata ?? {}
  const result: V2Object = {
    ...(hpa.kind === undefined ? {} : { kind: hpa.kind }),
    apiVersion: 'autoscaling/v2',
    metadata: Object.keys(rest).length > 0 ? { ...metadata, annotations: rest } : metadata,
    spec,
    ...(status === undefined ? {} : { status }),
  }
  return result
}

function specFromV1(spec: V1Spec | undefined, annotations: Readonly<Record<string, string>>): HorizontalPodAutoscalerSpec {
  const { targetCPUUtilizationPercentage: cpu, ...rest } = spec ?? ({} as V1Spec)
  const others = parsedList<V1Metric>(annotations[metricsKey]).map(metricFromV1)
  const metrics = cpu === undefined ? others : [...others, cpuMetric(cpu)]
  const behavior = behaviorFromGo(annotations[behaviorKey])
  return {
    ...rest,
    metrics: metrics.length > 0 ? metrics : [structuredClone(defaultMetric)],
    ...(behavior === undefined ? {} : { behavior }),
  }
}

function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

function statusFromV1(
  status: V1Status | undefined,
  annotations: Readonly<Record<string, string>>,
): HorizontalPodAutoscalerStatus | undefined {
  const stored = annotations[currentMetricsKey]
  const conditions = annotations[conditionsKey]
  if (status === undefined && stored === undefined && conditions === undefined) return undefined
  const { currentCPUUtilizationPercentage: cpu, ...rest } = status ?? { currentReplicas: 0, desiredReplicas: 0 }
  const cpuStatus: MetricStatus[] =
    cpu === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }]
  const currentMetrics = stored === undefined ? cpuStatus : parsedList<V1MetricStatus>(stored).map(metricStatusFromV1)
  return {
    ...rest,
    ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
    ...(conditions === undefined ? {} : { conditions: parsedList<HorizontalPodAutoscalerCondition>(conditions) }),
  } as HorizontalPodAutoscalerStatus
}

/** From the stored form to autoscaling/v1. */
export function hpaToV1(object: KubeObject): KubeObject {
  const hpa = object as V2Object
  const kept = Object.entries(hpa.metadata?.annotations ?? {}).filter(([key]) => !roundTripKeys.includes(key))
  const annotations = Object.fromEntries([...kept, ...roundTripAnnotations(hpa)])
  const { metrics, behavior: _behavior, ...spec } = hpa.spec ?? ({} as HorizontalPodAutoscalerSpec)
  const cpu = metrics?.find(isCpuUtilization)?.resource?.target.averageUtilization
  const { annotations: _old, ...metadata } = hpa.metadata ?? {}
  const result: V1Object = {
    ...(hpa.kind === undefined ? {} : { kind: hpa.kind }),
    apiVersion: 'autoscaling/v1',
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    ...(hpa.status === undefined ? {} : { status: statusToV1(hpa.status) }),
  }
  return result
}

function statusToV1(status: HorizontalPodAutoscalerStatus): V1Status {
  const { currentMetrics, conditions: _conditions, ...rest } = status
  const cpu = currentMetrics?.findLast((metric) => metric.type === 'Resource' && metric.resource?.name === 'cpu')
  const percentage = cpu?.resource?.current.averageUtilization
  return {
    ...rest,
    currentReplicas: rest.currentReplicas ?? 0,
    ...(percentage === undefined ? {} : { currentCPUUtilizationPercentage: percentage }),
  }
}

function isCpuUtilization({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target?.averageUtilization !== undefined
}

function roundTripAnnotations({ spec, status }: V2Object): [string, string][] {
  const result: [string, string][] = []
  const others = (spec?.metrics ?? []).filter((metric) => !isCpuUtilization(metric))
  if (others.length > 0) result.push([metricsKey, JSON.stringify(others.map(metricToV1))])
  const current = status?.currentMetrics ?? []
  if (current.length > 0) result.push([currentMetricsKey, JSON.stringify(current.map(metricStatusToV1))])
  if (spec?.behavior !== undefined) result.push([behaviorKey, behaviorToGo(spec.behavior)])
  if ((status?.conditions?.length ?? 0) > 0) result.push([conditionsKey, JSON.stringify(status?.conditions)])
  return result
}

/** The objects in a JSON list; nothing when the text is absent or broken. */
function parsedList<T>(text: string | undefined): T[] {
  if (text === undefined) return []
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : []
  } catch {
    return []
  }
}

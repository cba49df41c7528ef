// What the controller reads besides cached objects: measured values and the scale of any kind. src/controller makes the ports.
import type { Scale } from '../../openapi/types/autoscaling/v1.ts'
import type { CrossVersionObjectReference } from '../../openapi/types/autoscaling/v2.ts'
import type { PodMetrics } from '../../openapi/types/metrics/v1beta1.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'

/** A value of custom.metrics.k8s.io, as far as it is used. */
export interface MetricValue {
  describedObject?: { name?: string }
  timestamp?: string
  windowSeconds?: number
  value?: string
}

/** A value of external.metrics.k8s.io, as far as it is used. */
export interface ExternalMetricValue {
  value?: string
}

/** Selectors are texts. Every method rejects when the API gives no answer. */
export interface MetricsPort {
  /** metrics.k8s.io: what the selected pods use. */
  resource(namespace: string, podSelector: string): Promise<readonly PodMetrics[]>
  /** custom.metrics.k8s.io: one metric of each selected pod. */
  pods(metric: string, namespace: string, podSelector: string, metricSelector: string): Promise<readonly MetricValue[]>
  /** custom.metrics.k8s.io: one metric of one object. */
  object(metric: string, namespace: string, reference: CrossVersionObjectReference, metricSelector: string): Promise<MetricValue>
  /** external.metrics.k8s.io: all series of a metric. */
  external(metric: string, namespace: string, metricSelector: string): Promise<readonly ExternalMetricValue[]>
}

/** The scale of an object and the kind whose subresource it is. */
export interface FoundScale {
  scale: Scale
  kind: Kind
}

export interface ScalesPort {
  /** Any version of the group will do. Rejects when the kind is not served, has no scale, or there is no such object. */
  get(group: string, kind: string, namespace: string, name: string): Promise<FoundScale>
}

// NodeMetrics and PodMetrics out of what kubelets say. Pure.
import type { Node, Pod } from '../../../openapi/types/core/v1.ts'
import type { NodeMetrics, PodMetrics } from '../../../openapi/types/metrics/v1beta1.ts'
import { usageOf } from '../../api/metrics/usage.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { Measured, NodeUsage } from './summary.ts'

const apiVersion = 'metrics.k8s.io/v1beta1'
/** Over how long a kubelet measures: its housekeeping interval. */
const window = '10s'

/** The metrics of a node; undefined while it has none. */
export function nodeMetrics({ metadata }: Node, usage: NodeUsage | undefined, now: number): NodeMetrics | undefined {
  const measured = usage?.node
  if (measured === undefined) return undefined
  return {
    kind: 'NodeMetrics',
    apiVersion,
    metadata: { name: metadata?.name ?? '', creationTimestamp: timestamp(now), ...labels(metadata?.labels) },
    timestamp: seconds(measured),
    window,
    usage: usageOf(measured.cpuNanoCores, measured.memoryBytes),
  }
}

/** The metrics of a pod; undefined while it has none, or does not run. */
export function podMetrics({ metadata, status }: Pod, usage: NodeUsage | undefined, now: number): PodMetrics | undefined {
  const { name = '', namespace = '' } = metadata ?? {}
  const containers = usage?.pods.get(`${namespace}/${name}`)
  if (containers === undefined || status?.phase !== 'Running') return undefined
  const oldest = containers.reduce((a, b) => (Date.parse(b.timestamp) < Date.parse(a.timestamp) ? b : a))
  return {
    kind: 'PodMetrics',
    apiVersion,
    metadata: { name, namespace, creationTimestamp: timestamp(now), ...labels(metadata?.labels) },
    timestamp: seconds(oldest),
    window,
    containers: containers.map((each) => ({ name: each.name, usage: usageOf(each.cpuNanoCores, each.memoryBytes) })),
  }
}

function labels(given: Record<string, string> | undefined): { labels?: Record<string, string> } {
  return given === undefined ? {} : { labels: given }
}

function seconds({ timestamp: text }: Measured): string {
  const time = Date.parse(text)
  return Number.isNaN(time) ? text : timestamp(time)
}

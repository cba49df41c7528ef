// /metrics/resource and /metrics in Prometheus' text form, under upstream's names and help texts. Pure.
import type { Summary } from './summary.ts'

interface Sample {
  labels?: Readonly<Record<string, string>>
  value: number
  /** Milliseconds since the epoch. */
  at?: number
}

/** One family: HELP, TYPE and its samples; nothing without samples. */
export function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(({ labels, value, at }) => `${name}${labelText(labels)} ${value}${at === undefined ? '' : ` ${at}`}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** /metrics/resource. */
export function resourceMetrics({ node, pods }: Summary): string {
  const at = (time: string) => Date.parse(time)
  const containers = pods.flatMap(({ podRef, containers: list }) =>
    list.map((each) => ({ each, labels: { container: each.name, namespace: podRef.namespace, pod: podRef.name } })),
  )
  const whole = pods.map((each) => ({ each, labels: { namespace: each.podRef.namespace, pod: each.podRef.name } }))
  const cpu = ({ cpu: { usageCoreNanoSeconds, time } }: Pick<Summary['node'], 'cpu'>) => ({
    value: usageCoreNanoSeconds / 1e9,
    at: at(time),
  })
  const memory = ({ memory: { workingSetBytes, time } }: Pick<Summary['node'], 'memory'>) => ({ value: workingSetBytes, at: at(time) })
  const of = (what: string) => `[STABLE] Cumulative cpu time consumed by the ${what} in core-seconds`
  const set = (what: string) => `[STABLE] Current working set of the ${what} in bytes`
  const started = '[STABLE] Start time of the container since unix epoch in seconds'
  const scrape = '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise'
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      of('container'),
      containers.map(({ each, labels }) => ({ labels, ...cpu(each) })),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      set('container'),
      containers.map(({ each, labels }) => ({ labels, ...memory(each) })),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      started,
      containers.map(({ each, labels }) => ({ labels, value: at(each.startTime) / 1000 })),
    ),
    family('node_cpu_usage_seconds_total', 'counter', of('node'), [cpu(node)]),
    family('node_memory_working_set_bytes', 'gauge', set('node'), [memory(node)]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      of('pod'),
      whole.map(({ each, labels }) => ({ labels, ...cpu(each) })),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      set('pod'),
      whole.map(({ each, labels }) => ({ labels, ...memory(each) })),
    ),
    family('resource_scrape_error', 'gauge', scrape, [{ value: 0 }]),
  ].join('')
}

/** /metrics of one node. */
export function kubeletMetrics(name: string, summary: Summary, startedAt: number): string {
  const containers = summary.pods.reduce((count, pod) => count + pod.containers.length, 0)
  return [
    family('kubelet_node_name', 'gauge', "[ALPHA] The node's name. The count is always 1.", [{ labels: { node: name }, value: 1 }]),
    family('kubelet_running_containers', 'gauge', '[ALPHA] Number of containers currently running', [
      { labels: { container_state: 'running' }, value: containers },
    ]),
    family('kubelet_running_pods', 'gauge', '[ALPHA] Number of pods that have a running pod sandbox', [{ value: summary.pods.length }]),
    family('process_start_time_seconds', 'gauge', '[ALPHA] Start time of the process since unix epoch in seconds.', [
      { value: startedAt / 1000 },
    ]),
  ].join('')
}

function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return ''
  const escaped = (text: string) => text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`
}

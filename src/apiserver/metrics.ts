// Prometheus metrics of the API server, under upstream's names, without a library: counters and histograms are maps.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { serializations } from './codec.ts'
import type { Answer, Route, ServerContext } from './context.ts'
import type { RequestInfo } from './request-info.ts'

/** What is known of a request when its answer has been sent. */
export interface ServedRequest {
  info: RequestInfo
  code: number
  seconds: number
  dryRun: boolean
}

export interface ApiServerMetrics {
  /** Call when a request begins; the result ends it. `longRunning`: watches, exec, logs. */
  begin(info: RequestInfo, longRunning: boolean): (served: { code: number; seconds: number; dryRun?: boolean }) => void
  /** The text of /metrics. */
  text(server: ServerContext): string
  /** Stops measuring the event loop. */
  close(): void
}

/** Upstream's buckets of apiserver_request_duration_seconds. */
const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
/** A limit on the number of label sets: requests for made-up resources must not fill the memory. */
const maxSeries = 20_000

type Labels = Record<string, string>

class Counter {
  readonly values = new Map<string, number>()
  add(labels: Labels, amount = 1): void {
    const key = labelText(labels)
    if (this.values.size >= maxSeries && !this.values.has(key)) return
    this.values.set(key, (this.values.get(key) ?? 0) + amount)
  }
}

class Histogram {
  readonly series = new Map<string, { labels: Labels; counts: number[]; sum: number; count: number }>()
  readonly #buckets: readonly number[]
  constructor(buckets: readonly number[]) {
    this.#buckets = buckets
  }
  observe(labels: Labels, value: number): void {
    const key = labelText(labels)
    let found = this.series.get(key)
    if (found === undefined) {
      if (this.series.size >= maxSeries) return
      found = { labels, counts: this.#buckets.map(() => 0), sum: 0, count: 0 }
      this.series.set(key, found)
    }
    const index = this.#buckets.findIndex((bound) => value <= bound)
    if (index >= 0) found.counts[index]!++
    found.sum += value
    found.count++
  }
  lines(name: string): string[] {
    return [...this.series.values()].flatMap(({ labels, counts, sum, count }) => {
      let below = 0
      const buckets = counts.map((own, index) => sample(`${name}_bucket`, { ...labels, le: String(this.#buckets[index]) }, (below += own)))
      return [
        ...buckets,
        sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
        sample(`${name}_sum`, labels, sum),
        sample(`${name}_count`, labels, count),
      ]
    })
  }
}

/** The metrics of one server. `startSeconds`: when the process began, since the epoch. */
export function apiServerMetrics(startSeconds: number): ApiServerMetrics {
  const total = new Counter()
  const durations = new Histogram(durationBuckets)
  const inflight = new Counter()
  const longRunning = new Counter()
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    begin: (info, isLong) => {
      const labels = requestLabels(info)
      const readOnly = ['get', 'list', 'watch'].includes(info.verb) ? 'readOnly' : 'mutating'
      const gauge = isLong ? longRunning : inflight
      const gaugeLabels: Labels = isLong ? labels : { request_kind: readOnly }
      gauge.add(gaugeLabels)
      return ({ code, seconds, dryRun = false }) => {
        gauge.add(gaugeLabels, -1)
        total.add({ code: String(code), component: 'apiserver', dry_run: dryRun ? 'All' : '', ...labels })
        if (!isLong) durations.observe({ component: 'apiserver', dry_run: dryRun ? 'All' : '', ...labels }, seconds)
      }
    },
    text: (server) =>
      [
        ...family(
          'apiserver_request_total',
          'counter',
          'Requests served, by verb, resource and code.',
          counterLines('apiserver_request_total', total),
        ),
        ...family(
          'apiserver_request_duration_seconds',
          'histogram',
          'Time to answer a request.',
          durations.lines('apiserver_request_duration_seconds'),
        ),
        ...family(
          'apiserver_current_inflight_requests',
          'gauge',
          'Requests being served.',
          counterLines('apiserver_current_inflight_requests', inflight),
        ),
        ...family(
          'apiserver_longrunning_requests',
          'gauge',
          'Watches and streams being served.',
          counterLines('apiserver_longrunning_requests', longRunning),
        ),
        ...storageLines(server),
        ...family(
          'k8ts_object_serializations_total',
          'counter',
          'Objects turned into JSON: once per revision (stored), and once per other version read (converted). Lists and watches add none.',
          Object.entries(serializations).map(([form, value]) => sample('k8ts_object_serializations_total', { form }, value)),
        ),
        ...(server.flowControl?.metrics() ?? []),
        ...(server.audit?.metrics() ?? []),
        ...(server.aggregation?.metrics() ?? []),
        ...processLines(startSeconds, delay),
        '',
      ].join('\n'),
    close: () => delay.disable(),
  }
}

/** GET /metrics. */
export function metricsRoute(metrics: ApiServerMetrics): Route {
  return {
    path: '/metrics',
    handle: (_request, server): Answer => ({
      type: 'raw',
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: metrics.text(server),
    }),
  }
}

function requestLabels({ group, name, namespace, resource, subresource, verb, version, isResourceRequest }: RequestInfo): Labels {
  const word = {
    create: 'POST',
    get: 'GET',
    list: 'LIST',
    watch: 'WATCH',
    update: 'PUT',
    patch: 'PATCH',
    delete: 'DELETE',
    deletecollection: 'DELETECOLLECTION',
  }[verb]
  const scope = !isResourceRequest ? '' : name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster'
  return {
    group,
    resource,
    scope,
    subresource,
    verb: word ?? (isResourceRequest ? verb.toUpperCase() : verb === 'get' ? 'GET' : 'other'),
    version,
  }
}

function storageLines({ registry, cache }: ServerContext): string[] {
  const stored = registry.kinds().filter((kind) => kind.ephemeral !== true)
  const lines = stored.map((kind) =>
    sample(
      'apiserver_storage_objects',
      { resource: kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}` },
      cache.bucket(kind).entries.size,
    ),
  )
  return family('apiserver_storage_objects', 'gauge', 'Stored objects, by resource.', lines)
}

function processLines(startSeconds: number, delay: ReturnType<typeof monitorEventLoopDelay>): string[] {
  const { rss } = process.memoryUsage()
  const { heapTotal, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const lag = (value: number): number => (Number.isFinite(value) ? value / 1e9 : 0)
  const gauges: [string, string, string, number][] = [
    ['process_cpu_seconds_total', 'counter', 'CPU time of the process.', (user + system) / 1e6],
    ['process_resident_memory_bytes', 'gauge', 'Resident memory.', rss],
    ['process_start_time_seconds', 'gauge', 'When the process began.', startSeconds],
    ['nodejs_heap_size_total_bytes', 'gauge', 'Size of the heap.', heapTotal],
    ['nodejs_heap_size_used_bytes', 'gauge', 'Used part of the heap.', heapUsed],
    ['nodejs_eventloop_lag_mean_seconds', 'gauge', 'Mean delay of the event loop.', lag(delay.mean)],
    ['nodejs_eventloop_lag_p99_seconds', 'gauge', '99th percentile of the delay of the event loop.', lag(delay.percentile(99))],
    ['nodejs_eventloop_lag_max_seconds', 'gauge', 'Longest delay of the event loop.', lag(delay.max)],
  ]
  return gauges.flatMap(([name, type, help, value]) => family(name, type, help, [sample(name, {}, value)]))
}

function family(name: string, type: string, help: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines]
}

function counterLines(name: string, counter: Counter): string[] {
  return [...counter.values].map(([labels, value]) => `${name}${labels} ${value}`)
}

function sample(name: string, labels: Labels, value: number): string {
  return `${name}${labelText(labels)} ${value}`
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels)
  if (entries.length === 0) return ''
  return `{${entries.map(([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`).join(',')}}`
}

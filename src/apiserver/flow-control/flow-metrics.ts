// apiserver_flowcontrol_* metrics, under upstream's names.
import type { Level } from './configuration.ts'
import type { QueueSet, Rejection } from './queue-set.ts'

/** What is counted for one flow schema in one priority level. */
interface FlowCounts {
  labels: string
  dispatched: number
  rejected: Map<Rejection, number>
  executing: number
  waitSeconds: Histogram
  runSeconds: Histogram
}

const durationBuckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const maxFlows = 1000

class Histogram {
  readonly counts = durationBuckets.map(() => 0)
  sum = 0
  count = 0
  observe(seconds: number): void {
    const index = durationBuckets.findIndex((bound) => seconds <= bound)
    if (index >= 0) this.counts[index]!++
    this.sum += seconds
    this.count++
  }
  lines(name: string, labels: string): string[] {
    let below = 0
    const buckets = this.counts.map((own, index) => `${name}_bucket{${labels},le="${durationBuckets[index]}"} ${(below += own)}`)
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.count}`,
      `${name}_sum{${labels}} ${this.sum}`,
      `${name}_count{${labels}} ${this.count}`,
    ]
  }
}

export class FlowMetrics {
  readonly #flows = new Map<string, FlowCounts>()

  /** The counts of a flow schema; further schemas than can be kept share one. */
  labels(level: string, schema: string): FlowCounts {
    const key = this.#flows.size < maxFlows ? `${level}\0${schema}` : 'others\0others'
    let found = this.#flows.get(key)
    if (found === undefined) {
      const [priorityLevel, flowSchema] = key.split('\0')
      const labels = `flow_schema="${flowSchema}",priority_level="${priorityLevel}"`
      found = { labels, dispatched: 0, rejected: new Map(), executing: 0, waitSeconds: new Histogram(), runSeconds: new Histogram() }
      this.#flows.set(key, found)
    }
    return found
  }

  waited(flow: FlowCounts, ms: number, served: boolean): void {
    flow.waitSeconds.observe(ms / 1000)
    if (!served) return
    flow.dispatched++
    flow.executing++
  }

  finished(flow: FlowCounts, ms: number): void {
    flow.executing--
    flow.runSeconds.observe(ms / 1000)
  }

  rejected(flow: FlowCounts, reason: Rejection): void {
    flow.rejected.set(reason, (flow.rejected.get(reason) ?? 0) + 1)
  }

  text(levels: readonly { level: Level; queues: QueueSet }[]): string[] {
    const flows = [...this.#flows.values()]
    const rejected = flows.flatMap((flow) => [...flow.rejected].map(([reason, count]) => `{${flow.labels},reason="${reason}"} ${count}`))
    const gauge = (name: string, help: string, value: (given: (typeof levels)[number]) => number) =>
      family(
        name,
        'gauge',
        help,
        levels.map((given) => `{priority_level="${given.level.name}"} ${value(given)}`),
      )
    return [
      ...family(
        'dispatched_requests_total',
        'counter',
        'Requests that got their seats.',
        flows.map((flow) => `{${flow.labels}} ${flow.dispatched}`),
      ),
      ...family('rejected_requests_total', 'counter', 'Requests that were turned away.', rejected),
      ...family(
        'current_executing_requests',
        'gauge',
        'Requests being served.',
        flows.map((flow) => `{${flow.labels}} ${flow.executing}`),
      ),
      ...gauge('current_executing_seats', 'Seats taken.', ({ queues }) => queues.seatsInUse),
      ...gauge('current_inqueue_requests', 'Requests waiting.', ({ queues }) => queues.waiting),
      ...gauge('current_limit_seats', 'Seats of the level at present.', ({ queues }) => queues.limit),
      ...gauge('nominal_limit_seats', 'Seats of the level by its share.', ({ level }) => level.nominal),
      ...gauge('lower_limit_seats', 'Seats that the level keeps.', ({ level }) => level.min),
      ...gauge('upper_limit_seats', 'Seats that the level may have.', ({ level }) => level.max),
      ...histograms('request_wait_duration_seconds', 'Time spent waiting for seats.', flows, ({ waitSeconds }) => waitSeconds),
      ...histograms('request_execution_seconds', 'Time from arrival at its level to the end.', flows, ({ runSeconds }) => runSeconds),
    ]
  }
}

const subsystem = 'apiserver_flowcontrol_'

function family(name: string, type: string, help: string, samples: readonly string[]): string[] {
  const full = subsystem + name
  return samples.length === 0 ? [] : [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples.map((sample) => full + sample)]
}

function histograms(name: string, help: string, flows: readonly FlowCounts[], of: (flow: FlowCounts) => Histogram): string[] {
  const full = subsystem + name
  const lines = flows.flatMap((flow) => of(flow).lines(full, flow.labels))
  return lines.length === 0 ? [] : [`# HELP ${full} ${help}`, `# TYPE ${full} histogram`, ...lines]
}

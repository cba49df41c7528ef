// What work queues do, as metrics under upstream's names (workqueue_*), by queue name.
// https://kubernetes.io/docs/reference/instrumentation/metrics/
import type { Clock } from '../apimachinery/clock.ts'

/** What a queue tells while it works. */
export interface QueueObserver {
  added(key: string): void
  taken(key: string): void
  finished(key: string): void
  retried(): void
}

/** Upstream's exponential buckets: 10 ns, 100 ns … 10 s. */
const buckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]

interface Duration {
  counts: number[]
  sum: number
  count: number
}

interface Queue {
  adds: number
  retries: number
  waiting: Map<string, number>
  working: Map<string, number>
  queued: Duration
  worked: Duration
}

export interface QueueMetrics {
  /** The observer of a queue; queues of one name are counted together. */
  of(name: string): QueueObserver
  /** Prometheus text. */
  text(): string
}

/** Metrics of all queues of a process. */
export function queueMetrics(clock: Clock): QueueMetrics {
  const queues = new Map<string, Queue>()
  return {
    of(name) {
      let queue = queues.get(name)
      if (queue === undefined) {
        queue = { adds: 0, retries: 0, waiting: new Map(), working: new Map(), queued: empty(), worked: empty() }
        queues.set(name, queue)
      }
      return observerOf(queue, clock)
    },
    text: () => textOf(queues, clock.now()),
  }
}

function empty(): Duration {
  return { counts: buckets.map(() => 0), sum: 0, count: 0 }
}

function observe(duration: Duration, seconds: number): void {
  const index = buckets.findIndex((bound) => seconds <= bound)
  if (index >= 0) duration.counts[index]!++
  duration.sum += seconds
  duration.count++
}

/** A key waits once, however often it is added. */
function observerOf(queue: Queue, clock: Clock): QueueObserver {
  return {
    added(key) {
      queue.adds++
      if (!queue.waiting.has(key)) queue.waiting.set(key, clock.now())
    },
    taken(key) {
      const now = clock.now()
      observe(queue.queued, (now - (queue.waiting.get(key) ?? now)) / 1000)
      queue.waiting.delete(key)
      queue.working.set(key, now)
    },
    finished(key) {
      const now = clock.now()
      observe(queue.worked, (now - (queue.working.get(key) ?? now)) / 1000)
      queue.working.delete(key)
    },
    retried() {
      queue.retries++
    },
  }
}

function textOf(queues: ReadonlyMap<string, Queue>, now: number): string {
  const family = (name: string, type: string, help: string, lines: (queue: Queue, label: string) => string[]) => [
    `# HELP workqueue_${name} ${help}`,
    `# TYPE workqueue_${name} ${type}`,
    ...[...queues].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([label, queue]) => lines(queue, `name="${label}"`)),
  ]
  const single = (name: string, type: string, help: string, value: (queue: Queue) => number) =>
    family(name, type, help, (queue, label) => [`workqueue_${name}{${label}} ${value(queue)}`])
  const ages = ({ working }: Queue) => [...working.values()].map((since) => (now - since) / 1000)
  const lines = [
    ...single('adds_total', 'counter', 'Keys added.', ({ adds }) => adds),
    ...single('depth', 'gauge', 'Keys that wait.', ({ waiting }) => waiting.size),
    ...single('longest_running_processor_seconds', 'gauge', 'Age of the oldest work under way.', (queue) => Math.max(0, ...ages(queue))),
    ...family('queue_duration_seconds', 'histogram', 'How long keys waited.', ({ queued }, label) =>
      histogram('queue_duration_seconds', queued, label),
    ),
    ...single('retries_total', 'counter', 'Keys added again after a failure.', ({ retries }) => retries),
    ...single('unfinished_work_seconds', 'gauge', 'Age of all work under way.', (queue) => ages(queue).reduce((sum, age) => sum + age, 0)),
    ...family('work_duration_seconds', 'histogram', 'How long the work on a key took.', ({ worked }, label) =>
      histogram('work_duration_seconds', worked, label),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function histogram(name: string, { counts, sum, count }: Duration, label: string): string[] {
  let below = 0
  const steps = counts.map((n, i) => `workqueue_${name}_bucket{${label},le="${buckets[i]}"} ${(below += n)}`)
  return [
    ...steps,
    `workqueue_${name}_bucket{${label},le="+Inf"} ${count}`,
    `workqueue_${name}_sum{${label}} ${sum}`,
    `workqueue_${name}_count{${label}} ${count}`,
  ]
}

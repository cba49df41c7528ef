// Pods that wait for a node: ready ones by priority, failed ones in backoff, hopeless ones until an event may help them.
// Numbers are upstream's: backoff 1 s … 10 s, retried after 5 minutes whatever happens. Bounded by the pods in the informer's cache.
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { Change, ClusterEvent, Plugin } from './framework.ts'
import { Heap } from './heap.ts'
import type { PodInfo } from './pod-info.ts'

export interface QueuedPod {
  uid: string
  pod: PodInfo
  /** When it came into the queue, or was last put back. */
  since: number
  /** Orders pods of the same millisecond. */
  sequence: number
  attempts: number
  /** Cycles that found no node; decides the backoff. */
  unschedulable: number
  /** Cycles that failed for other reasons, since the last that did not. */
  errors: number
  /** Plugins that said no; none: any event helps. */
  rejectedBy: ReadonlySet<string>
  /** When the backoff ends. */
  readyAt: number
  /** How many events there had been when it was taken out. */
  seen?: number
  /** Waits because of a gate. */
  gate?: string | undefined
}

export interface QueueOptions {
  clock: Clock
  /** Plugins that may refuse a pod before it is queued, by pod (its profile). */
  preEnqueue: (pod: PodInfo) => readonly Plugin[]
  /** All plugins of the profile, by name. */
  plugins: (pod: PodInfo) => ReadonlyMap<string, Plugin>
  /** Called when there is something to pop. */
  onReady: () => void
  initialBackoffMs?: number
  maxBackoffMs?: number
  flushAfterMs?: number
}

const byPriority = (a: QueuedPod, b: QueuedPod) =>
  a.pod.priority !== b.pod.priority ? a.pod.priority > b.pod.priority : a.sequence < b.sequence
const byReadyAt = (a: QueuedPod, b: QueuedPod) => a.readyAt < b.readyAt

export class SchedulingQueue {
  readonly #options: QueueOptions
  readonly #active = new Heap<QueuedPod>(byPriority)
  /** Backoff of pods that did not fit: taken early when nothing else is to be done. */
  readonly #backoff = new Heap<QueuedPod>(byReadyAt)
  /** Backoff after errors (of the API server, say): always kept. */
  readonly #errorBackoff = new Heap<QueuedPod>(byReadyAt)
  readonly #waiting = new Map<string, QueuedPod>()
  /** The waiting pods by the plugins that rejected them. */
  readonly #rejected = new Map<string, Set<QueuedPod>>()
  /** Popped and not yet put back or done. */
  readonly #working = new Map<string, QueuedPod>()
  /** The last events, for pods that are in work when they come: a decision may take long where extenders are asked. */
  readonly #recent: { event: ClusterEvent; change: Change }[] = []
  #events = 0
  #timer: { at: number; timer: Timer } | undefined
  #flushTimer: Timer | undefined
  #sequence = 0

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Numbers of pods: ready, in backoff, waiting for an event or a gate. */
  get depth(): { active: number; backoff: number; unschedulable: number } {
    return { active: this.#active.size, backoff: this.#backoff.size + this.#errorBackoff.size, unschedulable: this.#waiting.size }
  }

  /** A pod without a node appeared. */
  add(pod: PodInfo): void {
    const now = this.#options.clock.now()
    if (this.#find(pod.uid) !== undefined) return
    const times = { since: now, readyAt: now, sequence: this.#sequence++ }
    this.#enter({ uid: pod.uid, pod, ...times, attempts: 0, unschedulable: 0, errors: 0, rejectedBy: none })
  }

  /** The pod changed; `events` says how, in so far as that may make it schedulable. */
  update(pod: PodInfo, change: Change, events: readonly ClusterEvent[]): void {
    const item = this.#find(pod.uid)
    if (item === undefined) return this.add(pod)
    item.pod = pod
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) if (heap.has(pod.uid)) heap.push(item)
    if (this.#working.has(pod.uid)) for (const event of events) this.#remember(event, change)
    if (!this.#waiting.has(pod.uid) || events.length === 0) return
    const helped = item.gate !== undefined || events.some((event) => this.#helps(item, event, change))
    if (helped) this.#requeue(item)
  }

  /** The pod is gone or has a node. */
  remove(uid: string): void {
    for (const heap of [this.#active, this.#backoff, this.#errorBackoff]) heap.remove(uid)
    this.#stopWaiting(uid)
    this.#working.delete(uid)
  }

  /** The next pod to schedule; it counts as in work until {@link done}, {@link unschedulable} or {@link failed}. */
  pop(): QueuedPod | undefined {
    this.#release()
    const item = this.#active.pop() ?? this.#backoff.pop()
    if (item === undefined) return undefined
    item.attempts++
    item.seen = this.#events
    this.#working.set(item.uid, item)
    return item
  }

  /** Scheduled, or no longer to be. */
  done(uid: string): void {
    this.#working.delete(uid)
  }

  /** No node fits: waits until an event may help. */
  unschedulable(item: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (!this.#working.delete(item.uid)) return
    item.unschedulable++
    item.errors = 0
    this.#putBack(item, rejectedBy)
    if (this.#missed(item)) return this.#enter(item)
    this.#wait(item)
    this.#scheduleFlush()
  }

  /** Something went wrong: tried again after the backoff. */
  failed(item: QueuedPod): void {
    if (!this.#working.delete(item.uid)) return
    item.errors++
    this.#putBack(item, none)
    this.#errorBackoff.push(item)
    this.#wake(item.readyAt)
  }

  /** Something changed in the cluster: moves the pods whose rejection it may make moot. */
  onEvent(event: ClusterEvent, change: Change): void {
    this.#remember(event, change)
    for (const [plugin, items] of this.#rejected) {
      for (const item of [...items]) {
        // What one profile's plugin does not listen to, no profile's does: most events concern few of the waiting pods.
        if (plugin !== anyEvent && this.#options.plugins(item.pod).get(plugin)?.retryOn[event] === undefined) break
        if (item.gate === undefined && this.#waiting.has(item.uid) && this.#helps(item, event, change)) this.#requeue(item)
      }
    }
  }

  #remember(event: ClusterEvent, change: Change): void {
    this.#events++
    if (this.#working.size === 0) this.#recent.length = 0
    else if (this.#recent.push({ event, change }) > keptEvents) this.#recent.shift()
  }

  /** Whether something happened, since the pod was taken out, that may make its rejection moot. */
  #missed(item: QueuedPod): boolean {
    const count = this.#events - (item.seen ?? this.#events)
    if (count === 0) return false
    return count > this.#recent.length || this.#recent.slice(-count).some(({ event, change }) => this.#helps(item, event, change))
  }

  #wait(item: QueuedPod): void {
    this.#waiting.set(item.uid, item)
    for (const plugin of item.rejectedBy.size === 0 || item.rejectedBy.has(extenderName) ? [anyEvent] : item.rejectedBy) {
      const items = this.#rejected.get(plugin)
      if (items === undefined) this.#rejected.set(plugin, new Set([item]))
      else items.add(item)
    }
  }

  #stopWaiting(uid: string): void {
    const item = this.#waiting.get(uid)
    if (item === undefined) return
    this.#waiting.delete(uid)
    for (const [plugin, items] of this.#rejected) if (items.delete(item) && items.size === 0) this.#rejected.delete(plugin)
  }

  /** What held a pod back is over: it enters the queue when something wanted it there meanwhile. */
  ungate(uid: string): void {
    const item = this.#waiting.get(uid)
    if (item?.gate !== undefined) this.#requeue(item)
  }

  /** Tries a pod again without an event and without backoff. */
  activate(uid: string): void {
    const item = this.#waiting.get(uid)
    if (item === undefined) return
    item.readyAt = this.#options.clock.now()
    this.#requeue(item)
  }

  close(): void {
    this.#timer?.timer.cancel()
    this.#flushTimer?.cancel()
  }

  #find(uid: string): QueuedPod | undefined {
    return (
      this.#active.get(uid) ?? this.#backoff.get(uid) ?? this.#errorBackoff.get(uid) ?? this.#waiting.get(uid) ?? this.#working.get(uid)
    )
  }

  #helps({ pod, rejectedBy }: QueuedPod, event: ClusterEvent, change: Change): boolean {
    if (rejectedBy.size === 0 || rejectedBy.has(extenderName)) return true
    const plugins = this.#options.plugins(pod)
    for (const name of rejectedBy) {
      const hint = plugins.get(name)?.retryOn[event]
      if (hint === true || hint?.(pod, change)) return true
    }
    return false
  }

  #putBack(item: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    item.since = this.#options.clock.now()
    item.sequence = this.#sequence++
    item.rejectedBy = rejectedBy
    item.readyAt = item.since + this.#backoffMs(item.errors > 0 ? item.errors : item.unschedulable)
  }

  #backoffMs(count: number): number {
    const { initialBackoffMs = 1000, maxBackoffMs = 10_000 } = this.#options
    return count === 0 ? 0 : Math.min(maxBackoffMs, initialBackoffMs * 2 ** (count - 1))
  }

  #requeue(item: QueuedPod): void {
    this.#stopWaiting(item.uid)
    this.#enter(item)
  }

  /** Into the place it belongs: held by a gate, in backoff, or ready. */
  #enter(item: QueuedPod): void {
    item.gate = undefined
    for (const plugin of this.#options.preEnqueue(item.pod)) {
      if (plugin.preEnqueue?.(item.pod) === undefined) continue
      item.gate = plugin.name
      this.#wait(item)
      return
    }
    if (item.readyAt <= this.#options.clock.now()) this.#active.push(item)
    else {
      this.#backoff.push(item)
      this.#wake(item.readyAt)
    }
    this.#options.onReady()
  }

  /** Moves pods whose backoff has ended. */
  #release(): void {
    const now = this.#options.clock.now()
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      while ((heap.peek()?.readyAt ?? Number.POSITIVE_INFINITY) <= now) this.#active.push(heap.pop()!)
    }
  }

  #wake(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.timer.cancel()
    const timer = this.#options.clock.after(Math.max(0, at - this.#options.clock.now()), () => {
      this.#timer = undefined
      this.#release()
      const next = Math.min(...[this.#backoff, this.#errorBackoff].map((heap) => heap.peek()?.readyAt ?? Number.POSITIVE_INFINITY))
      if (Number.isFinite(next)) this.#wake(next)
      if (this.#active.size > 0) this.#options.onReady()
    })
    this.#timer = { at, timer }
  }

  /** Every 30 seconds while pods wait: those that have waited too long are tried again. */
  #scheduleFlush(): void {
    this.#flushTimer ??= this.#options.clock.after(30_000, () => {
      this.#flushTimer = undefined
      const limit = this.#options.clock.now() - (this.#options.flushAfterMs ?? 300_000)
      for (const item of [...this.#waiting.values()]) if (item.gate === undefined && item.since < limit) this.#requeue(item)
      if (this.#waiting.size > 0) this.#scheduleFlush()
    })
  }
}

/** With more events than this during one decision, the pod is just tried again. */
const keptEvents = 256
/** Stands for pods that no plugin rejected: everything may help them. */
const anyEvent = ''
/** Among the plugins that rejected a pod: extenders cannot say what would help. */
export const extenderName = 'Extender'
const none: ReadonlySet<string> = new Set()

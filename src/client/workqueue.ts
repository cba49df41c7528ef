// A queue of keys, never of events: a key waiting twice is one; a key in work that is added again is done again afterwards.
// Bounded by the number of distinct keys, which the informer's cache bounds. After client-go's util/workqueue.
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { type BackoffOptions, backoffDelay } from './backoff.ts'
import type { QueueObserver } from './queue-metrics.ts'

export interface WorkqueueOptions {
  clock: Clock
  /** Delay of a failing key. Default upstream's 5 ms … 1000 s. */
  backoff?: BackoffOptions
  /** Told of what happens, for metrics. */
  observer?: QueueObserver | undefined
}

export class Workqueue {
  readonly #clock: Clock
  readonly #backoff: BackoffOptions
  readonly #observer: QueueObserver | undefined
  readonly #ready = new Set<string>()
  readonly #working = new Set<string>()
  readonly #again = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #delayed = new Map<string, { at: number; timer: Timer }>()
  #waiters: ((key: string | undefined) => void)[] = []
  #closed = false

  constructor(options: WorkqueueOptions) {
    this.#clock = options.clock
    this.#observer = options.observer
    this.#backoff = options.backoff ?? { initialMs: 5, maxMs: 1_000_000 }
  }

  /** Keys ready to be worked on. */
  get depth(): number {
    return this.#ready.size
  }

  /** Nothing ready and nothing in work (delayed keys do not count). */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0
  }

  add(key: string): void {
    if (this.#closed || this.#ready.has(key) || this.#again.has(key)) return
    this.#observer?.added(key)
    if (this.#working.has(key)) this.#again.add(key)
    else this.#enqueue(key)
  }

  #enqueue(key: string): void {
    const waiter = this.#waiters.shift()
    if (waiter === undefined) {
      this.#ready.add(key)
      return
    }
    this.#observer?.taken(key)
    this.#working.add(key)
    waiter(key)
  }

  /** Adds after `delayMs`; the earliest of several wins. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return
    if (delayMs <= 0) return this.add(key)
    const at = this.#clock.now() + delayMs
    const pending = this.#delayed.get(key)
    if (pending !== undefined) {
      if (pending.at <= at) return
      pending.timer.cancel()
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { at, timer })
  }

  /** Adds after the key's backoff, which grows with each call until {@link forget}. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.#observer?.retried()
    this.addAfter(key, backoffDelay(this.#backoff, failures))
  }

  /** How often the key failed since it was last forgotten. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key, marked as in work until {@link done}; undefined once closed. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined)
    for (const key of this.#ready) {
      this.#ready.delete(key)
      this.#observer?.taken(key)
      this.#working.add(key)
      return Promise.resolve(key)
    }
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  done(key: string): void {
    this.#observer?.finished(key)
    this.#working.delete(key)
    if (this.#again.delete(key) && !this.#closed) this.#enqueue(key)
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    this.#ready.clear()
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter(undefined)
  }
}

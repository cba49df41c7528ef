// A clock that stands still until a test moves it: days pass in no time, and always in the same order.
import type { Clock, Timer } from '../../src/apimachinery/clock.ts'

interface Waiting {
  at: number
  order: number
  callback: () => void
}

export class VirtualClock implements Clock {
  #now: number
  #order = 0
  readonly #timers = new Set<Waiting>()

  /** Starts at a time given as RFC 3339 or milliseconds. */
  constructor(start: string | number = '2026-01-01T00:00:00Z') {
    this.#now = typeof start === 'number' ? start : Date.parse(start)
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, callback: () => void): Timer {
    const waiting = { at: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.add(waiting)
    return { cancel: () => this.#timers.delete(waiting) }
  }

  /** Timers that have not come due. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets `ms` pass: timers come due one by one, and what they set off is done before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settled()
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#timers.delete(next)
      this.#now = next.at
      next.callback()
      await settled()
    }
    this.#now = until
  }

  /** Lets time pass in steps until `condition` holds; fails after `limitMs`. */
  async until(condition: () => boolean, limitMs = 60_000, stepMs = 100): Promise<void> {
    const end = this.#now + limitMs
    await settled()
    while (!condition()) {
      if (this.#now >= end) throw new Error(`not so within ${limitMs} ms`)
      await this.advance(stepMs)
    }
  }

  #next(until: number): Waiting | undefined {
    let next: Waiting | undefined
    for (const timer of this.#timers) {
      if (timer.at > until) continue
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer
    }
    return next
  }
}

/** Resolves when everything that waits for nothing but promises is done. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

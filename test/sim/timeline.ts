// Virtual time for one simulation: timers come due one by one, always in the same order, and what one sets off is done before the next.
// While it is installed, the two ways past a Clock that a loaded event loop needs (setImmediate, performance.now) follow it as well.
import type { Clock, Timer } from '../../src/apimachinery/clock.ts'

interface Waiting {
  at: number
  order: number
  callback: (() => void) | undefined
}

const nextTurn = setImmediate

export class Timeline implements Clock {
  #now: number
  #order = 0
  readonly #heap: Waiting[] = []
  #immediates: (() => void)[] = []

  constructor(startMs: number) {
    this.#now = startMs
  }

  now = (): number => this.#now

  after = (delayMs: number, callback: () => void): Timer => {
    const waiting: Waiting = { at: this.#now + Math.max(0, Math.ceil(delayMs)), order: this.#order++, callback }
    this.#push(waiting)
    return { cancel: () => (waiting.callback = undefined) }
  }

  /** Runs `work` with the process's own ways to wait and to look at the time replaced by this timeline's. */
  async installed<T>(work: () => Promise<T>): Promise<T> {
    const { setImmediate: immediate, clearImmediate: clear } = globalThis
    const now = performance.now
    const later = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
      const handle = { run: true, unref: () => handle, ref: () => handle }
      this.#immediates.push(() => handle.run && callback(...args))
      return handle
    }
    Object.assign(globalThis, { setImmediate: later, clearImmediate: (handle: { run: boolean }) => (handle.run = false) })
    performance.now = this.now
    try {
      return await work()
    } finally {
      Object.assign(globalThis, { setImmediate: immediate, clearImmediate: clear })
      performance.now = now
    }
  }

  /** Lets time pass until `done`, or until `limitMs` have passed: then false. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.#now + limitMs
    for (;;) {
      await this.#settle()
      if (done()) return true
      const next = this.#pop(end)
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.at)
      next.callback?.()
    }
    this.#now = end
    return false
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms)
  }

  /** Lets time pass until the promise is settled. Rejects with it, and when it takes longer than `limitMs`. */
  async drive<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let over = false
    promise.then(
      () => (over = true),
      () => (over = true),
    )
    if (!(await this.until(() => over, limitMs))) throw new Error(`not done within ${limitMs} ms of virtual time`)
    return promise
  }

  /** Everything that waits for nothing but promises and turns of the loop is done. */
  async #settle(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => nextTurn(resolve))
      if (this.#immediates.length === 0) return
      const due = this.#immediates
      this.#immediates = []
      for (const run of due) run()
    }
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap
    let index = heap.push(waiting) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (before(heap[parent]!, waiting)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = waiting
  }

  /** The next timer that comes due by `end` and was not cancelled. */
  #pop(end: number): Waiting | undefined {
    const heap = this.#heap
    while (heap.length > 0 && (heap[0]!.callback === undefined || heap[0]!.at <= end)) {
      const first = heap[0]!
      const last = heap.pop()!
      if (heap.length > 0) this.#sink(last)
      if (first.callback !== undefined) return first
    }
    return undefined
  }

  #sink(waiting: Waiting): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (before(waiting, heap[child]!)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = waiting
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

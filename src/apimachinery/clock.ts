// Time and randomness come in as arguments (law 4). These are the two shapes; only cli/ and cluster.ts make real ones.

/** A cancellable timer, as returned by {@link Clock.after}. */
export interface Timer {
  cancel(): void
}

/** The passage of time. `now` is milliseconds since the epoch; `after` calls back once, `delayMs` later. */
export interface Clock {
  now(): number
  after(delayMs: number, callback: () => void): Timer
}

/** A source of random numbers in [0, 1), like `Math.random`. */
export type Random = () => number

/** Resolves after `delayMs`, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** metav1.Time: RFC 3339, whole seconds, UTC. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** metav1.MicroTime: RFC 3339 with six fractional digits, UTC. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}

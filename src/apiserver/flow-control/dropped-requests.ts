// What to tell rejected clients to wait: doubles while a level keeps dropping requests, sinks again when it has recovered. Pure but for its state.
// Rule: k8s.io/apiserver/pkg/util/flowcontrol dropped_requests_tracker.go.

const maxRetryAfter = 32

export class DroppedRequests {
  #history: { second: number; count: number }[] = []
  #second = 0
  #count = 0
  #retryAfter = 1
  #changed = 0

  /** Notes a rejection; returns the seconds for Retry-After. */
  record(nowMs: number): number {
    const second = Math.floor(nowMs / 1000)
    if (second === this.#second) {
      this.#count++
      return this.#retryAfter
    }
    this.#history.push({ second: this.#second, count: this.#count })
    const kept = Math.min(2 * this.#retryAfter, maxRetryAfter)
    this.#history = this.#history.filter((entry) => second - entry.second <= kept)
    this.#second = second
    this.#count = 1
    this.#adjust(second)
    return this.#retryAfter
  }

  #adjust(second: number): void {
    const retryAfter = this.#retryAfter
    let dropped = 0
    for (const entry of this.#history) if (second - entry.second <= retryAfter && entry.second < second) dropped += entry.count
    if (second - this.#changed >= retryAfter && dropped >= 3 * retryAfter) {
      this.#retryAfter = Math.min(retryAfter * 2, maxRetryAfter)
      this.#changed = second
    } else if (dropped < retryAfter && retryAfter > 1) {
      this.#retryAfter = retryAfter - 1
    }
  }
}

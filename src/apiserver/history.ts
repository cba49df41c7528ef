// The recent changes of one kind: a bounded ring from which every watcher reads at its own pace. Its bound is the bound of every watcher's queue.
import type { Entry } from './codec.ts'

/** One change. For a delete, `entry` is the last state under the revision of the deletion (wire.md 8). */
export interface CacheEvent {
  type: 'put' | 'delete'
  revision: number
  entry: Entry
  previous: Entry | undefined
  /** Encoded frames, shared by all watchers with the same view. */
  frames?: Map<string, Buffer>
}

export interface HistoryLimits {
  maxEvents: number
  maxBytes: number
  /** What the histories of all kinds may hold together, and hold now. */
  shared?: { bytes: number; maxBytes: number }
}

/** However full the others are, each history may keep this much. */
const leastBytes = 1024 * 1024

const framesKept = 512

/** Positions count events since the start; they never wrap (2^53). */
export class History {
  #events: CacheEvent[] = []
  #first = 0
  #sizeBytes = 0
  readonly #limits: HistoryLimits
  /** Every event with a revision above this is (or will be) here. */
  oldestRevision: number

  constructor(oldestRevision: number, limits: HistoryLimits) {
    this.oldestRevision = oldestRevision
    this.#limits = limits
  }

  /** Position after the newest event. */
  get end(): number {
    return this.#first + this.#events.length
  }

  /** Position of the oldest event kept. */
  get start(): number {
    return this.#first
  }

  push(event: CacheEvent): void {
    this.#events.push(event)
    this.#count(event.entry.value.length)
    const cold = this.#events.at(-framesKept)
    if (cold !== undefined) delete cold.frames
    const { maxEvents, maxBytes, shared } = this.#limits
    const crowded = shared !== undefined && shared.bytes > shared.maxBytes && this.#sizeBytes > leastBytes
    if (this.#events.length > maxEvents || this.#sizeBytes > maxBytes || crowded) this.#shrink()
  }

  /** The event at a position; undefined when it is gone or not there yet. */
  at(position: number): CacheEvent | undefined {
    return this.#events[position - this.#first]
  }

  /** Position of the first event newer than `revision`. */
  positionAfter(revision: number): number {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.revision > revision) high = middle
      else low = middle + 1
    }
    return this.#first + low
  }

  #count(bytes: number): void {
    this.#sizeBytes += bytes
    if (this.#limits.shared !== undefined) this.#limits.shared.bytes += bytes
  }

  /** Drops the older half at once, so that the cost of each push stays small. */
  #shrink(): void {
    const dropped = this.#events.splice(0, Math.ceil(this.#events.length / 2))
    for (const event of dropped) this.#count(-event.entry.value.length)
    this.#first += dropped.length
    this.oldestRevision = dropped.at(-1)?.revision ?? this.oldestRevision
  }
}

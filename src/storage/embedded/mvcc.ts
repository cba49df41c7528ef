// The versions: the current map, plus one O(1) snapshot and the changes of every 64 revisions, so that any kept revision
// can be rebuilt by replaying at most 63 changes. Pure: time comes in as numbers.
import { CompactedError, type Entry, FutureRevisionError, type ListResult, type StorageEvent } from '../storage.ts'
import { OrderedMap, prefixEnd } from './ordered-map.ts'

const segmentLength = 64
const cachedSnapshots = 8
/** What an event costs beside its value; an estimate for the history's byte limit. */
const eventOverheadBytes = 256

interface Segment {
  /** The state at revision `after`. */
  map: OrderedMap<Entry>
  after: number
  /** events[i] has revision after + 1 + i. */
  events: StorageEvent[]
  sizeBytes: number
  /** When the newest event came, in milliseconds; undefined without a clock. */
  timeMs: number | undefined
}

/** How much history is kept: everything younger than `keepMs`, but never more than the two caps, which bound memory. */
export interface HistoryLimits {
  keepMs: number
  maxRevisions: number
  maxBytes: number
}

/** A read-only view of one revision. */
export interface Snapshot {
  readonly revision: number
  get(key: string): Entry | undefined
  list(prefix: string, options?: { start?: string; limit?: number }): ListResult
}

/** All kept versions of all keys. Methods throw CompactedError or FutureRevisionError for revisions that are not kept. */
export class Mvcc {
  #map: OrderedMap<Entry>
  #segments: Segment[]
  #revision: number
  #compactRevision: number
  #historyBytes = 0
  readonly #cache = new Map<number, OrderedMap<Entry>>()

  /** Starts with the state at `revision`, and no history before it. */
  constructor(revision: number, map = new OrderedMap<Entry>()) {
    this.#map = map
    this.#revision = revision
    this.#compactRevision = revision
    this.#segments = [{ map: map.snapshot(), after: revision, events: [], sizeBytes: 0, timeMs: undefined }]
  }

  /** The newest revision. */
  get revision(): number {
    return this.#revision
  }

  /** The oldest revision that can be read, or watched from. */
  get compactRevision(): number {
    return this.#compactRevision
  }

  /** Estimated size of the kept history. */
  get historyBytes(): number {
    return this.#historyBytes
  }

  /** The current entry. */
  get(key: string): Entry | undefined {
    return this.#map.get(key)
  }

  /** Takes the next change in; its revision must be the next one. */
  apply(event: StorageEvent, timeMs?: number): void {
    if (event.revision !== this.#revision + 1) throw new Error(`revision ${event.revision} does not follow ${this.#revision}`)
    let segment = this.#segments.at(-1)!
    if (segment.events.length > 0 && event.revision % segmentLength === 0) {
      segment = { map: this.#map.snapshot(), after: this.#revision, events: [], sizeBytes: 0, timeMs: undefined }
      this.#segments.push(segment)
    }
    applyTo(this.#map, event)
    segment.events.push(event)
    segment.timeMs = timeMs
    const sizeBytes = eventOverheadBytes + (event.value?.byteLength ?? 0)
    segment.sizeBytes += sizeBytes
    this.#historyBytes += sizeBytes
    this.#revision = event.revision
  }

  /** A view of one revision (default: the newest); constant time, plus the replay of at most 63 changes. */
  snapshot(revision = this.#revision): Snapshot {
    const map = revision === this.#revision ? this.#map.snapshot() : this.#mapAt(revision)
    return { revision, get: (key) => map.get(key), list: (prefix, options) => listOf(map, revision, prefix, options) }
  }

  /** The entry at a kept revision. */
  getAt(key: string, revision: number): Entry | undefined {
    return (revision === this.#revision ? this.#map : this.#mapAt(revision)).get(key)
  }

  /** Entries under a prefix at one revision (default: the newest). */
  list(prefix: string, options?: { revision?: number; start?: string; limit?: number }): ListResult {
    const revision = options?.revision ?? this.#revision
    const map = revision === this.#revision ? this.#map : this.#mapAt(revision)
    return listOf(map, revision, prefix, options)
  }

  /** Up to `limit` changes after `afterRevision`, in order. */
  eventsAfter(afterRevision: number, limit: number): StorageEvent[] {
    this.#check(afterRevision)
    const out: StorageEvent[] = []
    let from = afterRevision
    for (let at = this.#segmentIndex(afterRevision + 1); at < this.#segments.length && out.length < limit; at++) {
      const segment = this.#segments[at]!
      const events = segment.events.slice(from - segment.after, from - segment.after + limit - out.length)
      out.push(...events)
      from += events.length
    }
    return out
  }

  /** An independent copy which shares everything with this one: O(number of segments), no entry is copied. */
  fork(): Mvcc {
    const copy = new Mvcc(this.#revision, this.#map.snapshot())
    copy.#segments = this.#segments.slice()
    const last = this.#segments.at(-1)!
    copy.#segments[copy.#segments.length - 1] = { ...last, events: last.events.slice() }
    copy.#compactRevision = this.#compactRevision
    copy.#historyBytes = this.#historyBytes
    return copy
  }

  /** The revision up to which the limits let history be forgotten; the compact revision itself when there is nothing to do. */
  compactable(limits: HistoryLimits, nowMs?: number): number {
    let bytes = this.#historyBytes
    let target = this.#compactRevision
    for (let at = 0; at < this.#segments.length - 1; at++) {
      const segment = this.#segments[at]!
      const end = this.#segments[at + 1]!.after
      const old = nowMs !== undefined && segment.timeMs !== undefined && nowMs - segment.timeMs > limits.keepMs
      if (!old && bytes <= limits.maxBytes && this.#revision - segment.after <= limits.maxRevisions) break
      bytes -= segment.sizeBytes
      target = Math.max(target, end)
    }
    return target
  }

  /** From now on revisions older than `revision` are refused. Memory is freed by {@link Mvcc.dropSegment}. */
  setCompactRevision(revision: number): void {
    this.#compactRevision = Math.max(this.#compactRevision, Math.min(revision, this.#revision))
    for (const cached of this.#cache.keys()) if (cached < this.#compactRevision) this.#cache.delete(cached)
  }

  /** Frees the oldest segment if it is wholly compacted and returns its changes, else undefined. One small step, so that nobody waits. */
  dropSegment(): readonly StorageEvent[] | undefined {
    const first = this.#segments[0]!
    const end = first.after + first.events.length
    if (end > this.#compactRevision || first.events.length === 0) return undefined
    if (this.#segments.length === 1) {
      this.#segments.push({ map: this.#map.snapshot(), after: this.#revision, events: [], sizeBytes: 0, timeMs: undefined })
    }
    this.#segments.shift()
    this.#historyBytes -= first.sizeBytes
    return first.events
  }

  #check(revision: number): void {
    if (revision < this.#compactRevision) throw new CompactedError(this.#compactRevision)
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
  }

  /** Index of the last segment that starts before `revision`. */
  #segmentIndex(revision: number): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#segments[middle]!.after < revision) low = middle
      else high = middle - 1
    }
    return low
  }

  #mapAt(revision: number): OrderedMap<Entry> {
    this.#check(revision)
    const known = this.#cache.get(revision)
    if (known) return known
    const segment = this.#segments[this.#segmentIndex(revision)]!
    const map = segment.map.snapshot()
    for (const event of segment.events) {
      if (event.revision > revision) break
      applyTo(map, event)
    }
    if (this.#cache.size >= cachedSnapshots) this.#cache.delete(this.#cache.keys().next().value!)
    this.#cache.set(revision, map)
    return map
  }
}

/** The entry which a change leaves behind; undefined for a delete. */
export function entryAfter(event: StorageEvent): Entry | undefined {
  if (event.value === undefined) return undefined
  const createRevision = event.previous?.createRevision ?? event.revision
  return { key: event.key, value: event.value, createRevision, modRevision: event.revision }
}

function applyTo(map: OrderedMap<Entry>, event: StorageEvent): void {
  const entry = entryAfter(event)
  if (entry) map.set(event.key, entry)
  else map.delete(event.key)
}

function listOf(map: OrderedMap<Entry>, revision: number, prefix: string, options?: { start?: string; limit?: number }): ListResult {
  const end = prefixEnd(prefix)
  const start = options?.start !== undefined && options.start > prefix ? options.start : prefix
  const entries = map.range(start, end, options?.limit || Number.POSITIVE_INFINITY)
  if (!options?.limit || entries.length < options.limit) return { entries, revision }
  // Like etcd, continue right after the last key, so that a continuation on newer data misses nothing in between.
  const next = `${entries.at(-1)!.key}\0`
  const remaining = (end === undefined ? map.size : map.countBefore(end)) - map.countBefore(next)
  return remaining > 0 ? { entries, revision, more: { remaining, next } } : { entries, revision }
}

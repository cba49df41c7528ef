// The embedded store: decides writes in memory, makes them durable through the log, and only then shows them to anybody.
import type { Clock } from '../../apimachinery/clock.ts'
import {
  type Entry,
  FutureRevisionError,
  type ListResult,
  type Storage,
  type StorageBatch,
  type StorageEvent,
  UnavailableError,
  type WatchOptions,
  type WriteResult,
} from '../storage.ts'
import { type Log, openLog } from './log.ts'
import { entryAfter, type HistoryLimits, Mvcc, type Snapshot } from './mvcc.ts'
import { changeOf, Restore } from './restore.ts'
import { WatchHub, type WatchLimits } from './watch-hub.ts'

/** Where and how to open. */
export interface EmbeddedOptions {
  /** The data directory; undefined keeps everything in memory only. */
  path: string | undefined
  /** Tells the age of history. Without it history is bounded by number and size only. */
  clock?: Pick<Clock, 'now'>
  /** Default: everything of the last 5 minutes, at most 100,000 revisions and 256 MiB. */
  history?: Partial<HistoryLimits>
  /** Default: 1,000 events and 16 MiB per watcher; one who has more to read is fed from history. */
  watch?: Partial<WatchLimits>
  /** Writes that may wait for the disk; more are refused with UnavailableError. Default: 20,000 and 256 MiB. */
  pending?: { writes?: number; bytes?: number }
}

/** The embedded store's extras: time travel. */
export interface EmbeddedStorage extends Storage {
  /** A read-only view of a kept revision (default: the newest durable one), in constant time. */
  snapshot(revision?: number): Snapshot
  /** An independent store in memory that starts with this one's state and history and shares its structure. */
  fork(): EmbeddedStorage
}

/** Compaction runs when it frees at least this many revisions. */
const compactionStep = 1024
/** Records deleted per transaction: short enough for writers not to notice. */
const garbageSlice = 512

const defaultHistory: HistoryLimits = { keepMs: 300_000, maxRevisions: 100_000, maxBytes: 256 << 20 }
const defaultWatch: WatchLimits = { queueEvents: 1000, queueBytes: 16 << 20 }
const defaultPending = { writes: 20_000, bytes: 256 << 20 }

/** Opens the store. Rejects with UnavailableError when the directory is in use by another process, unreadable or damaged. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedStorage> {
  if (options.path === undefined) return new Embedded(new Mvcc(1), options, undefined, [])
  let restore = new Restore(1)
  let store: Embedded | undefined
  const timeMs = options.clock?.now()
  const log = await openLog(options.path, {
    opened: (compactRevision) => (restore = new Restore(compactRevision)),
    record: (record) => restore.add(record, timeMs),
    committed: (revision) => store?.committed(revision),
    failed: (error) => store?.failed(error),
  })
  const { mvcc, garbage } = restore.finish()
  store = new Embedded(mvcc, options, log, garbage)
  return store
}

/** A decided write, or a refusal (no event) that rests on one, waiting for the disk. */
interface Waiting {
  revision: number
  event: StorageEvent | undefined
  result: WriteResult
  resolve(result: WriteResult): void
  reject(error: Error): void
}

class Embedded implements EmbeddedStorage {
  readonly #mvcc: Mvcc
  readonly #hub: WatchHub
  readonly #log: Log | undefined
  readonly #options: EmbeddedOptions
  readonly #history: HistoryLimits
  readonly #maxPending: { writes: number; bytes: number }
  #waiting: Waiting[] = []
  /** The newest undurable change of each key: later writes are decided against it. */
  readonly #undurable = new Map<string, StorageEvent>()
  #pendingBytes = 0
  #headRevision: number
  #error: UnavailableError | undefined
  #compaction: Promise<void> | undefined
  /** Records to delete from the log, in order. */
  #garbage: number[]

  constructor(mvcc: Mvcc, options: EmbeddedOptions, log: Log | undefined, garbage: number[]) {
    this.#mvcc = mvcc
    this.#options = options
    this.#log = log
    this.#garbage = garbage
    this.#headRevision = mvcc.revision
    this.#history = { ...defaultHistory, ...options.history }
    this.#maxPending = { ...defaultPending, ...options.pending }
    this.#hub = new WatchHub(mvcc, { ...defaultWatch, ...options.watch })
  }

  async get(key: string, options?: { revision?: number }): Promise<{ entry: Entry | undefined; revision: number }> {
    this.#assertUsable()
    const revision = options?.revision ?? this.#mvcc.revision
    return { entry: this.#mvcc.getAt(key, revision), revision }
  }

  async list(prefix: string, options?: { revision?: number; start?: string; limit?: number }): Promise<ListResult> {
    this.#assertUsable()
    return this.#mvcc.list(prefix, options)
  }

  create(key: string, value: Uint8Array): Promise<WriteResult> {
    return this.#write(key, value, undefined)
  }

  update(key: string, value: Uint8Array, expectedRevision: number): Promise<WriteResult> {
    return this.#write(key, value, expectedRevision)
  }

  delete(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#write(key, undefined, expectedRevision)
  }

  watch(options: WatchOptions): AsyncIterable<StorageBatch> {
    return this.#hub.watch(options)
  }

  async currentRevision(): Promise<number> {
    this.#assertUsable()
    return this.#mvcc.revision
  }

  async compact(revision: number): Promise<void> {
    this.#assertUsable()
    if (revision > this.#mvcc.revision) throw new FutureRevisionError(this.#mvcc.revision)
    await this.#compact(revision)
  }

  async close(): Promise<void> {
    const open = this.#error === undefined
    this.#error ??= new UnavailableError('storage: closed')
    await this.#log?.close()
    if (!open) return
    this.#hub.fail(this.#error)
    this.#rejectWaiting(this.#error)
  }

  snapshot(revision?: number): Snapshot {
    return this.#mvcc.snapshot(revision)
  }

  fork(): EmbeddedStorage {
    return new Embedded(this.#mvcc.fork(), { ...this.#options, path: undefined }, undefined, [])
  }

  /** The log has everything up to `revision`: show it, then answer. */
  committed(revision: number): void {
    let count = 0
    while (count < this.#waiting.length && this.#waiting[count]!.revision <= revision) count++
    const settled = this.#waiting.splice(0, count)
    this.#show(settled.flatMap(({ event }) => event ?? []))
    for (const { resolve, result } of settled) resolve(result)
    this.#compactIfDue()
  }

  /** The log is broken: nobody knows what became of the writes in flight, and there will be no others. */
  failed(error: UnavailableError): void {
    this.#error ??= error
    this.#rejectWaiting(error)
    this.#hub.fail(error)
  }

  #write(key: string, value: Uint8Array | undefined, expected: number | undefined): Promise<WriteResult> {
    if (this.#error) return Promise.reject(this.#error)
    const undurable = this.#undurable.get(key)
    const current = undurable ? entryAfter(undurable) : this.#mvcc.get(key)
    if (current?.modRevision !== expected) {
      const refusal: WriteResult = { ok: false, current }
      // What refuses it must be durable before anybody hears of it.
      return undurable ? this.#wait(this.#headRevision, undefined, refusal) : Promise.resolve(refusal)
    }
    if (this.#waiting.length >= this.#maxPending.writes || this.#pendingBytes > this.#maxPending.bytes) {
      return Promise.reject(new UnavailableError('storage: too many writes are waiting for the disk'))
    }
    const revision = ++this.#headRevision
    const event = changeOf(key, revision, value, current)
    if (!this.#log) {
      this.#show([event])
      this.#compactIfDue()
      return Promise.resolve({ ok: true, revision })
    }
    this.#undurable.set(key, event)
    this.#pendingBytes += value?.byteLength ?? 0
    this.#log.append(event)
    return this.#wait(revision, event, { ok: true, revision })
  }

  #wait(revision: number, event: StorageEvent | undefined, result: WriteResult): Promise<WriteResult> {
    return new Promise((resolve, reject) => this.#waiting.push({ revision, event, result, resolve, reject }))
  }

  #show(events: StorageEvent[]): void {
    const timeMs = this.#options.clock?.now()
    for (const event of events) {
      this.#mvcc.apply(event, timeMs)
      if (this.#log) this.#pendingBytes -= event.value?.byteLength ?? 0
      if (this.#undurable.get(event.key) === event) this.#undurable.delete(event.key)
    }
    this.#hub.publish(events)
  }

  #compactIfDue(): void {
    if (this.#compaction || this.#error) return
    const revision = this.#mvcc.compactable(this.#history, this.#options.clock?.now())
    if (revision - this.#mvcc.compactRevision >= compactionStep) this.#compact(revision).catch(() => undefined)
  }

  #compact(revision: number): Promise<void> {
    this.#mvcc.setCompactRevision(revision)
    this.#compaction ??= this.#forget().finally(() => (this.#compaction = undefined))
    return this.#compaction
  }

  /** Forgets slice by slice; between two slices writers get their turn. */
  async #forget(): Promise<void> {
    for (let more = true; more; ) {
      // A slice outgrows the group it is committed with, or a busy store would never catch up.
      const size = Math.max(garbageSlice, this.#waiting.length)
      more = this.#collectGarbage(size)
      const revision = this.#mvcc.compactRevision
      const slice = Float64Array.from(this.#garbage.splice(0, size))
      if (this.#log) await this.#log.compact(revision, slice)
      more ||= this.#garbage.length > 0 || revision < this.#mvcc.compactRevision
    }
  }

  /** Drops compacted segments until `size` records wait for deletion; tells whether there may be more. */
  #collectGarbage(size: number): boolean {
    while (this.#garbage.length < size) {
      const events = this.#mvcc.dropSegment()
      if (!events) return false
      if (this.#log) for (const event of events) this.#garbage.push(...supersededBy(event))
    }
    return true
  }

  #rejectWaiting(error: UnavailableError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
    this.#undurable.clear()
  }

  #assertUsable(): void {
    if (this.#error) throw this.#error
  }
}

/** Revisions of the records that nobody can read once `event` is compacted: what it replaced, then, for a delete, itself. */
function supersededBy(event: StorageEvent): number[] {
  const revisions = event.previous ? [event.previous.modRevision] : []
  if (event.type === 'delete') revisions.push(event.revision)
  return revisions
}

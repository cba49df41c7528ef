// The narrow waist: nine methods on bytes. No objects, no selectors below this line.
// An expected "no" is a value; only the error classes at the end of this file are thrown. Revisions are one counter for the whole store.

/** A stored value with the revisions of its creation and last change. */
export interface Entry {
  key: string
  value: Uint8Array
  createRevision: number
  modRevision: number
}

/** A change, as watchers see it. `previous` is the value before it (absent for a creation). */
export interface StorageEvent {
  type: 'put' | 'delete'
  key: string
  /** The revision of this change; for a delete it is newer than `previous.modRevision`. */
  revision: number
  /** The new value; absent for a delete. */
  value?: Uint8Array
  previous?: Entry
}

/** Outcome of a write. `current` is what is stored instead (undefined: nothing). */
export type WriteResult = { ok: true; revision: number } | { ok: false; current: Entry | undefined }

export interface ListResult {
  entries: Entry[]
  /** The revision the list is of. */
  revision: number
  /** Present when `limit` cut the list: keys left, and the key to continue at. */
  more?: { remaining: number; next: string }
}

/** Changes that became durable together, in revision order; one revision is never split over two batches. */
export type StorageBatch = readonly StorageEvent[]

export interface WatchOptions {
  prefix: string
  /** Deliver every change with a revision greater than this. */
  afterRevision: number
  signal: AbortSignal
}

export interface Storage {
  /** The entry, at `revision` when given (CompactedError if no longer kept). */
  get(key: string, options?: { revision?: number }): Promise<{ entry: Entry | undefined; revision: number }>
  /** Entries under `prefix` in key order, from `start` (inclusive, default: prefix), at one revision. */
  list(prefix: string, options?: { revision?: number; start?: string; limit?: number }): Promise<ListResult>
  /** Durable when it resolves. Refused when the key exists. */
  create(key: string, value: Uint8Array): Promise<WriteResult>
  /** Durable when it resolves. Refused unless the entry's modRevision equals `expectedRevision`. */
  update(key: string, value: Uint8Array, expectedRevision: number): Promise<WriteResult>
  /** Durable when it resolves. Refused unless the entry's modRevision equals `expectedRevision`. */
  delete(key: string, expectedRevision: number): Promise<WriteResult>
  /** Ordered, gap-free, resumable. Throws CompactedError when `afterRevision` is no longer kept. A consumer that falls too far behind gets a SlowConsumerError. */
  watch(options: WatchOptions): AsyncIterable<StorageBatch>
  /** The newest durable revision. */
  currentRevision(): Promise<number>
  /** Forgets history before `revision`; never stalls writers. */
  compact(revision: number): Promise<void>
  close(): Promise<void>
}

/** The asked revision is older than what is kept. `compactRevision` is the oldest kept one. */
export class CompactedError extends Error {
  readonly compactRevision: number
  constructor(compactRevision: number) {
    super(`required revision has been compacted, oldest kept revision is ${compactRevision}`)
    this.name = 'CompactedError'
    this.compactRevision = compactRevision
  }
}

/** A read asked for a revision that does not exist yet. A watch waits instead; a caller who wants to wait asks for `currentRevision`. */
export class FutureRevisionError extends Error {
  readonly currentRevision: number
  constructor(currentRevision: number) {
    super(`required revision is a future revision, current revision is ${currentRevision}`)
    this.name = 'FutureRevisionError'
    this.currentRevision = currentRevision
  }
}

/** The store cannot answer now (closing, disk error, no quorum). Nothing is known about an unacknowledged write. */
export class UnavailableError extends Error {
  override name = 'UnavailableError'
}

/** A watch consumer fell behind its bounded queue and was cut off; it may resume from its last revision. */
export class SlowConsumerError extends Error {
  override name = 'SlowConsumerError'
}

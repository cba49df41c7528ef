// One watch: first the present state or the history asked for, then the bucket's changes as they come, at the reader's pace.
// Its queue is the bucket's history: who falls behind further than that is ended cleanly and resumes from its last resourceVersion.
import { ApiError } from '../apimachinery/api-error.ts'
import type { Timer } from '../apimachinery/clock.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { StorageEvent } from '../storage/storage.ts'
import { CompactedError, SlowConsumerError } from '../storage/storage.ts'
import { breathe } from './breathe.ts'
import type { Bucket } from './bucket.ts'
import type { Entry } from './codec.ts'
import { makeEntry, objectOf } from './codec.ts'
import type { ServerContext } from './context.ts'
import type { CacheEvent } from './history.ts'
import { entriesOf, prepareEntries, prepareEvents } from './prepare-entries.ts'
import type { Selection } from './selection.ts'
import type { FrameForm } from './watch-frames.ts'
import { bookmarkFrame, entryFrame, errorFrame, eventFrame, eventType } from './watch-frames.ts'

/** Where frames go: a chunked response or a WebSocket. */
export interface FrameSink {
  /** False: wait for `drained` before the next. */
  write: (frames: Buffer[]) => boolean
  drained: () => Promise<void>
  end: () => void
}

export interface WatchPlan {
  server: ServerContext
  bucket: Bucket
  prefix: string
  selection: Selection
  form: FrameForm
  /** Objects to send as ADDED first. */
  initial?: readonly Entry[]
  /** Events after this revision follow. */
  afterRevision: number
  bookmarks: boolean
  /** A bookmark with the annotation ends the initial events. */
  markInitialEnd: boolean
  timeoutMs: number
  /** Called when the state or the history asked for has been sent. */
  initialized?: () => void
  /** Aborts when the client has gone. */
  signal: AbortSignal
}

const chunkBytes = 256 * 1024
/** So many objects are looked at between two looks at the time: a selector can have thousands of terms. */
const between = 16
const bookmarkMs = 60_000
/** The last bookmark comes this long before the timeout. */
const lastBookmarkMs = 2_000

export class WatchSession {
  readonly #plan: WatchPlan
  readonly #sink: FrameSink
  readonly #timers: Timer[] = []
  readonly #ended = new AbortController()
  #position = 0
  /** Revision of the newest event sent or skipped. */
  #revision: number
  #columnsSent = false
  /** Events before this position can be shown at once. */
  #prepared = Number.POSITIVE_INFINITY
  #bookmarkDue = false
  #wake: (() => void) | undefined

  constructor(plan: WatchPlan, sink: FrameSink) {
    this.#plan = plan
    this.#sink = sink
    this.#revision = plan.afterRevision
  }

  /** Resolves when the watch is over; never rejects for what a client or storage does. */
  async run(): Promise<void> {
    const { bucket, signal, server } = this.#plan
    const stop = () => this.#stop()
    bucket.watchers.add(this.#notify)
    signal.addEventListener('abort', stop, { once: true })
    server.signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted || server.signal.aborted) this.#stop()
    this.#startTimers()
    try {
      await this.#serve()
    } finally {
      bucket.watchers.delete(this.#notify)
      signal.removeEventListener('abort', stop)
      server.signal.removeEventListener('abort', stop)
      for (const timer of this.#timers) timer.cancel()
      this.#sink.end()
    }
  }

  get #over(): boolean {
    return this.#ended.signal.aborted
  }

  #stop(): void {
    this.#ended.abort()
    this.#notify()
  }

  #notify = (): void => {
    this.#wake?.()
    this.#wake = undefined
  }

  #startTimers(): void {
    const { clock } = this.#plan.server
    const { timeoutMs, bookmarks } = this.#plan
    this.#timers.push(clock.after(timeoutMs, () => this.#stop()))
    if (!bookmarks) return
    const due = () => {
      this.#bookmarkDue = true
      this.#notify()
    }
    if (timeoutMs > lastBookmarkMs) this.#timers.push(clock.after(timeoutMs - lastBookmarkMs, due))
    const each = (): void => {
      due()
      this.#timers[repeating] = clock.after(bookmarkMs, each)
    }
    const repeating = this.#timers.length
    this.#timers.push(clock.after(bookmarkMs, each))
  }

  async #serve(): Promise<void> {
    const { initial, bucket } = this.#plan
    try {
      if (initial !== undefined) {
        this.#position = bucket.history.positionAfter(this.#revision)
        await this.#sendInitial(initial)
      } else if (this.#revision < bucket.history.oldestRevision) {
        await this.#replay()
      } else {
        this.#position = bucket.history.positionAfter(this.#revision)
      }
      this.#plan.initialized?.()
      await this.#follow()
    } catch (error) {
      if (this.#over || error instanceof SlowConsumerError) return
      if (!(error instanceof CompactedError || error instanceof ApiError))
        this.#plan.server.log.error({ err: error }, 'Watch failed unexpectedly')
      const status =
        error instanceof CompactedError
          ? tooOld(this.#plan.afterRevision, error.compactRevision)
          : error instanceof ApiError
            ? error
            : internalError(error)
      this.#sink.write([errorFrame(status.toStatus(), this.#plan.form.view)])
    }
  }

  async #sendInitial(initial: readonly Entry[]): Promise<void> {
    const { selection, form, markInitialEnd } = this.#plan
    const kind = form.resolved.kind
    let frames: Buffer[] = []
    let size = 0
    for (const [index, entry] of initial.entries()) {
      if (index % between === 0) {
        await breathe()
        if (kind.convert !== undefined) await prepareEntries(form.resolved, initial.slice(index, index + between))
      }
      if (!selection.all && !selection.matches(objectOf(kind, entry))) continue
      const frame = entryFrame('ADDED', entry, form, this.#firstColumns())
      frames.push(frame)
      size += frame.length
      if (size < chunkBytes) continue
      await this.#send(frames)
      if (this.#over) return
      frames = []
      size = 0
    }
    if (markInitialEnd) frames.push(bookmarkFrame(this.#plan.afterRevision, true, form, this.#firstColumns()))
    if (frames.length > 0) await this.#send(frames)
  }

  /** Reads what the ring no longer holds from storage's own history, then changes over to the ring. */
  async #replay(): Promise<void> {
    const { server, bucket, prefix } = this.#plan
    const { history } = bucket
    for await (const batch of server.storage.watch({ prefix, afterRevision: this.#revision, signal: this.#ended.signal })) {
      const frames: Buffer[] = []
      for (const stored of batch) {
        if (stored.revision > history.oldestRevision) {
          if (frames.length > 0) await this.#send(frames)
          this.#position = history.positionAfter(this.#revision)
          return
        }
        const event = cacheEvent(stored)
        await prepareEntries(this.#plan.form.resolved, entriesOf(event))
        const frame = this.#frameOf(event)
        if (frame !== undefined) frames.push(frame)
        this.#revision = stored.revision
      }
      if (frames.length > 0) await this.#send(frames)
    }
  }

  async #follow(): Promise<void> {
    const { history } = this.#plan.bucket
    const converts = this.#plan.form.resolved.kind.convert !== undefined
    while (!this.#over) {
      if (converts) await this.#prepareNext()
      const frames = this.#gather()
      if (frames === undefined) return
      if (frames.length > 0) {
        await this.#send(frames)
      } else if (this.#bookmarkDue) {
        this.#bookmarkDue = false
        if (this.#revision > this.#plan.server.cache.revision) continue // begun at a future revision
        this.#revision = Math.max(this.#revision, this.#plan.server.cache.revision)
        await this.#send([bookmarkFrame(this.#revision, false, this.#plan.form, this.#firstColumns())])
      } else if (this.#position === history.end) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          if (this.#over || this.#position < history.end) this.#notify()
        })
      }
    }
  }

  /** Frames of the next events, up to a chunk; undefined when the ring has passed this watcher by. */
  #gather(): Buffer[] | undefined {
    const { history } = this.#plan.bucket
    if (this.#position < history.start) return undefined
    const frames: Buffer[] = []
    let size = 0
    while (size < chunkBytes && this.#position < this.#prepared) {
      const event = history.at(this.#position)
      if (event === undefined) break
      this.#position++
      if (event.revision <= this.#revision) continue
      this.#revision = event.revision
      const frame = this.#frameOf(event)
      if (frame === undefined) continue
      frames.push(frame)
      size += frame.length
    }
    return frames
  }

  /** Events of which a webhook must convert something: a few at a time. */
  async #prepareNext(): Promise<void> {
    const { bucket, form } = this.#plan
    this.#prepared = await prepareEvents(form.resolved, bucket.history, this.#position, between)
  }

  #frameOf(event: CacheEvent): Buffer | undefined {
    const { prefix, selection, form } = this.#plan
    if (!event.entry.key.startsWith(prefix)) return undefined
    const type = eventType(event, selection, this.#objectOf)
    if (type === undefined) return undefined
    if (this.#firstColumns()) return entryFrame(type, leftEntry(event, type), form, true)
    return eventFrame(event, type, form)
  }

  #objectOf = (entry: Entry): KubeObject => objectOf(this.#plan.form.resolved.kind, entry)

  /** True once, for a Table watch: its first event names the columns. */
  #firstColumns(): boolean {
    if (this.#columnsSent || this.#plan.form.view.as !== 'Table') return false
    this.#columnsSent = true
    return true
  }

  async #send(frames: Buffer[]): Promise<void> {
    if (!this.#over && !this.#sink.write(frames)) await this.#sink.drained()
  }
}

function leftEntry(event: CacheEvent, type: string): Entry {
  const left = type === 'DELETED' && event.type === 'put'
  return left ? makeEntry(event.entry.key, event.previous!.value, event.revision) : event.entry
}

function cacheEvent({ type, key, revision, value, previous }: StorageEvent): CacheEvent {
  const before = previous === undefined ? undefined : makeEntry(key, previous.value, previous.modRevision)
  return { type, revision, entry: makeEntry(key, value ?? previous?.value ?? new Uint8Array(), revision), previous: before }
}

/** 410 Expired, as the event that ends a watch from a forgotten revision (wire.md 7). */
export function tooOld(revision: number, oldest: number): ApiError {
  return new ApiError('Expired', `too old resource version: ${revision} (${oldest})`)
}

function internalError(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error)
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } })
}

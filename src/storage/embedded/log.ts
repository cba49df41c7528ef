// The durable log as the store sees it: hands decided changes to the log thread and hears when they are on disk.
import { Worker } from 'node:worker_threads'
import { type StorageEvent, UnavailableError } from '../storage.ts'
import { decodeRecords, encodeRecords, type LogRecord, type LogReply, type LogRequest, recordOf } from './log-format.ts'

/** What the log tells its store. */
export interface LogListener {
  /** Once, before the first record. */
  opened(compactRevision: number): void
  /** Every kept record at opening, in revision order. The value is a view of a larger buffer. */
  record(record: LogRecord): void
  /** All changes up to this revision are on disk. */
  committed(revision: number): void
  /** The log is broken; nothing more will be committed. */
  failed(error: UnavailableError): void
}

/** An open log. */
export interface Log {
  /** Takes decided changes in revision order; those of one turn of the event loop travel together. */
  append(event: StorageEvent): void
  /** Deletes one slice of superseded records; resolves when that is on disk. */
  compact(revision: number, garbage: Float64Array<ArrayBuffer>): Promise<void>
  /** Commits what was appended, then releases the directory. */
  close(): Promise<void>
}

/** Opens (creates) the log in `directory` and replays it into `listener`. Rejects when it is in use or unreadable. */
export function openLog(directory: string, listener: LogListener): Promise<Log> {
  const { promise, resolve, reject } = Promise.withResolvers<Log>()
  const worker = new Worker(workerFile(), { workerData: { directory }, execArgv: [], stdin: false })
  const log = new WorkerLog(worker)
  const fail = (message: string) => {
    const error = new UnavailableError(`storage: ${message}`)
    reject(error)
    if (log.fail(error)) listener.failed(error)
  }
  worker.on('error', (error) => fail(messageOf(error)))
  worker.on('exit', () => fail('the log thread ended'))
  worker.on('messageerror', (error) => fail(messageOf(error)))
  const hear = (message: LogReply) => {
    if (message.kind === 'opened') listener.opened(message.compactRevision)
    else if (message.kind === 'rows') for (const record of decodeRecords(message.records)) listener.record(record)
    else if (message.kind === 'ready') {
      log.settled(0)
      resolve(log)
    } else if (message.kind === 'committed') {
      log.settled(message.revision)
      listener.committed(message.revision)
    } else if (message.kind === 'compacted') log.compacted()
    else if (message.kind === 'closed') log.closed()
    else fail(message.message)
  }
  worker.on('message', (message: LogReply) => {
    try {
      hear(message)
    } catch (error) {
      fail(messageOf(error))
      void worker.terminate()
    }
  })
  return promise
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Beside this file: TypeScript in the source tree, JavaScript in the package. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './log-worker.ts' : './log-worker.js', import.meta.url)
}

class WorkerLog implements Log {
  readonly #worker: Worker
  #batch: LogRecord[] = []
  #lastRevision = 0
  #compaction: PromiseWithResolvers<void> | undefined
  #closing: PromiseWithResolvers<void> | undefined
  #ended = false

  constructor(worker: Worker) {
    this.#worker = worker
  }

  append(event: StorageEvent): void {
    if (this.#batch.length === 0) {
      setImmediate(() => this.#flush())
      this.#worker.ref()
    }
    this.#batch.push(recordOf(event))
    this.#lastRevision = event.revision
  }

  compact(revision: number, garbage: Float64Array<ArrayBuffer>): Promise<void> {
    if (this.#ended || this.#closing) return Promise.resolve()
    this.#compaction = Promise.withResolvers()
    this.#post({ kind: 'compact', revision, garbage }, garbage.buffer)
    return this.#compaction.promise
  }

  close(): Promise<void> {
    if (this.#ended) return Promise.resolve()
    if (!this.#closing) {
      this.#closing = Promise.withResolvers()
      this.#flush()
      this.#worker.ref()
      this.#post({ kind: 'close' })
    }
    return this.#closing.promise
  }

  /** A committed revision arrived: an idle log does not keep the process alive. */
  settled(revision: number): void {
    if (revision === this.#lastRevision && !this.#closing) this.#worker.unref()
  }

  compacted(): void {
    this.#compaction?.resolve()
  }

  closed(): void {
    this.#ended = true
    this.#compaction?.resolve()
    this.#closing?.resolve()
  }

  /** Returns false when the log had ended before, in order or not. */
  fail(error: UnavailableError): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#compaction?.reject(error)
    this.#closing?.resolve()
    return true
  }

  #flush(): void {
    if (this.#batch.length === 0 || this.#ended) return
    const records = encodeRecords(this.#batch)
    this.#batch = []
    this.#post({ kind: 'append', records }, records.buffer)
  }

  #post(request: LogRequest, transfer?: ArrayBuffer): void {
    this.#worker.postMessage(request, transfer ? [transfer] : [])
  }
}

// Rebuilds the versions from the log's records: the state at the compact revision first, then history on top. Pure.
import type { Entry, StorageEvent } from '../storage.ts'
import type { LogRecord } from './log-format.ts'
import { Mvcc } from './mvcc.ts'
import { OrderedMap } from './ordered-map.ts'

/** Takes records in revision order; `finish` gives the versions, and the records that a cut-off compaction left behind. */
export class Restore {
  readonly #compactRevision: number
  readonly #base = new OrderedMap<Entry>()
  readonly #garbage: number[] = []
  #mvcc: Mvcc | undefined

  constructor(compactRevision: number) {
    this.#compactRevision = compactRevision
  }

  /** Throws when a revision is missing: then the log was damaged, and serving from it would be lying. */
  add(record: LogRecord, timeMs: number | undefined): void {
    // A copy: a view would keep the whole chunk alive for as long as one small object lives.
    const value = record.value && new Uint8Array(record.value)
    if (record.revision <= this.#compactRevision) this.#addToBase(record, value)
    else this.#addToHistory(record, value, timeMs)
  }

  finish(): { mvcc: Mvcc; garbage: number[] } {
    return { mvcc: this.#versions(), garbage: this.#garbage }
  }

  /** Garbage is collected in the order in which a compaction deletes it: a tombstone after all it covers. */
  #addToBase({ key, revision, createRevision }: LogRecord, value: Uint8Array | undefined): void {
    const older = this.#base.get(key)
    if (older) this.#garbage.push(older.modRevision)
    if (value) this.#base.set(key, { key, value, createRevision, modRevision: revision })
    else {
      this.#base.delete(key)
      this.#garbage.push(revision)
    }
  }

  #addToHistory({ key, revision }: LogRecord, value: Uint8Array | undefined, timeMs: number | undefined): void {
    const mvcc = this.#versions()
    if (revision !== mvcc.revision + 1) throw new Error(`the log is damaged: revision ${mvcc.revision + 1} is missing`)
    mvcc.apply(changeOf(key, revision, value, mvcc.get(key)), timeMs)
  }

  #versions(): Mvcc {
    this.#mvcc ??= new Mvcc(this.#compactRevision, this.#base)
    return this.#mvcc
  }
}

/** The event of writing (or, without a value, deleting) `key` when `previous` is stored. */
export function changeOf(key: string, revision: number, value: Uint8Array | undefined, previous: Entry | undefined): StorageEvent {
  const event: StorageEvent = { type: value ? 'put' : 'delete', key, revision }
  if (value) event.value = value
  if (previous) event.previous = previous
  return event
}

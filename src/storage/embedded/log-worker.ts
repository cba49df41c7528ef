// The log thread: one SQLite file, written in transactions that take in everything which arrived during the last fsync.
// It decides nothing; revisions and refusals are settled before a change gets here.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { decodeRecords, encodeRecords, type LogRecord, type LogReply, type LogRequest } from './log-format.ts'

const formatVersion = 1
const chunkBytes = 1 << 20
/** A transaction takes no more than this, so that the first writer in it does not wait for the last. */
const groupBytes = 16 << 20
const sparePages = 1024
const vacuumPages = 256

const port = parentPort!
const { directory } = workerData as { directory: string }

const schema = `
CREATE TABLE IF NOT EXISTS log (revision INTEGER PRIMARY KEY, create_revision INTEGER NOT NULL, key TEXT NOT NULL, value BLOB);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('format', ${formatVersion}), ('compactRevision', 1);`

function reply(message: LogReply, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** Creates the directory (0700) and the file (0600) when missing; SQLite gives its side files the same mode. */
function createFile(): string {
  if (mkdirSync(directory, { recursive: true, mode: 0o700 })) syncDirectory(dirname(directory))
  const path = join(directory, 'store.db')
  try {
    // An existing file must not be opened here: closing it would drop the lock that this process may hold on it (POSIX).
    closeSync(openSync(path, 'wx', 0o600))
    syncDirectory(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    chmodSync(path, 0o600)
  }
  return path
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function openDatabase(): DatabaseSync {
  const db = new DatabaseSync(createFile(), { timeout: 0 })
  try {
    // Exclusive: held for as long as the process lives, and released by the kernel even after SIGKILL.
    db.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;
      PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=2048; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8192;`)
    db.exec(`BEGIN EXCLUSIVE; ${schema} COMMIT`)
  } catch (error) {
    if (/locked|busy/.test(String(error))) throw new Error(`data directory ${directory} is in use by another process`)
    throw error
  }
  const version = meta(db, 'format')
  if (version !== formatVersion) throw new Error(`data directory ${directory} has format ${version}, this program knows ${formatVersion}`)
  return db
}

function meta(db: DatabaseSync, name: string): number {
  return db.prepare('SELECT value FROM meta WHERE name = ?').get(name)!['value'] as number
}

/** Sends all rows, in chunks, in revision order. */
function load(db: DatabaseSync): void {
  reply({ kind: 'opened', compactRevision: meta(db, 'compactRevision') })
  const select = db.prepare('SELECT revision, create_revision, key, value FROM log ORDER BY revision')
  select.setReturnArrays(true)
  let chunk: LogRecord[] = []
  let sizeBytes = 0
  const send = () => {
    const records = encodeRecords(chunk)
    reply({ kind: 'rows', records }, [records.buffer])
    chunk = []
    sizeBytes = 0
  }
  for (const row of select.iterate()) {
    const [revision, createRevision, key, value] = row as unknown as [number, number, string, Uint8Array | null]
    chunk.push({ revision, createRevision, key, value: value ?? undefined })
    sizeBytes += key.length + (value?.byteLength ?? 0)
    if (sizeBytes >= chunkBytes) send()
  }
  if (chunk.length > 0) send()
  reply({ kind: 'ready' })
}

interface Statements {
  insert: StatementSync
  remove: StatementSync
  setCompactRevision: StatementSync
}

/** Runs `first` and whatever else has arrived in one transaction, then answers all of it. Returns false after a `close`. */
function runGroup(db: DatabaseSync, statements: Statements, first: LogRequest): boolean {
  const replies: LogReply[] = []
  let revision = 0
  let sizeBytes = 0
  let open = true
  db.exec('BEGIN')
  for (let request: LogRequest | undefined = first; request; request = nextRequest(sizeBytes)) {
    if (request.kind === 'append') {
      revision = append(statements, request.records)
      sizeBytes += request.records.byteLength
    } else if (request.kind === 'compact') {
      compact(statements, request)
      replies.push({ kind: 'compacted' })
    } else {
      open = false
      break
    }
  }
  db.exec('COMMIT')
  if (revision > 0) reply({ kind: 'committed', revision })
  for (const message of replies) reply(message)
  if (replies.length > 0) returnFreePages(db)
  return open
}

function nextRequest(sizeBytes: number): LogRequest | undefined {
  return sizeBytes < groupBytes ? receiveMessageOnPort(port)?.message : undefined
}

function append({ insert }: Statements, records: Uint8Array<ArrayBuffer>): number {
  let revision = 0
  for (const record of decodeRecords(records)) {
    revision = record.revision
    insert.run(revision, record.createRevision, record.key, record.value ?? null)
  }
  return revision
}

function compact(statements: Statements, request: { revision: number; garbage: Float64Array }): void {
  statements.setCompactRevision.run(request.revision)
  for (const revision of request.garbage) statements.remove.run(revision)
}

/** The log refills its free pages; only when most of the file is empty is a slice of it given back. */
function returnFreePages(db: DatabaseSync): void {
  const free = db.prepare('PRAGMA freelist_count').get()!['freelist_count'] as number
  const pages = db.prepare('PRAGMA page_count').get()!['page_count'] as number
  if (free > sparePages && free > pages / 2) db.exec(`PRAGMA incremental_vacuum(${vacuumPages})`)
}

function start(): void {
  const db = openDatabase()
  load(db)
  const statements: Statements = {
    insert: db.prepare('INSERT INTO log (revision, create_revision, key, value) VALUES (?, ?, ?, ?)'),
    remove: db.prepare('DELETE FROM log WHERE revision = ?'),
    setCompactRevision: db.prepare("UPDATE meta SET value = ? WHERE name = 'compactRevision'"),
  }
  port.on('message', (request: LogRequest) => {
    try {
      if (runGroup(db, statements, request)) return
      db.close()
      reply({ kind: 'closed' })
    } catch (error) {
      // After a failed fsync nobody knows what is on disk: no retry, the store refuses all further writes.
      reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    }
    port.close()
  })
}

try {
  start()
} catch (error) {
  reply({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  port.close()
}

// The bytes that travel between the store and its log thread: one buffer holds many changes, so that a hop costs the same
// for one write and for a hundred. Pure.
import type { StorageEvent } from '../storage.ts'

/** One row of the log. */
export interface LogRecord {
  revision: number
  createRevision: number
  key: string
  /** Absent for a delete. */
  value: Uint8Array | undefined
}

/** Store → log thread. */
export type LogRequest =
  | { kind: 'append'; records: Uint8Array<ArrayBuffer> }
  | { kind: 'compact'; revision: number; garbage: Float64Array<ArrayBuffer> }
  | { kind: 'close' }

/** Log thread → store. First `opened`, then `rows` in revision order, then `ready`; the rest answers requests. */
export type LogReply =
  | { kind: 'opened'; compactRevision: number }
  | { kind: 'rows'; records: Uint8Array<ArrayBuffer> }
  | { kind: 'ready' }
  | { kind: 'committed'; revision: number }
  | { kind: 'compacted' }
  | { kind: 'failed'; message: string }
  | { kind: 'closed' }

/** revision, createRevision (float64), key length, value length + 1 or 0 for a delete (uint32). */
const headerBytes = 24

/** The record a change is kept as. */
export function recordOf(event: StorageEvent): LogRecord {
  const createRevision = event.previous?.createRevision ?? event.revision
  return { revision: event.revision, createRevision, key: event.key, value: event.value }
}

/** Packs records into one buffer of exactly their size, which may be transferred to another thread. */
export function encodeRecords(records: readonly LogRecord[]): Buffer<ArrayBuffer> {
  let sizeBytes = 0
  for (const record of records) sizeBytes += headerBytes + Buffer.byteLength(record.key) + (record.value?.byteLength ?? 0)
  const buffer = Buffer.allocUnsafeSlow(sizeBytes)
  let at = 0
  for (const { revision, createRevision, key, value } of records) {
    buffer.writeDoubleLE(revision, at)
    buffer.writeDoubleLE(createRevision, at + 8)
    const keyBytes = buffer.write(key, at + headerBytes)
    buffer.writeUInt32LE(keyBytes, at + 16)
    buffer.writeUInt32LE(value ? value.byteLength + 1 : 0, at + 20)
    at += headerBytes + keyBytes
    if (value) {
      buffer.set(value, at)
      at += value.byteLength
    }
  }
  return buffer
}

/** Unpacks a buffer of {@link encodeRecords}. Values are views of the buffer. */
export function* decodeRecords(bytes: Uint8Array<ArrayBuffer>): Generator<LogRecord> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < buffer.length; ) {
    const revision = buffer.readDoubleLE(at)
    const createRevision = buffer.readDoubleLE(at + 8)
    const keyEnd = at + headerBytes + buffer.readUInt32LE(at + 16)
    const valueBytes = buffer.readUInt32LE(at + 20) - 1
    const key = buffer.toString('utf8', at + headerBytes, keyEnd)
    at = keyEnd + Math.max(0, valueBytes)
    yield { revision, createRevision, key, value: valueBytes < 0 ? undefined : buffer.subarray(keyEnd, at) }
  }
}

// Small helpers to drive and read a storage in tests.
import assert from 'node:assert/strict'
import type { Storage, StorageEvent, WriteResult } from '../../src/storage/storage.ts'

/** UTF-8 bytes of a text. */
export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value)
}

/** The text of a value, undefined for none. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value)
}

/** The revision of a write that must have succeeded. */
export function expectOk(result: WriteResult): number {
  assert.ok(result.ok, 'the write was refused')
  return result.revision
}

/** The first `count` events of a watch. Fails when a batch is empty or splits the order. */
export async function collect(storage: Storage, prefix: string, afterRevision: number, count: number): Promise<StorageEvent[]> {
  const abort = new AbortController()
  const events: StorageEvent[] = []
  for await (const batch of storage.watch({ prefix, afterRevision, signal: abort.signal })) {
    assert.ok(batch.length > 0, 'an empty batch')
    events.push(...batch)
    if (events.length >= count) break
  }
  return events
}

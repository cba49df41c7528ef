// Decodes entries in short slices, so that the first look at many objects (after a start, by a selector) never stalls the event loop.
import type { Kind } from '../apimachinery/kind.ts'
import type { Entry } from './codec.ts'
import { objectOf } from './codec.ts'

const sliceMs = 5
const between = 16

/** Resolves when every entry is decoded. Entries that cannot be decoded are left: who needs them gets the error. */
export async function warm(kind: Kind, entries: Iterable<Entry>): Promise<void> {
  let began = performance.now()
  let count = 0
  for (const entry of entries) {
    if (entry.decoded?.by === kind) continue
    try {
      objectOf(kind, entry)
    } catch {
      continue
    }
    if (++count % between !== 0 || performance.now() - began < sliceMs) continue
    await new Promise((resolve) => setImmediate(resolve))
    began = performance.now()
  }
}

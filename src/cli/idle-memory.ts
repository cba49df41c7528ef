// Starting leaves garbage: parsed files, source texts, first lists. A process that then idles would hold it for hours, since V8 collects
// when memory is asked for. So it is collected once, soon after the start.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../apimachinery/clock.ts'

const settledMs = 1000
/** A larger heap is in use, and to collect it would stop the process for too long: 32 MiB take 50 ms. */
const maxHeapBytes = 48 << 20

/** Collects garbage once, when the start is over; nothing happens in a process that has filled its heap by then. */
export function releaseStartupMemory(clock: Clock): void {
  clock.after(settledMs, () => {
    if (process.memoryUsage().heapUsed < maxHeapBytes) collect()
  })
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void
  // code in the compile cache belongs to one set of flags: what is loaded later must find the same again
  setFlagsFromString('--no-expose-gc')
  // this kind also gives the empty pages back to the system
  gc({ type: 'major', flavor: 'last-resort' })
}

// Waiting for an API server that is starting beside us.
import { type Clock, sleep } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'

/** Resolves once /readyz answers; rejects when the signal aborts. */
export async function serverReady(client: Client, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let delayMs = 20; ; delayMs = Math.min(1000, delayMs * 1.3)) {
    try {
      await client.raw('GET', '/readyz', { signal })
      return
    } catch {
      await sleep(clock, delayMs, signal)
    }
  }
}

// Waits for what a cluster brings about in its own time.
import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is true; after ten seconds, or as long as is said, it fails with what was waited for. */
export async function eventually(ask: () => boolean | Promise<boolean>, what: string, patienceMs = 10_000): Promise<void> {
  const end = Date.now() + patienceMs
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`not within ${patienceMs / 1000} s: ${what}`)
    await delay(50)
  }
}

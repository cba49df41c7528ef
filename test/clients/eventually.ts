// Waits for what a cluster brings about in its own time.
import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is true; after ten seconds it fails with what was waited for. */
export async function eventually(ask: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`not within 10 s: ${what}`)
    await delay(50)
  }
}

// What the start of a process leaves is collected once, when the clock says that the start is over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseStartupMemory } from '../../src/cli/idle-memory.ts'

test('garbage is collected after the delay, once', async () => {
  const garbage = new WeakRef({ text: 'x'.repeat(1000) })
  const due: { delayMs: number; run: () => void }[] = []
  releaseStartupMemory({
    now: () => 0,
    after(delayMs, run) {
      due.push({ delayMs, run })
      return { cancel: () => {} }
    },
  })
  // a WeakRef holds its object until the job that made it ends
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(
    due.map(({ delayMs }) => delayMs),
    [1000],
  )
  due[0]!.run()
  assert.equal(garbage.deref(), undefined)
  assert.equal(due.length, 1)
})

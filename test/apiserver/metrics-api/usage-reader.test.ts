// Asking many kubelets: never too many at once, and none for ever.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pino } from 'pino'
import { type AskKubelet, usageReader } from '../../../src/apiserver/metrics-api/usage-reader.ts'
import { ManualClock, settle } from '../core/harness.ts'

const log = pino({ level: 'silent' })
const names = (count: number) => Array.from({ length: count }, (_, i) => `node-${i}`)

test('at most 32 kubelets are asked at once, and all are', async () => {
  let running = 0
  let most = 0
  const ask: AskKubelet = async () => {
    most = Math.max(most, ++running)
    await settle()
    running--
    return { node: undefined, pods: new Map() }
  }
  const usage = usageReader({ clock: new ManualClock(), log }, ask)
  const [first, second] = await Promise.all([usage(names(100)), usage(names(120))])
  assert.deepEqual([first.size, second.size, most], [100, 120, 32])
})

test('a kubelet that does not answer is given up after ten seconds', async () => {
  const clock = new ManualClock()
  const silent: AskKubelet = (_node, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  const usage = usageReader({ clock, log }, silent)
  let found: number | undefined
  void usage(['node-1']).then(({ size }) => (found = size))
  await clock.advance(9_999)
  assert.equal(found, undefined)
  await clock.advance(1)
  await settle()
  assert.equal(found, 0)
})

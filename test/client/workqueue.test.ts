import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffDelay } from '../../src/client/backoff.ts'
import { Workqueue } from '../../src/client/workqueue.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

test('a key that waits twice is taken once', async () => {
  const queue = new Workqueue({ clock: new VirtualClock() })
  queue.add('a')
  queue.add('b')
  queue.add('a')
  assert.equal(queue.depth, 2)
  assert.deepEqual([await queue.take(), await queue.take()], ['a', 'b'])
  assert.equal(queue.depth, 0)
})

test('a key in work is not given to another, and comes again when it was added meanwhile', async () => {
  const queue = new Workqueue({ clock: new VirtualClock() })
  queue.add('a')
  await queue.take()
  queue.add('a')
  queue.add('a')
  assert.equal(queue.depth, 0)
  assert.ok(!queue.idle)
  queue.done('a')
  assert.equal(queue.depth, 1)
  await queue.take()
  queue.done('a')
  assert.ok(queue.idle)
})

test('a worker that waits gets the next key', async () => {
  const queue = new Workqueue({ clock: new VirtualClock() })
  const taken = queue.take()
  queue.add('a')
  queue.add('a')
  assert.equal(await taken, 'a')
  assert.equal(queue.depth, 0)
  queue.done('a')
  assert.equal(queue.depth, 1, 'it was added once more while in work')
})

test('of several delays the earliest counts', async () => {
  const clock = new VirtualClock()
  const queue = new Workqueue({ clock })
  queue.addAfter('a', 1000)
  queue.addAfter('a', 500)
  queue.addAfter('a', 2000)
  await clock.advance(499)
  assert.equal(queue.depth, 0)
  await clock.advance(1)
  assert.equal(queue.depth, 1)
  assert.equal(clock.pending, 0)
})

test('failures wait longer and longer, up to a limit, until they are forgotten', async () => {
  const clock = new VirtualClock()
  const queue = new Workqueue({ clock, backoff: { initialMs: 5, maxMs: 100 } })
  const waits: number[] = []
  for (let i = 0; i < 7; i++) {
    const since = clock.now()
    queue.addRateLimited('a')
    await clock.until(() => queue.depth === 1, 1000, 1)
    waits.push(clock.now() - since)
    await queue.take()
    queue.done('a')
  }
  assert.deepEqual(waits, [5, 10, 20, 40, 80, 100, 100])
  assert.equal(queue.failures('a'), 7)
  queue.forget('a')
  assert.equal(queue.failures('a'), 0)
})

test('a closed queue takes nothing, gives nothing and leaves no timer', async () => {
  const clock = new VirtualClock()
  const queue = new Workqueue({ clock })
  queue.addAfter('a', 1000)
  queue.add('b')
  const first = await queue.take()
  const waiting = queue.take()
  queue.close()
  queue.add('c')
  queue.addAfter('d', 10)
  queue.done(first!)
  assert.deepEqual([await waiting, await queue.take(), queue.depth, clock.pending], [undefined, undefined, 0, 0])
})

test('jitter only adds', () => {
  const options = { initialMs: 100, maxMs: 1000, jitter: 1 }
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((attempt) => backoffDelay(options, attempt, () => 0.5)),
    [150, 300, 600, 1200, 1500],
  )
})

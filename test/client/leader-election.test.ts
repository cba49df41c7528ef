// Two candidates over one faked server: never both at once, whatever breaks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lease } from '../../src/api/coordination/lease.ts'
import { type LeaseObject, runAsLeader } from '../../src/client/leader-election.ts'
import { FakeServer } from '../support/fake-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

interface Candidate {
  leading: boolean
  ended: 'no' | 'stopped' | 'lost'
  stop: AbortController
}

function candidate(identity: string, server: FakeServer, clock: VirtualClock, client = server.client): Candidate {
  const self: Candidate = { leading: false, ended: 'no', stop: new AbortController() }
  const options = {
    client,
    leaseKind: Lease as never,
    namespace: 'kube-system',
    name: 'lock',
    identity,
    clock,
    random: () => 0,
    signal: self.stop.signal,
  }
  runAsLeader(options, async (signal) => {
    self.leading = true
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    self.leading = false
  }).then(
    () => {
      self.ended = 'stopped'
    },
    () => {
      self.ended = 'lost'
    },
  )
  return self
}

const lease = (server: FakeServer) => (server.all(Lease)[0] as LeaseObject | undefined)?.spec

test('the first leads, the second waits until it stops, which releases the lease', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const a = candidate('a', server, clock)
  await clock.advance(100)
  const b = candidate('b', server, clock)
  await clock.advance(60_000)
  assert.deepEqual([a.leading, b.leading], [true, false])
  assert.deepEqual([lease(server)?.holderIdentity, lease(server)?.leaseDurationSeconds], ['a', 15])
  a.stop.abort()
  await clock.advance(3000)
  assert.deepEqual([a.ended, a.leading, b.leading], ['stopped', false, true])
  assert.equal(lease(server)?.leaseTransitions, 1)
  b.stop.abort()
  await clock.advance(100)
  assert.equal(lease(server)?.holderIdentity, '')
  assert.equal(clock.pending, 0)
})

test('a leader cut off gives up before the other takes over', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const cut = { on: false }
  const answer = server.client
  const client = {
    ...answer,
    get: (...all: Parameters<typeof answer.get>) => (cut.on ? Promise.reject(new Error('no route')) : answer.get(...all)),
  }
  const a = candidate('a', server, clock, client as typeof answer)
  await clock.advance(100)
  const b = candidate('b', server, clock)
  await clock.advance(20_000)
  cut.on = true
  for (let i = 0; i < 400; i++) {
    await clock.advance(100)
    assert.ok(!(a.leading && b.leading), 'both lead')
  }
  assert.deepEqual([a.ended, b.leading], ['lost', true])
  b.stop.abort()
  await clock.advance(100)
})

test('a server that never answers does not keep a leader in office', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const silent = { on: false }
  const answer = server.client
  const client = { ...answer, get: (...all: Parameters<typeof answer.get>) => (silent.on ? new Promise(() => {}) : answer.get(...all)) }
  const a = candidate('a', server, clock, client as typeof answer)
  await clock.advance(10_000)
  assert.ok(a.leading)
  silent.on = true
  await clock.advance(12_500)
  assert.deepEqual([a.leading, a.ended], [false, 'lost'])
  assert.equal(clock.pending, 0)
})

test('the clock of the holder is not trusted: expiry counts from when its last renewal was seen', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const spec = { holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: '2000-01-01T00:00:00.000000Z', leaseTransitions: 4 }
  server.create(Lease as never, { metadata: { namespace: 'kube-system', name: 'lock' }, spec } as never)
  const a = candidate('a', server, clock)
  await clock.advance(14_000)
  assert.ok(!a.leading)
  await clock.advance(4000)
  assert.ok(a.leading)
  assert.equal(lease(server)?.leaseTransitions, 5)
  a.stop.abort()
  await clock.advance(100)
})

test('a candidate stopped before its turn just ends', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const a = candidate('a', server, clock)
  await clock.advance(100)
  const b = candidate('b', server, clock)
  await clock.advance(5000)
  b.stop.abort()
  await clock.advance(0)
  assert.deepEqual([b.ended, b.leading], ['stopped', false])
  a.stop.abort()
  await clock.advance(100)
})

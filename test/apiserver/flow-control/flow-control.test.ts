// Priority and fairness: classification, shares, hands, work and queues by table.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flowSchemas, priorityLevels } from '../../../src/apiserver/bootstrap-flow-control.ts'
import { borrowedLimits, fairAllocation } from '../../../src/apiserver/flow-control/borrowing.ts'
import { flowConfiguration } from '../../../src/apiserver/flow-control/configuration.ts'
import { DroppedRequests } from '../../../src/apiserver/flow-control/dropped-requests.ts'
import { matchesFlowSchema } from '../../../src/apiserver/flow-control/matching.ts'
import type { Ticket } from '../../../src/apiserver/flow-control/queue-set.ts'
import { QueueSet } from '../../../src/apiserver/flow-control/queue-set.ts'
import { workOf } from '../../../src/apiserver/flow-control/seats.ts'
import { dealHand } from '../../../src/apiserver/flow-control/shuffle-sharding.ts'
import { requestInfo } from '../../../src/apiserver/request-info.ts'
import { ManualClock, settle } from '../core/harness.ts'

const configuration = flowConfiguration(flowSchemas, priorityLevels, 600)
const infoOf = (method: string, url: string) => {
  const { pathname, searchParams } = new URL(url, 'http://x')
  return requestInfo(method, pathname, searchParams)
}

describe('a request belongs to', () => {
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x'
  const cases: [schema: string, user: string, groups: string[], method: string, url: string][] = [
    ['exempt', 'admin', ['system:masters'], 'GET', '/api/v1/pods'],
    ['probes', 'system:anonymous', ['system:unauthenticated'], 'GET', '/readyz'],
    ['probes', 'system:anonymous', ['system:unauthenticated'], 'GET', '/readyz/etcd'],
    ['system-leader-election', 'system:kube-scheduler', ['system:authenticated'], 'PUT', lease],
    ['system-node-high', 'system:node:n1', ['system:nodes'], 'PATCH', '/api/v1/nodes/n1/status'],
    ['system-nodes', 'system:node:n1', ['system:nodes'], 'GET', '/api/v1/pods'],
    ['kube-controller-manager', 'system:kube-controller-manager', [], 'GET', '/api/v1/pods'],
    ['kube-system-service-accounts', 'system:serviceaccount:kube-system:gc', [], 'GET', '/api/v1/pods'],
    ['service-accounts', 'system:serviceaccount:dev:x', ['system:serviceaccounts'], 'GET', '/api/v1/pods'],
    ['global-default', 'alice', ['system:authenticated'], 'GET', '/api/v1/pods'],
  ]
  for (const [schema, name, groups, method, url] of cases) {
    it(`${schema}: ${name} ${method} ${url}`, () => {
      const found = configuration.schemas.find(({ object }) => matchesFlowSchema({ name, groups }, infoOf(method, url), object))
      assert.equal(found?.name, schema)
    })
  }
})

it('shares become seats as upstream counts them', () => {
  const nominal = Object.fromEntries(
    [...configuration.levels.values()].map(({ name, nominal: seats, min, maxSeats }) => [name, [seats, min, maxSeats]]),
  )
  assert.deepEqual(nominal, {
    exempt: [0, 0, 1],
    'catch-all': [13, 13, 2],
    system: [74, 50, 12],
    'node-high': [98, 73, 15],
    'leader-election': [25, 25, 4],
    'workload-high': [98, 49, 15],
    'workload-low': [245, 24, 37],
    'global-default': [49, 24, 8],
  })
})

it('the mandatory objects count even when they are not stored', () => {
  const { schemas, levels } = flowConfiguration([], [], 600)
  assert.deepEqual(
    [schemas.map(({ name }) => name), [...levels.keys()]],
    [
      ['exempt', 'catch-all'],
      ['exempt', 'catch-all'],
    ],
  )
})

it('a hand has different cards, decided by the hash', () => {
  // by hand: 1000 = 7·128 + 104; 7 = 0·127 + 7; 0 = 0·126 + 0
  assert.deepEqual(dealHand(1000n, 128, 3), [104, 7, 0])
  // equal remainders move up: 0, 0, 0 → 0, 1, 2
  assert.deepEqual(dealHand(0n, 8, 3), [0, 1, 2])
  for (let i = 0n; i < 50n; i++) assert.equal(new Set(dealHand(i * 0x9e3779b97f4a7c15n, 64, 8)).size, 8)
})

describe('work', () => {
  const stats = { objects: 1000, averageBytes: 2000, watchers: 0 }
  const cases: { name: string; method: string; url: string; watchers?: number; maxSeats?: number; want: object }[] = [
    { name: 'a get', method: 'GET', url: '/api/v1/nodes/n', want: { seats: 1, finalSeats: 0, lingerMs: 0 } },
    { name: 'a big list, as far as it is streamed', method: 'GET', url: '/api/v1/pods', want: { seats: 10, finalSeats: 0, lingerMs: 0 } },
    { name: 'a page', method: 'GET', url: '/api/v1/pods?limit=100', want: { seats: 2, finalSeats: 0, lingerMs: 0 } },
    {
      name: 'one by its name',
      method: 'GET',
      url: '/api/v1/pods?fieldSelector=metadata.name%3Dx',
      want: { seats: 1, finalSeats: 0, lingerMs: 0 },
    },
    {
      name: 'a watch from a revision',
      method: 'GET',
      url: '/api/v1/pods?watch=1&resourceVersion=5',
      want: { seats: 1, finalSeats: 0, lingerMs: 0 },
    },
    { name: 'a watch with its state', method: 'GET', url: '/api/v1/pods?watch=1', want: { seats: 10, finalSeats: 0, lingerMs: 0 } },
    { name: 'a list within its level', method: 'GET', url: '/api/v1/pods', maxSeats: 4, want: { seats: 4, finalSeats: 0, lingerMs: 0 } },
    {
      name: 'a write that few watch',
      method: 'POST',
      url: '/api/v1/namespaces/x/pods',
      watchers: 9,
      want: { seats: 1, finalSeats: 0, lingerMs: 0 },
    },
    {
      name: 'a write that many watch',
      method: 'POST',
      url: '/api/v1/namespaces/x/pods',
      watchers: 95,
      want: { seats: 1, finalSeats: 10, lingerMs: 5 },
    },
    {
      name: 'the same area, narrower',
      method: 'POST',
      url: '/api/v1/namespaces/x/pods',
      watchers: 100,
      maxSeats: 5,
      want: { seats: 1, finalSeats: 5, lingerMs: 10 },
    },
  ]
  for (const { name, method, url, watchers = 0, maxSeats = 100, want } of cases) {
    it(name, () =>
      assert.deepEqual(workOf(infoOf(method, url), new URL(url, 'http://x').searchParams, { ...stats, watchers }, maxSeats), want),
    )
  }
})

describe('seats are lent', () => {
  it('by a common measure within bounds', () => {
    const close = (given: number[] | undefined, want: number[]) =>
      assert.deepEqual(
        given!.map((seats) => Math.round(seats * 1e6) / 1e6),
        want,
      )
    close(
      fairAllocation(100, [
        { target: 1, lower: 0, upper: 100 },
        { target: 3, lower: 0, upper: 100 },
      ]),
      [25, 75],
    )
    close(
      fairAllocation(100, [
        { target: 50, lower: 50, upper: 100 },
        { target: 300, lower: 0, upper: 100 },
      ]),
      [50, 50],
    )
    assert.equal(fairAllocation(10, [{ target: 20, lower: 20, upper: 30 }]), undefined)
  })
  it('to who needs them, by who does not', () => {
    const idle = { exempt: false, nominal: 50, min: 10, max: 150, current: 50, high: 0, smoothed: 0 }
    const busy = { ...idle, high: 120, smoothed: 100 }
    const [lender, borrower] = borrowedLimits([idle, busy])
    assert.deepEqual([lender, borrower], [10, 90])
  })
})

it('who drops often is told to wait longer, then shorter again', () => {
  const dropped = new DroppedRequests()
  const told = []
  for (let second = 0; second < 8; second++) for (let i = 0; i < 10; i++) told[second] = dropped.record(second * 1000 + i)
  assert.deepEqual(told, [1, 2, 2, 4, 4, 4, 4, 8])
  for (let second = 100; second < 110; second++) told[second] = dropped.record(second * 1000)
  assert.ok(told[109]! < 8)
})

const one = { seats: 1, finalSeats: 0, lingerMs: 0 }
const never = new AbortController().signal

describe('a level', () => {
  it('without queues rejects what finds no seat', () => {
    const level = new QueueSet({ exempt: false, queuing: undefined, limit: 1 }, new ManualClock())
    const ticket = level.start(one, [], 1000, never) as Ticket
    assert.equal(level.start(one, [], 1000, never), 'concurrency-limit')
    level.finish(ticket)
    assert.equal(typeof level.start(one, [], 1000, never), 'object')
  })

  it('lets everything through when exempt', () => {
    const level = new QueueSet({ exempt: true, queuing: undefined, limit: 0 }, new ManualClock())
    for (let i = 0; i < 100; i++) assert.equal(typeof level.start(one, [], 1000, never), 'object')
    assert.equal(level.seatsInUse, 100)
  })

  it('queues, rejects when the queue is full, and gives up after a time', async () => {
    const clock = new ManualClock()
    const level = new QueueSet({ exempt: false, queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 }, limit: 1 }, clock)
    const ticket = level.start(one, [0], 15_000, never) as Ticket
    const waiting = [level.start(one, [0], 15_000, never), level.start(one, [0], 1_000, never)]
    assert.equal(level.start(one, [0], 15_000, never), 'queue-full')
    await clock.advance(2_000)
    assert.equal(await waiting[1], 'time-out')
    level.finish(ticket)
    level.finish((await waiting[0]) as Ticket)
    assert.equal(level.idle, true)
    assert.equal(level.seatsInUse, 0)
  })

  it('serves a quiet flow before the backlog of a loud one', async () => {
    const clock = new ManualClock()
    const level = new QueueSet({ exempt: false, queuing: { queues: 2, handSize: 1, queueLengthLimit: 50 }, limit: 1 }, clock)
    const order: string[] = []
    let ticket = level.start(one, [0], 60_000, never) as Ticket
    const wait = async (name: string, queue: number) => {
      ticket = (await level.start(one, [queue], 60_000, never)) as Ticket
      order.push(name)
    }
    for (let i = 0; i < 5; i++) void wait(`loud${i}`, 0)
    void wait('quiet', 1)
    for (let i = 0; i < 6; i++) {
      await clock.advance(10)
      level.finish(ticket)
      await settle()
    }
    assert.equal(order.indexOf('quiet') <= 1, true, order.join())
    assert.deepEqual(
      order.filter((name) => name !== 'quiet'),
      ['loud0', 'loud1', 'loud2', 'loud3', 'loud4'],
    )
  })

  it('keeps lingering seats', async () => {
    const clock = new ManualClock()
    const level = new QueueSet({ exempt: false, queuing: { queues: 1, handSize: 1, queueLengthLimit: 5 }, limit: 10 }, clock)
    const ticket = level.start({ seats: 1, finalSeats: 4, lingerMs: 50 }, [0], 1000, never) as Ticket
    assert.equal(level.seatsInUse, 4)
    level.finish(ticket)
    assert.equal(level.seatsInUse, 4)
    await clock.advance(60)
    assert.equal(level.seatsInUse, 0)
  })

  it('never gives more seats than it has, whatever comes', async () => {
    const clock = new ManualClock()
    const level = new QueueSet({ exempt: false, queuing: { queues: 8, handSize: 2, queueLengthLimit: 4 }, limit: 5 }, clock)
    const held: Ticket[] = []
    let rejected = 0
    for (let i = 0; i < 400; i++) {
      const result = level.start({ ...one, seats: 1 + (i % 3) }, dealHand(BigInt(i) * 0x9e3779b97f4a7c15n, 8, 2), 500, never)
      void Promise.resolve(result).then((ticket) => (typeof ticket === 'string' ? rejected++ : held.push(ticket)))
      await Promise.resolve()
      assert.ok(level.seatsInUse <= 5, `${level.seatsInUse}`)
      if (i % 2 === 0 && held.length > 0) level.finish(held.shift()!)
      if (i % 50 === 0) await clock.advance(100)
    }
    for (let i = 0; i < 100 && !level.idle; i++) {
      await settle()
      while (held.length > 0) level.finish(held.shift()!)
      await clock.advance(600)
    }
    assert.deepEqual([level.idle, level.seatsInUse, level.waiting], [true, 0, 0])
    assert.ok(rejected > 0)
  })
})

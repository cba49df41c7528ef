// The runner's own life: how it ends, what bugs of a controller do to it, when it looks again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicaset } from '../../controllers/replicaset.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { createEventRecorder } from '../../src/client/event-recorder.ts'
import { InformerFactory } from '../../src/client/informer.ts'
import { defineController } from '../../src/controller/define.ts'
import { create, nothing, plan, requeueAfter } from '../../src/controller/plan.ts'
import { runController } from '../../src/controller/runner.ts'
import { FakeServer } from '../support/fake-server.ts'
import { logTo } from '../support/log.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { running, webSet } from './running.ts'

test('an aborted runner ends, with all its timers and watches', async () => {
  const { clock, server, stop } = running(replicaset, (one) => one.create(ReplicaSet, webSet(3)))
  await clock.advance(1000)
  await stop()
  assert.equal(server.watching(Pod) + server.watching(ReplicaSet), 0)
  assert.equal(clock.pending, 0)
})

test('a runner aborted before the first list ends as well', async () => {
  const { stop } = running(replicaset)
  await stop()
})

test('a missing port is told at once', async () => {
  const needy = defineController({ name: 'needy', for: ConfigMap, reads: {}, needs: ['metrics'], reconcile: () => nothing })
  const { server, clock } = { clock: new VirtualClock(), server: new FakeServer(new VirtualClock()) }
  const shared = { client: server.client, clock, random: () => 0.5, signal: new AbortController().signal }
  const recorder = createEventRecorder({ client: server.client, eventKind: Event, clock, component: 'x' })
  await assert.rejects(
    runController(needy, { ...shared, informers: new InformerFactory(shared), recorder, log: logTo([]) }),
    /needs metrics/,
  )
})

test('a mapping that throws is logged and breaks nothing', async () => {
  const seen: string[] = []
  const fragile = defineController({
    name: 'fragile',
    for: ConfigMap,
    reads: {},
    watches: [
      {
        kind: Pod,
        map: () => {
          throw new Error('bug')
        },
      },
    ],
    reconcile: (_map, _reads, { key }) => {
      seen.push(key)
      return nothing
    },
  })
  const { clock, logs, stop } = running(fragile, (one) => {
    one.create(Pod, { metadata: { namespace: 'ns', name: 'p' } })
    one.create(ConfigMap, { metadata: { namespace: 'ns', name: 'm' } })
  })
  await clock.advance(1000)
  assert.deepEqual(seen, ['ns/m'])
  assert.deepEqual(
    logs.map(({ message }) => message),
    ['change could not be mapped'],
  )
  await stop()
})

test('a bug in reconcile is logged, retried with growing patience, and keeps no other key waiting', async () => {
  const tries: number[] = []
  const clockNow: { now?: () => number } = {}
  const faulty = defineController({
    name: 'faulty',
    for: ConfigMap,
    reads: {},
    reconcile: ({ metadata }) => {
      if (metadata?.name !== 'bad') return plan(create(Pod, { metadata: { namespace: 'ns', name: `for-${metadata?.name}` } }))
      tries.push(clockNow.now?.() ?? 0)
      throw new TypeError('bug')
    },
  })
  const { clock, server, logs, stop } = running(faulty, (one) => {
    for (const name of ['bad', 'good']) one.create(ConfigMap, { metadata: { namespace: 'ns', name } })
  })
  clockNow.now = () => clock.now()
  await clock.advance(1000)
  assert.equal(server.all(Pod).length, 1)
  const gaps = tries.slice(1).map((at, i) => at - tries[i]!)
  assert.deepEqual(gaps.slice(0, 7), [5, 10, 20, 40, 80, 160, 320])
  assert.ok(logs.every(({ level }) => level === 'error'))
  await stop()
})

test('a plan may ask to be looked at again', async () => {
  let looks = 0
  const patientOne = defineController({
    name: 'patient',
    for: ConfigMap,
    reads: {},
    reconcile: () => {
      looks++
      return plan(requeueAfter(looks < 3 ? 10_000 : undefined))
    },
  })
  const { clock, stop } = running(patientOne, (one) => one.create(ConfigMap, { metadata: { namespace: 'ns', name: 'm' } }))
  await clock.advance(60_000)
  assert.equal(looks, 3)
  await stop()
})

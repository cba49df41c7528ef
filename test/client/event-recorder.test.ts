import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event as EventObject } from '../../openapi/types/core/v1.ts'
import { Event } from '../../src/api/core/event.ts'
import { createEventRecorder } from '../../src/client/event-recorder.ts'
import { FakeServer } from '../support/fake-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

function recording() {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const stop = new AbortController()
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const recorder = createEventRecorder({
    client: server.client,
    eventKind: Event,
    clock,
    component: 'test',
    host: 'n1',
    signal: stop.signal,
    onError,
  })
  const events = () => server.all(Event) as EventObject[]
  return { clock, server, recorder, errors, events, stop }
}

const pod = (name = 'p') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'ns', name, uid: `uid-${name}`, resourceVersion: '7' },
})

test('an event tells what, about whom, by whom and when', async () => {
  const { recorder, events } = recording()
  recorder.record(pod(), 'Warning', 'Failed', 'it broke', 'spec.containers{c}')
  await recorder.flush()
  const [event] = events()
  assert.match(event?.metadata?.name ?? '', /^p\.[0-9a-f]{16}$/)
  assert.equal(event?.metadata?.namespace, 'ns')
  assert.deepEqual(event?.involvedObject, {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: 'ns',
    name: 'p',
    uid: 'uid-p',
    resourceVersion: '7',
    fieldPath: 'spec.containers{c}',
  })
  const { type, reason, message, count, firstTimestamp, lastTimestamp, source, reportingComponent, reportingInstance } = event!
  assert.deepEqual([type, reason, message, count], ['Warning', 'Failed', 'it broke', 1])
  assert.deepEqual([firstTimestamp, lastTimestamp], ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'])
  assert.deepEqual([source, reportingComponent, reportingInstance], [{ component: 'test', host: 'n1' }, 'test', 'n1'])
})

test('equal events are one with a count', async () => {
  const { clock, recorder, events } = recording()
  for (let i = 0; i < 3; i++) {
    recorder.record(pod(), 'Normal', 'Pulled', 'image')
    await clock.advance(10_000)
  }
  await recorder.flush()
  assert.equal(events().length, 1)
  assert.deepEqual(
    [events()[0]?.count, events()[0]?.firstTimestamp, events()[0]?.lastTimestamp],
    [3, '2026-01-01T00:00:00Z', '2026-01-01T00:00:20Z'],
  )
})

test('an event that has expired on the server is made anew, with its count', async () => {
  const { server, recorder, events } = recording()
  recorder.record(pod(), 'Normal', 'Pulled', 'image')
  await recorder.flush()
  server.remove(Event, { namespace: 'ns', name: events()[0]?.metadata?.name ?? '' })
  recorder.record(pod(), 'Normal', 'Pulled', 'image')
  await recorder.flush()
  assert.deepEqual(
    events().map(({ count }) => count),
    [2],
  )
})

test('from the tenth on, similar events are combined', async () => {
  const { recorder, events } = recording()
  for (let i = 1; i <= 14; i++) recorder.record(pod(), 'Normal', 'Created', `pod ${i}`)
  await recorder.flush()
  assert.equal(events().length, 10)
  const last = events().at(-1)
  assert.deepEqual([last?.message, last?.count], ['(combined from similar events): pod 14', 5])
})

test('an object may make 25 events at once, then one in five minutes; others are not affected', async () => {
  const { clock, server, recorder } = recording()
  for (let i = 0; i < 40; i++) recorder.record(pod(), 'Normal', `Reason${i}`, 'x')
  recorder.record(pod('q'), 'Normal', 'Other', 'x')
  await recorder.flush()
  assert.equal(server.count('create', 'events'), 26)
  await clock.advance(300_000)
  for (let i = 0; i < 3; i++) recorder.record(pod(), 'Normal', `Later${i}`, 'x')
  await recorder.flush()
  assert.equal(server.count('create', 'events'), 27)
})

test('a server that cannot be reached is tried again, one that refuses is not', async () => {
  const { clock, server, recorder, errors, events } = recording()
  let down = true
  server.refuse = () => (down ? new Error('connection refused') : undefined)
  recorder.record(pod(), 'Normal', 'A', 'x')
  await clock.advance(25_000)
  down = false
  await clock.advance(10_000)
  await recorder.flush()
  assert.deepEqual([events().length, errors.length], [1, 3])
})

test('nothing is kept waiting at the end', async () => {
  const { clock, server, recorder, stop } = recording()
  server.refuse = () => new Error('connection refused')
  for (let i = 0; i < 5; i++) recorder.record(pod(), 'Normal', `R${i}`, 'x')
  await clock.advance(0)
  stop.abort()
  await recorder.flush()
  assert.equal(clock.pending, 0)
})

test('an event about a cluster-scoped object lies in default', async () => {
  const { recorder, events } = recording()
  recorder.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } }, 'Normal', 'X', 'y'.repeat(2000))
  await recorder.flush()
  assert.equal(events()[0]?.metadata?.namespace, 'default')
  assert.equal(events()[0]?.message?.length, 1024)
})

// How a preemption is carried out: what victims are told, who is left alone, and what becomes of the pod that waits for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { notFound } from '../../src/apimachinery/api-error.ts'
import type { Client } from '../../src/client/client.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { createPreemptor } from '../../src/scheduler/preemptor.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { SchedulingQueue } from '../../src/scheduler/queue.ts'
import { cluster, node, pod, virtualClock } from './objects.ts'
import { settle } from './pumping.ts'

const profile = defaultProfile()

/** A preemptor before a client that answers as `answer` says, and a queue in which the pod "urgent" waits. */
function setup(answer: (call: string) => Promise<unknown> = async () => ({})) {
  const clock = virtualClock()
  const calls: string[] = []
  const said: string[] = []
  const call = (text: string) => {
    calls.push(text)
    return answer(text)
  }
  const client = {
    patch: (
      _: unknown,
      { name }: { name: string },
      { status }: { status: { conditions?: { message: string }[]; nominatedNodeName?: null } },
    ) => call(`patch ${name} ${status.conditions?.[0]?.message ?? JSON.stringify(status)}`),
    delete: (_: unknown, { name }: { name: string }) => call(`delete ${name}`),
  } as unknown as Client
  const cache = cluster([node('n1')])
  const queue: SchedulingQueue = new SchedulingQueue({
    clock,
    preEnqueue: () => [...profile.preEnqueue, preemptor.gate],
    plugins: () => profile.all,
    onReady: () => {},
  })
  const recorder = {
    record: ({ metadata }: Pod, type: string, reason: string, message: string) =>
      void said.push(`${metadata?.name} ${type} ${reason}: ${message}`),
    flush: async () => {},
  }
  const errors: unknown[] = []
  const preemptor = createPreemptor({
    client,
    clock,
    recorder: recorder as never,
    cache,
    queue: () => queue,
    onError: (error) => errors.push(error),
  })
  const urgent = podInfo(pod('urgent', { priority: 10, requests: { cpu: '1' } }))
  queue.add(urgent)
  queue.unschedulable(queue.pop()!, new Set(['NodeResourcesFit']))
  return { ...preemptor, cache, queue, calls, said, errors, urgent }
}

const going = (name: string): Pod => {
  const one = pod(name)
  return { ...one, metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
}

test('victims are told why, deleted, and it is said of them', async () => {
  const { preempt, urgent, calls, said } = setup()
  preempt(urgent, 'n1', [podInfo(pod('a')), podInfo(pod('b'))])
  await settle()
  assert.deepEqual(calls.sort(), [
    'delete a',
    'delete b',
    'patch a default-scheduler: preempting to accommodate a higher priority pod',
    'patch b default-scheduler: preempting to accommodate a higher priority pod',
  ])
  assert.deepEqual(said.sort(), [
    'a Normal Preempted: Preempted by pod urgent on node n1',
    'b Normal Preempted: Preempted by pod urgent on node n1',
  ])
})

test('those that go already are left alone', async () => {
  const { preempt, urgent, calls, said, gate } = setup()
  preempt(urgent, 'n1', [podInfo(going('a'))])
  assert.equal(gate.preEnqueue?.(urgent), undefined)
  preempt(urgent, 'n1', [podInfo(going('a')), podInfo(pod('b'))])
  await settle()
  assert.deepEqual(
    calls.filter((text) => text.startsWith('delete')),
    ['delete b'],
  )
  assert.deepEqual(said, ['b Normal Preempted: Preempted by pod urgent on node n1'])
})

test('the pod stays out of the queue until its victims are on their way', async () => {
  let release = () => {}
  const { preempt, urgent, queue, gate } = setup((text) =>
    text === 'delete a' ? new Promise<void>((done) => (release = done)) : Promise.resolve(),
  )
  preempt(urgent, 'n1', [podInfo(pod('a', { requests: { cpu: '1' } }))])
  await settle()
  assert.equal(gate.preEnqueue?.(urgent), 'waiting for the preemption for this pod to be finished')
  queue.onEvent('AssignedPodDelete', { previous: pod('a') })
  assert.deepEqual(queue.depth, { active: 0, backoff: 0, unschedulable: 1 })
  release()
  await settle()
  assert.deepEqual(queue.depth, { active: 0, backoff: 1, unschedulable: 0 })
})

test('a preemption that fails lets the pod try again at once', async () => {
  const { preempt, urgent, queue, errors } = setup(async (text) => {
    if (text === 'delete a') throw new Error('no such luck')
  })
  preempt(urgent, 'n1', [podInfo(pod('a'))])
  await settle()
  assert.equal(errors.length, 1)
  assert.deepEqual(queue.depth, { active: 1, backoff: 0, unschedulable: 0 })
})

test('a victim that is gone is no failure', async () => {
  const { preempt, urgent, queue, errors } = setup(async (text) => {
    if (text === 'delete a') throw notFound({ group: '', resource: 'pods' } as never, 'a')
  })
  preempt(urgent, 'n1', [podInfo(pod('a'))])
  await settle()
  assert.deepEqual(errors, [])
  assert.equal(queue.depth.unschedulable, 1)
})

test('lesser pods that were promised the node look elsewhere', async () => {
  const { preempt, urgent, cache, calls } = setup()
  cache.nominate(podInfo(pod('lesser', { priority: 5 })), 'n1')
  cache.nominate(podInfo(pod('greater', { priority: 20 })), 'n1')
  preempt(urgent, 'n1', [podInfo(pod('a'))])
  await settle()
  assert.equal(cache.nominationOf('lesser'), undefined)
  assert.equal(cache.nominationOf('greater'), 'n1')
  assert.ok(calls.includes('patch lesser {"nominatedNodeName":null}'))
})

// The loop with a client that is only pretended: what is bound, said and tried again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../openapi/types/core/v1.ts'
import type { Client } from '../../src/client/client.ts'
import { createBinder } from '../../src/scheduler/binder.ts'
import { nodeHandler, podHandler } from '../../src/scheduler/handlers.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { createPump } from '../../src/scheduler/pump.ts'
import { SchedulingQueue } from '../../src/scheduler/queue.ts'
import { createStatusWriter } from '../../src/scheduler/status-writer.ts'
import { cluster, node, pod, virtualClock } from './objects.ts'

/** Lets promises that are ready run. */
const settle = () => new Promise<void>((done) => setImmediate(done))

function setup(answer: (call: string) => Promise<unknown> = async () => ({})) {
  const clock = virtualClock()
  const calls: string[] = []
  const said: string[] = []
  const call = (text: string) => {
    calls.push(text)
    return answer(text)
  }
  const client = {
    createSubresource: (_: unknown, { name }: { name: string }, kind: string, body: { target: { name: string } }) =>
      call(`${kind} ${name} ${body.target.name}`),
    patch: (_: unknown, { name }: { name: string }, patch: { status: { conditions: [{ reason: string }] } }) =>
      call(`status ${name} ${patch.status.conditions[0].reason}`),
  } as unknown as Client
  const profile = defaultProfile()
  const cache = cluster([])
  const pods = new Map<string, Pod>()
  const queue = new SchedulingQueue({ clock, preEnqueue: () => profile.preEnqueue, plugins: () => profile.all, onReady: () => pump() })
  const pump = createPump({
    cache,
    queue,
    binder: createBinder({ client, onSpace: () => pump() }),
    status: createStatusWriter({ client, clock, onError: () => {} }),
    recorder: {
      record: ({ metadata }, type, reason, message) => said.push(`${metadata?.name} ${type} ${reason}: ${message}`),
      flush: async () => {},
    },
    profileOf: () => profile,
    current: ({ uid }) => pods.get(uid),
    bindVolumes: async () => {},
    preempt: () => {},
    clock,
    random: () => 0,
    signal: new AbortController().signal,
    onError: () => {},
  })
  const onNode = nodeHandler(cache, queue)
  const onPod = podHandler(cache, queue, () => true)
  return {
    clock,
    calls,
    said,
    cache,
    addNode: (name: string) => onNode({ type: 'added', object: node(name), previous: undefined }),
    setPod(object: Pod) {
      const previous = pods.get(object.metadata!.uid!)
      pods.set(object.metadata!.uid!, object)
      onPod({ type: previous === undefined ? 'added' : 'updated', object, previous })
    },
    removePod(object: Pod) {
      pods.delete(object.metadata!.uid!)
      onPod({ type: 'deleted', object, previous: object })
    },
  }
}

test('a pod is bound and counted before the server confirms it', async () => {
  const { addNode, setPod, calls, said, cache } = setup()
  addNode('n1')
  setPod(pod('a', { requests: { cpu: '3' } }))
  await settle()
  assert.deepEqual(calls, ['binding a n1'])
  assert.deepEqual(said, ['a Normal Scheduled: Successfully assigned default/a to n1'])
  setPod(pod('b', { requests: { cpu: '3' } }))
  await settle()
  assert.deepEqual(calls, ['binding a n1', 'status b Unschedulable'])
  setPod({ ...pod('a'), spec: { ...pod('a', { requests: { cpu: '3' } }).spec!, nodeName: 'n1' } })
  assert.equal(cache.isAssumed('a'), false)
  assert.equal(cache.node('n1')?.requested.milliCpu, 3000)
})

test('no node, then one: the pod waits and is bound', async () => {
  const { addNode, setPod, calls, said } = setup()
  setPod(pod('a'))
  await settle()
  assert.deepEqual(said, ['a Warning FailedScheduling: no nodes available to schedule pods'])
  addNode('n1')
  await settle()
  assert.deepEqual(calls, ['status a Unschedulable', 'binding a n1'])
})

test('the same word is written once', async () => {
  const { addNode, setPod, calls } = setup()
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no nodes available to schedule pods' }
  setPod(pod('a', { status: { conditions: [condition] } }))
  await settle()
  assert.deepEqual(calls, [])
  addNode('n1')
})

test('a failed binding frees the room and is tried again after a second', async () => {
  let broken = true
  const { addNode, setPod, calls, said, cache, clock } = setup(async (call) => {
    if (broken && call.startsWith('binding')) throw new Error('etcdserver: request timed out')
  })
  addNode('n1')
  setPod(pod('a'))
  await settle()
  assert.equal(cache.node('n1')?.pods.size, 0)
  assert.deepEqual(said, ['a Warning FailedScheduling: running Bind plugin "DefaultBinder": etcdserver: request timed out'])
  broken = false
  clock.advance(999)
  await settle()
  assert.deepEqual(calls, ['binding a n1', 'status a SchedulerError'])
  clock.advance(1)
  await settle()
  assert.equal(calls.at(-1), 'binding a n1')
})

test('a pod deleted while it is being bound is forgotten', async () => {
  let fail = (_: Error) => {}
  const { addNode, setPod, removePod, calls, cache, clock } = setup(() => new Promise((_, reject) => (fail = reject)))
  addNode('n1')
  setPod(pod('a'))
  await settle()
  removePod(pod('a'))
  assert.equal(cache.node('n1')?.pods.size, 0)
  fail(new Error('not found'))
  await settle()
  clock.advance(20_000)
  await settle()
  assert.deepEqual(calls, ['binding a n1'])
})

test('a binding waits for what is being said about the pod', async () => {
  let answerStatus = () => {}
  const { addNode, setPod, calls } = setup((call) =>
    call.startsWith('status') ? new Promise<void>((done) => (answerStatus = done)) : Promise.resolve(),
  )
  setPod(pod('a'))
  await settle()
  addNode('n1')
  await settle()
  assert.deepEqual(calls, ['status a Unschedulable'])
  answerStatus()
  await settle()
  assert.deepEqual(calls, ['status a Unschedulable', 'binding a n1'])
})

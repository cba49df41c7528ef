// The loop with a client that is only pretended: what is bound, said and tried again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pod } from './objects.ts'
import { settle, setup } from './pumping.ts'

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

/** A claim whose volume is made where its pod goes. */
const delayed = {
  world: {
    claims: [{ metadata: { name: 'data', namespace: 'default', uid: 'c' }, spec: { storageClassName: 'disks' } }],
    storageClasses: [{ metadata: { name: 'disks' }, provisioner: 'disk.example.com', volumeBindingMode: 'WaitForFirstConsumer' }],
  },
}
const claimed = pod('a', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })

test('while volumes are being bound the pod names its node', async () => {
  const { addNode, setPod, calls } = setup(undefined, [], delayed)
  addNode('n1')
  setPod(claimed)
  await settle()
  assert.deepEqual(calls, ['status a expected on n1', 'binding a n1'])
})

test('volumes that are not bound in time send the pod back', async () => {
  const bindVolumes = async () => {
    throw new Error('binding volumes: context deadline exceeded')
  }
  const { addNode, setPod, calls, said, cache } = setup(undefined, [], { ...delayed, bindVolumes })
  addNode('n1')
  setPod({ ...claimed, status: { nominatedNodeName: 'n1' } })
  await settle()
  assert.deepEqual(said, ['a Warning FailedScheduling: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded'])
  assert.deepEqual(calls, ['status a SchedulerError on null'])
  assert.equal(cache.node('n1')?.pods.size, 0)
})

// The simulated runtime by itself: addresses, ends, stops, and what a new process takes over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'
import { AddressPool } from '../../../src/kubelet/runtime/addresses.ts'
import { openHollowRuntime } from '../../../src/kubelet/runtime/hollow.ts'
import { ManualClock, seeded, settle } from '../../apiserver/core/harness.ts'

const container: Container = { name: 'c', image: 'nginx' }
const pod = (annotations: Record<string, string> = {}): Pod => ({ metadata: { uid: 'u', annotations }, spec: { containers: [container] } })

/** Operations set their timers in a later tick, so that what is ready runs first. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  await settle()
  await clock.advance(ms)
  await settle()
}

function open(podCidrs: () => readonly string[] | undefined = () => ['10.1.0.0/24']) {
  const clock = new ManualClock()
  const changed: string[] = []
  const options = { clock, random: seeded(1), signal: new AbortController().signal, podCidrs, nodeIps: ['10.0.0.1'] }
  return { clock, changed, runtime: openHollowRuntime({ ...options, onChange: (uid) => changed.push(uid) }) }
}

async function running(annotations: Record<string, string> = {}) {
  const world = open()
  const { clock, runtime } = world
  const sandbox = runtime.runSandbox(pod(annotations), 0)
  await pass(clock, 100)
  await sandbox
  const sandboxId = runtime.podState('u').sandboxes[0]!.id
  const started = runtime.startContainer({ pod: pod(annotations), sandboxId, container, attempt: 0, imageRef: 'r', hash: '' })
  await pass(clock, 10)
  await started
  return { ...world, id: runtime.podState('u').containers[0]!.id, sandboxId }
}

test('addresses are given in turn after those in use at the start, kept apart, and used again after the last', () => {
  const pool = new AddressPool()
  pool.claim(['10.1.0.3'])
  assert.deepEqual(pool.take(['10.1.0.0/29']), ['10.1.0.4'])
  assert.deepEqual(pool.take(['10.1.0.0/29', 'fd00::/64']), ['10.1.0.5', 'fd00::2'])
  pool.release(['10.1.0.4'])
  assert.deepEqual(pool.take(['10.1.0.0/29']), ['10.1.0.6'])
  assert.deepEqual(pool.take(['10.1.0.0/29']), ['10.1.0.2'])
  assert.deepEqual(pool.take(['10.1.0.0/29']), ['10.1.0.4'])
  assert.throws(() => pool.take(['10.1.0.0/29']), /no IP addresses available in range set: 10\.1\.0\.0\/29/)
})

test('an address given back right after a restart is not the next one', () => {
  const pool = new AddressPool()
  pool.claim(['10.1.0.2'])
  pool.release(['10.1.0.2'])
  assert.deepEqual(pool.take(['10.1.0.0/24']), ['10.1.0.3'])
})

test('a sandbox waits for the range of its node', async () => {
  let cidrs: string[] | undefined
  const { clock, runtime } = open(() => cidrs)
  const sandbox = runtime.runSandbox(pod(), 0)
  await pass(clock, 500)
  assert.deepEqual(runtime.podState('u').sandboxes, [])
  cidrs = ['10.9.0.0/24']
  await pass(clock, 100)
  await sandbox
  assert.deepEqual(runtime.podState('u').sandboxes[0]?.ips, ['10.9.0.2'])
})

test('a container ends by its behaviour and says so', async () => {
  const { clock, runtime, changed } = await running({ 'hollow.k8ts.io/run-seconds': '2', 'hollow.k8ts.io/exit-code': '7' })
  assert.equal(runtime.podState('u').containers[0]?.phase, 'running')
  await pass(clock, 2000)
  const { phase, exitCode, reason } = runtime.podState('u').containers[0]!
  assert.deepEqual([phase, exitCode, reason, changed.length], ['exited', 7, 'Error', 1])
})

test('a stop is graceful when there is time, else a kill; a shorter grace counts', async () => {
  const { clock, runtime, id } = await running({ 'hollow.k8ts.io/stop-seconds': '5' })
  void runtime.stopContainer('u', id, 30)
  await pass(clock, 1000)
  void runtime.stopContainer('u', id, 1)
  await pass(clock, 1000)
  assert.equal(runtime.podState('u').containers[0]?.exitCode, 137)
})

test('stopping the sandbox ends what runs in it', async () => {
  const { runtime, sandboxId } = await running()
  await runtime.stopSandbox('u', sandboxId)
  assert.equal(runtime.podState('u').sandboxes[0]?.ready, false)
  assert.equal(runtime.podState('u').containers[0]?.phase, 'exited')
  runtime.remove('u')
  assert.deepEqual(runtime.podState('u'), { sandboxes: [], containers: [] })
})

test('a new process takes over from the status', async () => {
  const { runtime, clock } = open()
  const status = {
    name: 'c',
    ready: true,
    restartCount: 3,
    image: 'docker.io/library/nginx:latest',
    imageID: 'r',
    containerID: 'hollow://abc',
  }
  const startedAt = new Date(clock.now() - 5000).toISOString()
  runtime.adopt({
    ...pod(),
    status: { podIPs: [{ ip: '10.1.0.2' }], containerStatuses: [{ ...status, state: { running: { startedAt } } }] },
  })
  const { id, attempt, phase } = runtime.podState('u').containers[0]!
  assert.deepEqual([id, attempt, phase], ['abc', 3, 'running'])
  assert.equal(runtime.imageRef('nginx'), 'r')
  const sandbox = runtime.runSandbox({ metadata: { uid: 'v' }, spec: { containers: [] } }, 0)
  await pass(clock, 100)
  await sandbox
  assert.deepEqual(runtime.podState('v').sandboxes[0]?.ips, ['10.1.0.3'])
})

test('an image that cannot be pulled', async () => {
  const { runtime, clock } = open()
  const pulled = assert.rejects(runtime.pullImage('nginx', pod({ 'hollow.k8ts.io/image-error': 'denied' })), /^Error: denied$/)
  await pass(clock, 100)
  await pulled
  assert.deepEqual(runtime.images(), [])
})

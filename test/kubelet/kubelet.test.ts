// The whole kubelet against an API server in memory, on a clock that only moves when told.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import type { Lease } from '../../openapi/types/coordination/v1.ts'
import type { Event as CoreEvent, Node, Pod, PodSpec } from '../../openapi/types/core/v1.ts'
import { Lease as LeaseKind } from '../../src/api/coordination/lease.ts'
import { ConfigMap as ConfigMapKind } from '../../src/api/core/configmap.ts'
import { Event as EventKind } from '../../src/api/core/event.ts'
import { Namespace as NamespaceKind } from '../../src/api/core/namespace.ts'
import { Node as NodeKind } from '../../src/api/core/node.ts'
import { Pod as PodKind } from '../../src/api/core/pod/index.ts'
import { isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/rest.ts'
import { type KubeletOptions, runKubelet } from '../../src/kubelet/kubelet.ts'
import { type Harness, seeded, settle, start } from '../apiserver/core/harness.ts'

interface World {
  client: Client
  harness: Harness
  /** Moves the clock until the condition holds; fails after `seconds`. */
  until<T>(what: string, look: () => Promise<T | undefined | false>, seconds?: number): Promise<T>
  pod(name: string): Promise<Pod | undefined>
  create(name: string, spec: Partial<PodSpec>, annotations?: Record<string, string>): Promise<void>
  restart(): Promise<void>
}

async function world(t: TestContext, options: Partial<KubeletOptions> = {}): Promise<World> {
  const harness = await start()
  const { clock } = harness
  const client = createClient({
    userAgent: 'kubelet/test',
    transport: async ({ method, path, headers, body, signal }) => {
      const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : Buffer.from(body) }
      const answer = await harness.server.fastify.inject({
        ...{ method: method as 'GET', url: path, headers, payloadAsStream: true, ...payload },
        ...(signal === undefined ? {} : { signal }),
      })
      return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body: answer.stream() }
    },
  })
  for (const name of ['default', 'kube-node-lease']) await client.create(NamespaceKind, { metadata: { name } })
  let stop = new AbortController()
  let ended: Promise<void>
  let ready = false
  const run = () => {
    ready = false
    stop = new AbortController()
    const log = pino({ level: 'silent' })
    const context = { client, clock, random: seeded(3), log, signal: stop.signal, ready: () => (ready = true) }
    ended = runKubelet({ nodeName: 'node-1', ...options }, context)
  }
  const until: World['until'] = async (what, look, seconds = 20) => {
    for (let waited = 0; waited <= seconds * 1000; waited += 50) {
      const found = await look()
      if (found !== undefined && found !== false) return found as never
      await clock.advance(50)
      await settle()
    }
    throw new Error(`not seen within ${seconds} s: ${what}`)
  }
  const restart = async () => {
    stop.abort()
    await settle()
    await ended
    run()
    await until('ready again', async () => ready)
  }
  run()
  t.after(async () => {
    stop.abort()
    await ended
    await harness.close()
  })
  await until('ready', async () => ready)
  await client.patch(NodeKind, { name: 'node-1' }, { spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } }, { type: 'merge' })
  const pod = (name: string) =>
    client.get(PodKind, { name, namespace: 'default' }).catch((error) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  const create: World['create'] = async (name, spec, annotations = {}) => {
    const full = { nodeName: 'node-1', containers: [{ name: 'c', image: 'nginx' }], ...spec }
    await client.create(PodKind, { metadata: { name, namespace: 'default', annotations }, spec: full })
  }
  return { client, harness, until, pod, create, restart }
}

const phaseIs = (w: World, name: string, phase: string) => async () => {
  const pod = await w.pod(name)
  return pod?.status?.phase === phase && pod
}
const ready = (w: World, name: string) => async () => {
  const pod = await w.pod(name)
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') && pod
}
async function events(w: World, name: string): Promise<string[]> {
  await settle()
  const { items } = await w.client.list<CoreEvent>(EventKind as never)
  return items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
}

test('the node registers, is Ready at once, and renews its lease', async (t) => {
  const w = await world(t, { labels: { zone: 'a' } })
  const node = await w.client.get(NodeKind, { name: 'node-1' })
  assert.equal(node.metadata?.labels?.['zone'], 'a')
  assert.equal(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
  const lease = () => w.client.get<Lease>(LeaseKind, { name: 'node-1', namespace: 'kube-node-lease' })
  const first = await lease()
  assert.equal(first.metadata?.ownerReferences?.[0]?.uid, node.metadata?.uid)
  assert.equal(first.spec?.leaseDurationSeconds, 40)
  await w.until('renewal', async () => (await lease()).spec?.renewTime !== first.spec?.renewTime, 25)
  assert.ok((await events(w, 'node-1')).includes('Normal NodeReady: Node node-1 status is now: NodeReady'))
})

test('a deleted node comes back, one marked Unknown is corrected', async (t) => {
  const w = await world(t)
  const uid = (await w.client.get(NodeKind, { name: 'node-1' })).metadata?.uid
  await w.client.delete(NodeKind, { name: 'node-1' })
  const node = await w.until('a new node', () => w.client.get<Node>(NodeKind, { name: 'node-1' }).catch(() => undefined), 25)
  assert.notEqual(node.metadata?.uid, uid)
  const conditions = node.status?.conditions?.map((each) => ({ ...each, status: 'Unknown' })) ?? []
  await w.client.patch(NodeKind, { name: 'node-1' }, { status: { conditions } }, { type: 'merge', subresource: 'status' })
  await w.until('Ready again', async () => {
    const { status } = await w.client.get(NodeKind, { name: 'node-1' })
    return status?.conditions?.every(({ status }) => status !== 'Unknown')
  })
})

test('a pod runs, is deleted with its grace, and is gone', async (t) => {
  const w = await world(t)
  await w.create('a', { initContainers: [{ name: 'i', image: 'busybox' }] })
  const pod = await w.until('ready', ready(w, 'a'), 1)
  assert.equal(pod.status?.phase, 'Running')
  assert.equal(pod.status?.podIP, '10.244.0.2')
  assert.equal(pod.status?.hostIP, '10.0.0.1')
  assert.equal(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed')
  assert.match(pod.status?.containerStatuses?.[0]?.containerID ?? '', /^hollow:\/\/[0-9a-f]{64}$/)
  await w.client.delete(PodKind, { name: 'a', namespace: 'default' })
  await w.until('gone', async () => (await w.pod('a')) === undefined, 1)
  const told = await events(w, 'a')
  for (const expected of [
    'Normal Pulling: Pulling image "nginx"',
    'Normal Created: Container created',
    'Normal Started: Container started',
  ]) {
    assert.ok(told.includes(expected), expected)
  }
  assert.ok(told.includes('Normal Killing: Stopping container c'))
})

test('a slow stop is killed when the grace is over', async (t) => {
  const w = await world(t)
  await w.create('slow', { terminationGracePeriodSeconds: 3 }, { 'hollow.k8ts.io/stop-seconds': '60' })
  await w.until('ready', ready(w, 'slow'))
  await w.client.delete(PodKind, { name: 'slow', namespace: 'default' })
  const asked = w.harness.clock.now()
  await w.until('gone', async () => (await w.pod('slow')) === undefined, 10)
  assert.ok(w.harness.clock.now() - asked >= 3000)
})

test('pods that end', async (t) => {
  const w = await world(t)
  const once = (script: string): Partial<PodSpec> => ({
    restartPolicy: 'Never',
    containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }],
  })
  await w.create('good', once('exit 0'))
  await w.create('bad', once('exit 3'))
  await w.create('late', { activeDeadlineSeconds: 2 })
  await w.create('big', { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '99' } } }] })
  const done = await w.until('Succeeded', phaseIs(w, 'good', 'Succeeded'))
  assert.equal(done.status?.conditions?.find(({ type }) => type === 'Ready')?.reason, 'PodCompleted')
  const failed = await w.until('Failed', phaseIs(w, 'bad', 'Failed'))
  assert.deepEqual(failed.status?.containerStatuses?.[0]?.state?.terminated?.exitCode, 3)
  assert.equal((await w.until('over its deadline', phaseIs(w, 'late', 'Failed'))).status?.reason, 'DeadlineExceeded')
  const refused = await w.until('refused', phaseIs(w, 'big', 'Failed'))
  assert.equal(
    refused.status?.message,
    "Pod was rejected: Node didn't have enough resource: cpu, requested: 99000, used: 0, capacity: 32000",
  )
})

test('a crash loop backs off', async (t) => {
  const w = await world(t)
  await w.create('crash', { containers: [{ name: 'c', image: 'busybox', command: ['false'] }] })
  const waiting = async (restarts: number) => {
    const status = (await w.pod('crash'))?.status?.containerStatuses?.[0]
    return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status.restartCount === restarts && status
  }
  const first = await w.until('first back-off', () => waiting(1))
  assert.match(first.state?.waiting?.message ?? '', /^back-off 10s restarting failed container=c pod=crash_default\(/)
  assert.equal(first.lastState?.terminated?.exitCode, 1)
  const second = await w.until('second back-off', () => waiting(2), 15)
  assert.match(second.state?.waiting?.message ?? '', /^back-off 20s /)
})

test('images that cannot be pulled', async (t) => {
  const w = await world(t)
  await w.create('gone', {}, { 'hollow.k8ts.io/image-error': 'no such image' })
  const reason = (wanted: string) => async () => (await w.pod('gone'))?.status?.containerStatuses?.[0]?.state?.waiting?.reason === wanted
  await w.until('the error', reason('ErrImagePull'))
  await w.until('the back-off', reason('ImagePullBackOff'))
  assert.ok((await events(w, 'gone')).includes('Warning Failed: Failed to pull image "nginx": no such image'))
  await w.client.delete(PodKind, { name: 'gone', namespace: 'default' })
  await w.until('deleted', async () => (await w.pod('gone')) === undefined, 1)
})

test('probes decide on readiness and restarts', async (t) => {
  const w = await world(t)
  const probe = { httpGet: { port: 80 }, periodSeconds: 1, failureThreshold: 1 }
  const containers = [{ name: 'c', image: 'nginx', readinessProbe: probe, livenessProbe: probe }]
  await w.create('probed', { containers }, { 'hollow.k8ts.io/readiness': 'ok after 2s', 'hollow.k8ts.io/liveness': 'fail after 6s' })
  const running = await w.until('Running', phaseIs(w, 'probed', 'Running'))
  assert.equal(running.status?.containerStatuses?.[0]?.ready, false)
  await w.until('ready', ready(w, 'probed'), 4)
  const restarted = async () => (await w.pod('probed'))?.status?.containerStatuses?.[0]?.restartCount === 1
  await w.until('restarted', restarted, 10)
  const told = await events(w, 'probed')
  assert.ok(told.includes('Warning Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500'))
  assert.ok(told.includes('Normal Killing: Container c failed liveness probe, will be restarted'))
})

test('a pod waits for its ConfigMaps', async (t) => {
  const w = await world(t)
  await w.create('env', { containers: [{ name: 'c', image: 'nginx', envFrom: [{ configMapRef: { name: 'settings' } }] }] })
  await w.create('files', { volumes: [{ name: 'v', configMap: { name: 'settings' } }] })
  const state = async (name: string) => (await w.pod(name))?.status?.containerStatuses?.[0]?.state?.waiting
  await w.until('the reason', async () => (await state('env'))?.reason === 'CreateContainerConfigError')
  assert.equal((await state('env'))?.message, 'configmap "settings" not found')
  await w.until('the other', async () => (await state('files'))?.reason === 'ContainerCreating')
  const expected = 'Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "settings" not found'
  assert.ok((await events(w, 'files')).includes(expected))
  await w.client.create(ConfigMapKind, { metadata: { name: 'settings', namespace: 'default' } })
  await w.until('both run', async () => (await ready(w, 'env')()) && (await ready(w, 'files')()), 30)
})

test('a restarted kubelet takes over what ran', async (t) => {
  const w = await world(t)
  await w.create('a', {})
  const before = await w.until('ready', ready(w, 'a'))
  await w.restart()
  await w.create('b', {})
  const second = await w.until('b ready', ready(w, 'b'))
  const after = await w.pod('a')
  assert.deepEqual(after?.status?.containerStatuses, before.status?.containerStatuses)
  assert.equal(after?.metadata?.resourceVersion, before.metadata?.resourceVersion)
  assert.notEqual(second.status?.podIP, before.status?.podIP)
})

test('one process hosts several nodes', async (t) => {
  const w = await world(t, { nodes: 3 })
  const nodes = await w.until('all', async () => {
    const { items } = await w.client.list<Node>(NodeKind)
    return items.length === 3 && items
  })
  assert.deepEqual(nodes.map(({ status }) => status?.addresses?.[0]?.address).sort(), ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  await w.create('a', { nodeName: 'node-3' })
  const pod = await w.until('ready', ready(w, 'a'))
  assert.equal(pod.status?.hostIP, '10.0.0.3')
})

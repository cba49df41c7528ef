// metrics.k8s.io through the whole server; kubelets are a table of summaries.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { metricsApi } from '../../../src/apiserver/metrics-api/index.ts'
import { nodeUsage } from '../../../src/apiserver/metrics-api/summary.ts'
import { settle, start } from '../core/harness.ts'

const at = '2026-03-01T11:59:58Z'
const usage = (cpu: number, memory: number) => ({
  cpu: { time: at, usageNanoCores: cpu, usageCoreNanoSeconds: 5 },
  memory: { time: at, workingSetBytes: memory },
})
const summaries: Record<string, object> = {
  'node-1': {
    node: { nodeName: 'node-1', ...usage(250_000_000, 64 << 20) },
    pods: [
      {
        podRef: { name: 'web', namespace: 'default', uid: '1' },
        containers: [
          { name: 'a', ...usage(100_000_000, 10 << 20) },
          { name: 'b', ...usage(5_000_001, 48_702_464) },
        ],
      },
      { podRef: { name: 'half', namespace: 'default', uid: '2' }, containers: [{ name: 'a', cpu: { time: at } }] },
    ],
  },
}

async function world(t: TestContext, metrics = true) {
  const asked: string[] = []
  const handlers = metricsApi({}, async (node) => {
    asked.push(node)
    if (summaries[node] === undefined) throw new Error('connection refused')
    return nodeUsage(JSON.stringify(summaries[node]))
  })
  const harness = await start({}, { subresources: metrics ? handlers : [] })
  t.after(harness.close)
  const make = (path: string, body: object) => harness.call('POST', path, body)
  await make('/api/v1/namespaces', { metadata: { name: 'default' } })
  for (const [name, tier] of [
    ['node-1', 'fast'],
    ['node-2', 'slow'],
  ])
    await make('/api/v1/nodes', { metadata: { name, labels: { tier } } })
  for (const name of ['web', 'half', 'idle']) {
    const containers = [{ name: 'a', image: 'a' }]
    const spec = { nodeName: name === 'idle' ? 'node-2' : 'node-1', containers }
    const made = await make('/api/v1/namespaces/default/pods', { metadata: { name, labels: { app: name } }, spec })
    await harness.call('PUT', `/api/v1/namespaces/default/pods/${name}/status`, { ...made.body, status: { phase: 'Running' } })
  }
  return {
    ...harness,
    asked,
    get: (path: string, accept?: string) =>
      harness.call('GET', `/apis/metrics.k8s.io/v1beta1${path}`, undefined, accept === undefined ? {} : { accept }),
  }
}

const pods = '/namespaces/default/pods'
const notFoundTexts = [
  { name: 'a node whose kubelet is silent', path: '/nodes/node-2', want: 'nodemetrics.metrics.k8s.io "node-2" not found' },
  { name: 'no such node', path: '/nodes/node-3', want: 'nodes "node-3" not found' },
  { name: 'a pod that is not measured', path: `${pods}/half`, want: 'podmetrics.metrics.k8s.io "default/half" not found' },
  { name: 'no such pod', path: `${pods}/none`, want: 'pods "none" not found' },
]

test('one node and one pod, as metrics-server writes them', async (t) => {
  const { get } = await world(t)
  const now = '2026-03-01T12:00:00Z'
  const head = { apiVersion: 'metrics.k8s.io/v1beta1' }
  const measured = { timestamp: at, window: '10s' }
  assert.deepEqual((await get('/nodes/node-1')).body, {
    kind: 'NodeMetrics',
    ...head,
    metadata: { name: 'node-1', creationTimestamp: now, labels: { tier: 'fast' } },
    ...measured,
    usage: { cpu: '250m', memory: '64Mi' },
  })
  assert.deepEqual((await get(`${pods}/web`)).body, {
    kind: 'PodMetrics',
    ...head,
    metadata: { name: 'web', namespace: 'default', creationTimestamp: now, labels: { app: 'web' } },
    ...measured,
    containers: [
      { name: 'a', usage: { cpu: '100m', memory: '10Mi' } },
      { name: 'b', usage: { cpu: '5000001n', memory: '47561Ki' } },
    ],
  })
})

test('what has no metrics is not found', async (t) => {
  const { get } = await world(t)
  for (const { name, path, want } of notFoundTexts) {
    const { code, body } = await get(path)
    assert.deepEqual([code, body.message], [404, want], name)
  }
})

test('lists leave out what is not measured, and select by label and field', async (t) => {
  const { get, asked } = await world(t)
  const names = async (path: string) => (await get(path)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name)
  assert.deepEqual(await names('/nodes?labelSelector=tier%3Dslow'), [])
  assert.deepEqual(asked, ['node-2'])
  assert.deepEqual(await names('/nodes'), ['node-1'])
  assert.deepEqual(await names('/pods'), ['web'])
  assert.deepEqual(await names(`${pods}?labelSelector=app%3Dhalf`), [])
  assert.deepEqual(await names('/pods?fieldSelector=metadata.name%3Dweb'), ['web'])
  assert.equal((await get('/pods?fieldSelector=spec.x%3Dy')).code, 400)
})

test('an answer of a kubelet is kept for some seconds, a refusal is not', async (t) => {
  const { get, asked, clock } = await world(t)
  await Promise.all([get('/nodes'), get('/nodes/node-1')])
  await get('/nodes')
  await settle()
  assert.equal(asked.filter((node) => node === 'node-1').length, 1)
  assert.ok(asked.filter((node) => node === 'node-2').length > 1)
  await clock.advance(6000)
  await get('/nodes')
  assert.equal(asked.filter((node) => node === 'node-1').length, 2)
})

test('tables have the columns of metrics-server', async (t) => {
  const { get } = await world(t)
  const { body } = await get('/pods', 'application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual(
    body.columnDefinitions.map((column: { name: string; format: string }) => [column.name, column.format]),
    [
      ['Name', 'name'],
      ['cpu', 'quantity'],
      ['memory', 'quantity'],
      ['Window', 'duration'],
    ],
  )
  assert.deepEqual(body.rows[0].cells, ['web', '105000001n', '57801Ki', '10s'])
})

test('nothing is written through it', async (t) => {
  const { call } = await world(t)
  for (const method of ['POST', 'DELETE']) assert.equal((await call(method, `/apis/metrics.k8s.io/v1beta1${pods}`, {})).code, 405, method)
  assert.equal((await call('GET', '/apis/metrics.k8s.io/v1beta1/nodes?watch=true')).code, 405)
})

// @kubernetes/client-node, unmodified, against a cluster of processes: CRUD, patches, watch, informer, object API.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  type V1Deployment,
  type V1Pod,
  VersionApi,
  Watch,
} from '@kubernetes/client-node'
import { startTestCluster, type TestCluster } from '../support/cluster.ts'
import { eventually } from './eventually.ts'

const namespace = 'client-node'
let cluster: TestCluster
let config: KubeConfig
let core: CoreV1Api
let apps: AppsV1Api

before(async () => {
  cluster = await startTestCluster()
  config = new KubeConfig()
  config.loadFromFile(cluster.kubeconfig)
  core = config.makeApiClient(CoreV1Api)
  apps = config.makeApiClient(AppsV1Api)
  await core.createNamespace({ body: { metadata: { name: namespace } } })
})
after(async () => {
  await core?.deleteNamespace({ name: namespace }).catch(() => {})
  await cluster?.stop()
})

const deployment = (name: string): V1Deployment => ({
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
  },
})

test('objects are created, read, replaced, listed and deleted', async () => {
  const made = await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: 'a', labels: { set: 'crud' } }, data: { k: '1' } },
  })
  assert.equal(made.data?.['k'], '1')
  assert.ok(made.metadata?.creationTimestamp instanceof Date)
  const read = await core.readNamespacedConfigMap({ namespace, name: 'a' })
  assert.equal(read.metadata?.uid, made.metadata?.uid)
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...read, data: { k: '2' } } })
  assert.equal(replaced.data?.['k'], '2')
  await assert.rejects(core.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...read, data: { k: '3' } } }), { code: 409 })
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'set=crud' })
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['a'],
  )
  const status = await core.deleteNamespacedConfigMap({ namespace, name: 'a' })
  assert.equal(status.status, 'Success')
  await assert.rejects(core.readNamespacedConfigMap({ namespace, name: 'a' }), { code: 404 })
})

test('lists come in pages', async () => {
  for (const name of ['p1', 'p2', 'p3'])
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { set: 'pages' } } } })
  const names: (string | undefined)[] = []
  let _continue: string | undefined
  do {
    const page = await core.listNamespacedConfigMap({
      namespace,
      labelSelector: 'set=pages',
      limit: 2,
      ...(_continue ? { _continue } : {}),
    })
    names.push(...page.items.map(({ metadata }) => metadata?.name))
    _continue = page.metadata?._continue
  } while (_continue)
  assert.deepEqual(names, ['p1', 'p2', 'p3'])
})

test('the three patches and apply', async () => {
  await apps.createNamespacedDeployment({
    namespace,
    body: { ...deployment('patched'), spec: { ...deployment('patched').spec!, replicas: 0 } },
  })
  const patch = (body: unknown, strategy: string, more = {}) =>
    apps.patchNamespacedDeployment({ namespace, name: 'patched', body, ...more }, setHeaderOptions('Content-Type', strategy))
  const container = { name: 'side', image: 'busybox' }
  const strategic = await patch({ spec: { template: { spec: { containers: [container] } } } }, PatchStrategy.StrategicMergePatch)
  assert.deepEqual(
    strategic.spec?.template.spec?.containers.map(({ name }) => name),
    ['side', 'web'],
  )
  const merged = await patch({ metadata: { labels: { tier: 'front' } } }, PatchStrategy.MergePatch)
  assert.equal(merged.metadata?.labels?.['tier'], 'front')
  const json = await patch([{ op: 'replace', path: '/spec/replicas', value: 1 }], PatchStrategy.JsonPatch)
  assert.equal(json.spec?.replicas, 1)
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'patched' }, spec: { replicas: 3 } }
  await assert.rejects(patch(body, PatchStrategy.ServerSideApply, { fieldManager: 'test' }), { code: 409 })
  const applied = await patch(body, PatchStrategy.ServerSideApply, { fieldManager: 'test', force: true })
  assert.equal(applied.spec?.replicas, 3)
  await apps.deleteNamespacedDeployment({ namespace, name: 'patched' })
})

test('scale, and the status that follows', async () => {
  await apps.createNamespacedDeployment({ namespace, body: deployment('web') })
  const ready = (count: number) => async () =>
    (await apps.readNamespacedDeploymentStatus({ namespace, name: 'web' })).status?.readyReplicas === count
  await eventually(ready(2), 'two pods are ready')
  const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'web' })
  await apps.replaceNamespacedDeploymentScale({ namespace, name: 'web', body: { ...scale, spec: { replicas: 3 } } })
  await eventually(ready(3), 'three pods are ready')
  await apps.deleteNamespacedDeployment({ namespace, name: 'web' })
  await eventually(
    async () => (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items.length === 0,
    'its pods are gone',
  )
})

test('watch brings every change in order', async () => {
  const events: string[] = []
  const list = await core.listNamespacedConfigMap({ namespace })
  const request = await new Watch(config).watch(
    `/api/v1/namespaces/${namespace}/configmaps`,
    { resourceVersion: list.metadata?.resourceVersion, labelSelector: 'set=watch' },
    (type: string, object: V1ConfigMap) => events.push(`${type} ${object.metadata?.name} ${object.data?.['k'] ?? ''}`.trim()),
    () => {},
  )
  const labels = { set: 'watch' }
  await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'w', labels }, data: { k: '1' } } })
  await core.replaceNamespacedConfigMap({ namespace, name: 'w', body: { metadata: { name: 'w', labels }, data: { k: '2' } } })
  await core.deleteNamespacedConfigMap({ namespace, name: 'w' })
  await eventually(() => events.length === 3, 'three events')
  request.abort()
  assert.deepEqual(events, ['ADDED w 1', 'MODIFIED w 2', 'DELETED w 2'])
})

test('an informer keeps its cache', async () => {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const informer = makeInformer<V1Pod>(config, path, () => core.listNamespacedPod({ namespace }))
  const seen: string[] = []
  for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, (pod) => seen.push(`${verb} ${pod.metadata?.name}`))
  informer.on('error', (error) => seen.push(`error ${String(error)}`))
  await informer.start()
  await core.createNamespacedPod({ namespace, body: { metadata: { name: 'one' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } })
  await eventually(() => informer.get('one', namespace)?.status?.phase === 'Running', 'the pod runs in the cache')
  await core.deleteNamespacedPod({ namespace, name: 'one' })
  await eventually(() => seen.includes('delete one'), 'its deletion is told')
  await informer.stop()
  assert.equal(informer.get('one', namespace), undefined)
  assert.equal(seen[0], 'add one')
  assert.ok(!seen.some((line) => line.startsWith('error')), seen.join('\n'))
})

test('the object API finds kinds by discovery', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const spec = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'np', namespace }, spec: { podSelector: {} } }
  await objects.create(spec)
  const read = await objects.read(spec)
  assert.equal(read.metadata?.name, 'np')
  await objects.delete(spec)
  const custom = config.makeApiClient(CustomObjectsApi)
  const list = await custom.listNamespacedCustomObject({ group: 'apps', version: 'v1', namespace, plural: 'replicasets' })
  assert.equal(list.kind, 'ReplicaSetList')
  assert.equal((await config.makeApiClient(VersionApi).getCode()).minor, '36')
})

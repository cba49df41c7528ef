import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineKind, Registry } from '../../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import { fromJsonSchema } from '../../../src/apimachinery/schema/from-json-schema.ts'
import type { Json } from '../../../src/apiserver/openapi/definitions.ts'
import { openApiV2 } from '../../../src/apiserver/openapi/v2.ts'
import { documentHash, openApiV3, openApiV3Discovery, openApiV3Index } from '../../../src/apiserver/openapi/v3.ts'

const deployment = defineKind<KubeObject>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  scope: 'Namespaced',
  subresources: { status: true, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
})
const pod = defineKind<KubeObject>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  scope: 'Namespaced',
  subresources: { status: true, others: ['binding', 'eviction', 'exec', 'log', 'proxy', 'resize'] },
})
const crontab = defineKind<KubeObject>({
  group: 'stable.example.com',
  version: 'v1',
  kind: 'CronTab',
  resource: 'crontabs',
  scope: 'Namespaced',
  custom: true,
  schema: fromJsonSchema({
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { cronSpec: { type: 'string' }, replicas: { type: 'integer', minimum: 0, nullable: true } } },
    },
  }),
})
const resolved = new Registry([deployment, pod, crontab]).resolved()
const options = {
  serverVersion: 'v1.36.0',
  descriptions: { 'io.k8s.api.apps.v1.Deployment': { '': 'Keeps pods running.', spec: 'What is wanted.' } },
}
const of = (group: string) => {
  const kinds = resolved.filter((one) => one.group === group)
  return viaJson(openApiV3({ group, version: 'v1' }, kinds, options))
}

/** As a client sees it. */
function viaJson(document: Json) {
  return JSON.parse(JSON.stringify(document))
}

/** Every $ref of a document that leads nowhere. */
function dangling(document: Json, schemas: Json, prefix: string): string[] {
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)
  return [...references].map((match) => match[1]!).filter((reference) => !Object.hasOwn(schemas, reference.slice(prefix.length)))
}

test('v3 tells kubectl what it looks for', () => {
  const document = of('apps')
  const item = document.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']
  assert.deepEqual(
    item.patch.parameters.map((one: Json) => one['name']),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  )
  assert.deepEqual(Object.keys(item.patch.requestBody.content), [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
  ])
  assert.deepEqual(item.patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' })
  assert.deepEqual(
    item.parameters.map((one: Json) => one['name']),
    ['name', 'namespace', 'pretty'],
  )
  const schema = document.components.schemas['io.k8s.api.apps.v1.Deployment']
  assert.deepEqual(schema['x-kubernetes-group-version-kind'], [{ group: 'apps', kind: 'Deployment', version: 'v1' }])
  assert.equal(schema.description, 'Keeps pods running.')
  assert.deepEqual(schema.properties.spec, {
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec' }],
    description: 'What is wanted.',
    default: {},
  })
})

test('v3 definitions have the form of the published ones', () => {
  const schemas = of('').components.schemas
  const cases = [
    {
      name: 'list map',
      given: schemas['io.k8s.api.core.v1.Container'].properties.ports,
      want: {
        type: 'array',
        items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.ContainerPort' }], default: {} },
        'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-patch-merge-key': 'containerPort',
        'x-kubernetes-patch-strategy': 'merge',
      },
    },
    {
      name: 'int-or-string',
      given: schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString'],
      want: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
    },
    {
      name: 'quantity',
      given: schemas['io.k8s.apimachinery.pkg.api.resource.Quantity'],
      want: { oneOf: [{ type: 'string' }, { type: 'number' }] },
    },
    { name: 'time', given: schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Time'], want: { type: 'string', format: 'date-time' } },
    {
      name: 'enum and default',
      given: schemas['io.k8s.api.core.v1.ContainerPort'].properties.protocol,
      want: { type: 'string', enum: ['SCTP', 'TCP', 'UDP'], default: 'TCP' },
    },
    {
      name: 'zero default of what Go always writes',
      given: schemas['io.k8s.api.core.v1.ContainerPort'].properties.containerPort,
      want: { type: 'integer', format: 'int32', default: 0 },
    },
    {
      name: 'atomic struct',
      given: schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']['x-kubernetes-map-type'],
      want: 'atomic',
    },
  ]
  for (const { name, given, want } of cases) assert.deepEqual(given, want, name)
})

test('operation ids are those from which clients are generated', () => {
  const paths = { ...of('').paths, ...of('apps').paths }
  const cases = [
    { path: '/api/v1/pods', method: 'get', want: ['listCoreV1PodForAllNamespaces', 'list'] },
    { path: '/api/v1/namespaces/{namespace}/pods', method: 'delete', want: ['deleteCoreV1CollectionNamespacedPod', 'deletecollection'] },
    { path: '/api/v1/namespaces/{namespace}/pods/{name}/exec', method: 'post', want: ['connectCoreV1PostNamespacedPodExec', 'connect'] },
    {
      path: '/api/v1/namespaces/{namespace}/pods/{name}/proxy/{path}',
      method: 'get',
      want: ['connectCoreV1GetNamespacedPodProxyWithPath', 'connect'],
    },
    { path: '/api/v1/namespaces/{namespace}/pods/{name}/eviction', method: 'post', want: ['createCoreV1NamespacedPodEviction', 'post'] },
    { path: '/api/v1/namespaces/{namespace}/pods/{name}/resize', method: 'patch', want: ['patchCoreV1NamespacedPodResize', 'patch'] },
    { path: '/api/v1/watch/pods', method: 'get', want: ['watchCoreV1PodListForAllNamespaces', 'watchlist'] },
    {
      path: '/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale',
      method: 'put',
      want: ['replaceAppsV1NamespacedDeploymentScale', 'put'],
    },
    { path: '/apis/apps/v1/', method: 'get', want: ['getAppsV1APIResources', undefined] },
  ]
  for (const { path, method, want } of cases) {
    const operation = paths[path]?.[method]
    assert.deepEqual([operation?.operationId, operation?.['x-kubernetes-action']], want, `${method} ${path}`)
  }
})

test('custom resources are published with their own schema', async () => {
  const schema = of('stable.example.com').components.schemas['com.example.stable.v1.CronTab']
  assert.deepEqual(Object.keys(schema.properties), ['apiVersion', 'kind', 'metadata', 'spec'])
  assert.deepEqual(schema.properties.spec.properties.replicas, { type: 'integer', nullable: true, minimum: 0 })
  assert.deepEqual(schema['x-kubernetes-group-version-kind'], [{ group: 'stable.example.com', kind: 'CronTab', version: 'v1' }])
  const v2 = viaJson(await openApiV2(resolved, options))
  assert.deepEqual(v2.definitions['com.example.stable.v1.CronTab'].properties.spec.properties.replicas, { minimum: 0 })
  assert.equal(
    v2.paths['/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}'].patch.consumes.includes(
      'application/strategic-merge-patch+json',
    ),
    false,
  )
})

test('no reference leads nowhere', async () => {
  for (const group of ['', 'apps', 'stable.example.com']) {
    const document = of(group)
    assert.deepEqual(dangling(document, document.components.schemas, '#/components/schemas/'), [])
  }
  const v2 = viaJson(await openApiV2(resolved, options))
  assert.deepEqual(dangling(v2, v2.definitions, '#/definitions/'), [])
})

test('the index names every document with the hash of its bytes', () => {
  const hash = documentHash('{}')
  assert.deepEqual(
    openApiV3Index(
      new Map([
        ['apis/apps/v1', hash],
        ['api/v1', 'B'],
      ]),
    ),
    {
      paths: {
        'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=B' },
        'apis/apps/v1': { serverRelativeURL: `/openapi/v3/apis/apps/v1?hash=${hash}` },
      },
    },
  )
  assert.match(hash, /^[0-9A-F]{128}$/)
  assert.deepEqual([...openApiV3Discovery(['', 'apps'], options).keys()], ['api', 'apis', 'version', 'apis/apps'])
})

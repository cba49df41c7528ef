import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitionNames, factsOf, hasSchema, schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'

const core = 'io.k8s.api.core.v1'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

test('sample fields carry the facts of the published API', () => {
  const container = schemaOf(`${core}.Container`).properties!
  const cases = [
    {
      name: 'Container.ports',
      given: container['ports'],
      want: { listType: 'map', listMapKeys: ['containerPort', 'protocol'], patchStrategy: ['merge'], patchMergeKey: 'containerPort' },
    },
    {
      name: 'Container.env',
      given: container['env'],
      want: { listType: 'map', listMapKeys: ['name'], patchStrategy: ['merge'], patchMergeKey: 'name' },
    },
    { name: 'Container.args', given: container['args'], want: { listType: 'atomic', type: 'array' } },
    {
      name: 'Container.resources is a struct that Go always writes',
      given: container['resources'],
      want: { omitEmpty: undefined, pointer: undefined },
    },
    {
      name: 'ContainerPort.protocol',
      given: container['ports']!.items!.properties!['protocol'],
      want: { default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] },
    },
    {
      name: 'ServiceSpec.ports',
      given: schemaOf(`${core}.ServiceSpec`).properties!['ports'],
      want: { listMapKeys: ['port', 'protocol'], patchMergeKey: 'port' },
    },
    { name: 'ServiceSpec.selector', given: schemaOf(`${core}.ServiceSpec`).properties!['selector'], want: { mapType: 'atomic' } },
    { name: 'LabelSelector', given: schemaOf(`${meta}.LabelSelector`), want: { mapType: 'atomic' } },
    {
      name: 'PodSpec.volumes',
      given: schemaOf(`${core}.PodSpec`).properties!['volumes'],
      want: { patchStrategy: ['merge', 'retainKeys'], patchMergeKey: 'name' },
    },
    {
      name: 'DeploymentSpec.replicas',
      given: schemaOf('io.k8s.api.apps.v1.DeploymentSpec').properties!['replicas'],
      want: { pointer: true, omitEmpty: true, format: 'int32' },
    },
    {
      name: 'PersistentVolumeSpec.claimRef',
      given: schemaOf(`${core}.PersistentVolumeSpec`).properties!['claimRef'],
      want: { mapType: 'granular' },
    },
    {
      name: 'an inlined field lies in its message',
      given: schemaOf(`${core}.Volume`).properties!['hostPath'],
      want: { proto: { number: 1, wire: 'bytes', via: [2] } },
    },
    {
      name: 'ObjectMeta.finalizers',
      given: schemaOf(`${meta}.ObjectMeta`).properties!['finalizers'],
      want: { listType: 'set', patchStrategy: ['merge'] },
    },
  ]
  for (const { name, given, want } of cases) {
    for (const [key, value] of Object.entries(want)) assert.deepEqual(given![key as keyof typeof given], value, `${name}: ${key}`)
  }
})

test('required fields are those of the published document', () => {
  const cases = [
    { given: `${core}.Container`, want: ['name'] },
    { given: `${core}.ContainerPort`, want: ['containerPort'] },
    { given: `${core}.PodSpec`, want: ['containers'] },
    { given: 'io.k8s.api.apps.v1.DeploymentSpec', want: ['selector', 'template'] },
    { given: `${meta}.OwnerReference`, want: ['apiVersion', 'kind', 'name', 'uid'] },
    { given: 'io.k8s.api.rbac.v1.RoleBinding', want: ['roleRef'] },
    { given: `${core}.ServiceSpec`, want: undefined },
  ]
  for (const { given, want } of cases) assert.deepEqual(schemaOf(given).required?.toSorted(), want, given)
})

test('the number of facts of a kind does not shrink unseen', () => {
  const fields = definitionNames().flatMap((name) => Object.values(factsOf(name)?.f ?? {}))
  const count = (key: 'r' | 'pk' | 'lt' | 'lk' | 'p' | 'e') => fields.filter((field) => field[key] !== undefined).length
  assert.ok(definitionNames().length > 1200)
  assert.ok(fields.length > 4000)
  assert.ok(count('r') > 1000)
  assert.ok(count('pk') > 80)
  assert.ok(count('lt') > 500)
  assert.ok(count('lk') > 100)
  assert.ok(count('e') > 100)
})

test('nodes of a type share their properties, so a type may contain itself', () => {
  const pod = schemaOf(`${core}.Pod`)
  assert.equal(pod.properties!['spec']!.properties, schemaOf(`${core}.PodSpec`).properties)
  assert.equal(schemaOf(`${core}.PodTemplateSpec`).properties!['spec']!.properties, schemaOf(`${core}.PodSpec`).properties)
  const props = schemaOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  assert.equal(props.properties!['not']!.properties, props.properties)
})

test('names of the prototype are no fields and no definitions', () => {
  assert.equal(schemaOf(`${core}.Pod`).properties!['constructor'], undefined)
  assert.equal(hasSchema('constructor'), false)
  assert.throws(() => schemaOf('io.k8s.api.core.v1.Nothing'), /no definition io.k8s.api.core.v1.Nothing/)
})

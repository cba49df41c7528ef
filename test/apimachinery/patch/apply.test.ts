import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import type { ManagedFieldsEntry } from '../../../src/apimachinery/meta.ts'
import { type Application, type Applied, applyPatch } from '../../../src/apimachinery/patch/apply.ts'
import type { JsonObject } from '../../../src/apimachinery/patch/json-values.ts'
import { recordUpdate } from '../../../src/apimachinery/patch/managed-fields.ts'
import { schemaOf } from '../../../src/apimachinery/schema/from-openapi.ts'

const configMap = schemaOf('io.k8s.api.core.v1.ConfigMap')
const deployment = schemaOf('io.k8s.api.apps.v1.Deployment')
const pod = schemaOf('io.k8s.api.core.v1.Pod')

type Given = Partial<Application> & Pick<Application, 'patch'>
const apply = (given: Given): Applied =>
  applyPatch({ live: undefined, manager: 'm', force: false, apiVersion: 'v1', kind: 'ConfigMap', now: 1_000, schema: configMap, ...given })

const stored = ({ object, managedFields }: Applied): JsonObject =>
  deepFreeze({ ...object, metadata: { ...(object.metadata as JsonObject), uid: 'u', ...(managedFields ? { managedFields } : {}) } })

const cm = (data: JsonObject | undefined, metadata: JsonObject = {}): JsonObject =>
  deepFreeze({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n', ...metadata }, ...(data ? { data } : {}) })

const owners = (entries: ManagedFieldsEntry[] | undefined) => entries?.map((entry) => [entry.manager, entry.operation, entry.fieldsV1])

test('apply creates: the manager owns exactly what it said', () => {
  const { object, managedFields } = apply({ patch: cm({ a: '1' }, { labels: { x: 'y' } }) })
  assert.deepEqual(object, cm({ a: '1' }, { labels: { x: 'y' } }))
  assert.deepEqual(managedFields, [
    {
      manager: 'm',
      operation: 'Apply',
      apiVersion: 'v1',
      time: '1970-01-01T00:00:01Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } },
    },
  ])
})

test('apply again: nothing changes, not even the time', () => {
  const first = apply({ patch: cm({ a: '1' }) })
  const second = apply({ live: stored(first), patch: cm({ a: '1' }), now: 9_000 })
  assert.deepEqual(second.managedFields, first.managedFields)
})

test('a field dropped from the configuration is removed', () => {
  const first = apply({ patch: cm({ a: '1', b: '2' }) })
  const second = apply({ live: stored(first), patch: cm({ a: '1' }), now: 2_000 })
  assert.deepEqual(second.object.data, { a: '1' })
  assert.deepEqual(owners(second.managedFields), [['m', 'Apply', { 'f:data': { 'f:a': {} } }]])
})

test('the last field of a struct field takes the struct along', () => {
  const first = apply({ patch: cm({ a: '1' }) })
  const second = apply({ live: stored(first), patch: cm(undefined), now: 2_000 })
  assert.equal('data' in second.object, false)
  assert.equal(second.managedFields, undefined)
})

test('a dropped field that another applier owns stays', () => {
  const first = apply({ patch: cm({ a: '1', b: '2' }) })
  const shared = apply({ live: stored(first), patch: cm({ b: '2' }), manager: 'other' })
  assert.deepEqual(owners(shared.managedFields), [
    ['other', 'Apply', { 'f:data': { 'f:b': {} } }],
    ['m', 'Apply', { 'f:data': { 'f:a': {}, 'f:b': {} } }],
  ])
  const dropped = apply({ live: stored(shared), patch: cm({ a: '1' }), now: 2_000 })
  assert.deepEqual(dropped.object.data, { a: '1', b: '2' })
})

test('a dropped list item goes with all its own fields, an item with foreign fields stays with those', () => {
  const containers = (...list: JsonObject[]) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: list } })
  const podApply = (given: Given) => apply({ schema: pod, kind: 'Pod', ...given })
  const first = podApply({ patch: containers({ name: 'a', image: 'x' }, { name: 'b', image: 'y' }) })
  const other = podApply({ live: stored(first), patch: containers({ name: 'b', workingDir: '/w' }), manager: 'other' })
  const dropped = podApply({ live: stored(other), patch: containers({ name: 'a', image: 'x' }), now: 2_000 })
  assert.deepEqual(dropped.object.spec, {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'b', workingDir: '/w' },
    ],
  })
  const last = podApply({ live: stored(dropped), patch: containers(), manager: 'other', now: 3_000 })
  assert.deepEqual(last.object.spec, { containers: [{ name: 'a', image: 'x' }] })
})

test('lists follow the order of the configuration; live items in between keep their place', () => {
  const spec = (...names: string[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: names.map((name) => ({ name })) },
  })
  const podApply = (given: Given) => apply({ schema: pod, kind: 'Pod', force: true, ...given })
  const live = stored(podApply({ patch: spec('a', 's', 'b') }))
  const got = podApply({ live, patch: spec('b', 'a', 'n'), manager: 'other' })
  assert.deepEqual(
    (got.object.spec as { containers: JsonObject[] }).containers.map(({ name }) => name),
    ['s', 'b', 'a', 'n'],
  )
})

test('an atomic list is replaced', () => {
  const spec = (...keys: string[]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { tolerations: keys.map((key) => ({ key })) },
  })
  const live = stored(apply({ schema: pod, kind: 'Pod', patch: spec('a', 'b') }))
  const got = apply({ schema: pod, kind: 'Pod', live, patch: spec('c') })
  assert.deepEqual(got.object.spec, { tolerations: [{ key: 'c' }] })
})

const updatedBy = (manager: string, data: JsonObject, subresource?: string) => {
  const managedFields = recordUpdate({
    live: undefined,
    updated: cm(data),
    manager,
    apiVersion: 'v1',
    now: 1_000,
    schema: configMap,
    ...(subresource ? { subresource } : {}),
  })
  return stored({ object: cm(data), managedFields })
}

const conflicts = [
  {
    name: 'with an updater',
    live: updatedBy('kubectl-create', { k: '1' }),
    patch: cm({ k: '2' }),
    want: 'Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .data.k',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl-create" using v1', field: '.data.k' }],
  },
  {
    name: 'with an applier',
    live: stored(apply({ patch: cm({ k: '1' }), manager: 'm1' })),
    patch: cm({ k: '2' }),
    want: 'Apply failed with 1 conflict: conflict with "m1": .data.k',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "m1"', field: '.data.k' }],
  },
  {
    name: 'with a subresource',
    live: updatedBy('ctl', { k: '1' }, 'status'),
    patch: cm({ k: '2' }),
    want: 'Apply failed with 1 conflict: conflict with "ctl" with subresource "status" using v1: .data.k',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "ctl" with subresource "status" using v1', field: '.data.k' }],
  },
  {
    name: 'several',
    live: updatedBy('u', { k: '1', l: '1' }),
    patch: cm({ k: '2', l: '2' }),
    want: 'Apply failed with 2 conflicts: conflicts with "u" using v1:\n- .data.k\n- .data.l',
    causes: [
      { reason: 'FieldManagerConflict', message: 'conflict with "u" using v1', field: '.data.k' },
      { reason: 'FieldManagerConflict', message: 'conflict with "u" using v1', field: '.data.l' },
    ],
  },
]

for (const { name, live, patch, want, causes } of conflicts) {
  test(`conflict ${name}`, () => {
    assert.throws(() => apply({ live, patch }), { code: 409, reason: 'Conflict', message: want, details: { causes } })
  })
}

test('conflicts name list items by their keys', () => {
  const object = (image: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'nginx', image, ports: [{ containerPort: 80, name: image }] }] },
  })
  const live = stored(apply({ schema: pod, kind: 'Pod', patch: object('a') }))
  assert.throws(() => apply({ live, schema: pod, kind: 'Pod', patch: object('b'), manager: 'n' }), {
    message:
      'Apply failed with 2 conflicts: conflicts with "m":\n- .spec.containers[name="nginx"].image\n- .spec.containers[name="nginx"].ports[containerPort=80,protocol="TCP"].name',
  })
})

test('force takes the field from its owner', () => {
  const got = apply({ live: updatedBy('u', { k: '1' }), patch: cm({ k: '2' }), force: true })
  assert.deepEqual(owners(got.managedFields), [
    ['m', 'Apply', { 'f:data': { 'f:k': {} } }],
    ['u', 'Update', { 'f:data': {} }],
  ])
})

test('the same value is shared without conflict', () => {
  const got = apply({ live: updatedBy('u', { k: '1' }), patch: cm({ k: '1' }) })
  assert.deepEqual(
    owners(got.managedFields)?.map(([manager]) => manager),
    ['m', 'u'],
  )
})

test('an object nobody tracked belongs to before-first-apply', () => {
  const got = apply({ live: cm({ k: '1', l: '1' }, { uid: 'u' }), patch: cm({ k: '1' }) })
  assert.deepEqual(owners(got.managedFields), [
    ['m', 'Apply', { 'f:data': { 'f:k': {} } }],
    ['before-first-apply', 'Update', { 'f:data': { '.': {}, 'f:k': {}, 'f:l': {} } }],
  ])
  assert.throws(() => apply({ live: cm({ k: '1' }, { uid: 'u' }), patch: cm({ k: '2' }) }), {
    message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.k',
  })
})

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

test('kubectl takes over from its client-side apply and keeps the annotation up to date', () => {
  const lastApplied = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { annotations: {}, name: 'c', namespace: 'n' },
    data: { k: '1' },
  })
  const object = cm({ k: '1' }, { annotations: { [annotation]: lastApplied } })
  const managedFields = recordUpdate({
    live: undefined,
    updated: object,
    manager: 'kubectl-client-side-apply',
    apiVersion: 'v1',
    now: 0,
    schema: configMap,
  })
  const live = stored({ object, managedFields })
  const got = apply({ live, patch: cm({ k: '2' }), manager: 'kubectl' })
  assert.deepEqual(got.object.data, { k: '2' })
  assert.equal(
    (got.object.metadata as { annotations: Record<string, string> }).annotations[annotation],
    '{"apiVersion":"v1","data":{"k":"2"},"kind":"ConfigMap","metadata":{"name":"c","namespace":"n"}}\n',
  )
  assert.throws(() => apply({ live, patch: cm({ k: '2' }), manager: 'helm' }), { code: 409 })
})

test('kubectl does not take over what others changed since', () => {
  const lastApplied = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { k: '0' } })
  const object = cm({ k: '1' }, { annotations: { [annotation]: lastApplied } })
  const managedFields = recordUpdate({ live: undefined, updated: object, manager: 'edit', apiVersion: 'v1', now: 0, schema: configMap })
  assert.throws(() => apply({ live: stored({ object, managedFields }), patch: cm({ k: '2' }), manager: 'kubectl' }), {
    message: 'Apply failed with 1 conflict: conflict with "edit" using v1: .data.k',
  })
})

const refused = [
  {
    name: 'kind of another',
    given: { patch: { apiVersion: 'apps/v1', kind: 'Deployment' } },
    want: { code: 400, message: 'invalid object type: apps/v1, Kind=Deployment' },
  },
  { name: 'no version', given: { patch: { kind: 'ConfigMap' } }, want: { code: 400, message: 'invalid object type: /, Kind=ConfigMap' } },
  {
    name: 'managedFields in the patch',
    given: { patch: cm({}, { managedFields: [] }) },
    want: { code: 400, message: 'metadata.managedFields must be nil' },
  },
  {
    name: 'undeclared field',
    given: { patch: { ...cm({}), spec: {} } },
    want: {
      code: 500,
      reason: '',
      message: 'failed to create typed patch object (n/c; /v1, Kind=ConfigMap): .spec: field not declared in schema',
    },
  },
  {
    name: 'wrong type',
    given: { patch: cm({ k: true }) },
    want: {
      code: 500,
      message:
        'failed to create typed patch object (n/c; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:true}',
    },
  },
  {
    name: 'several errors in a list',
    given: {
      schema: deployment,
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      patch: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { replicas: 'x', template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } },
      },
    },
    want: {
      message:
        'failed to create typed patch object (/d; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.template.spec.containers: duplicate entries for key [name="a"]',
    },
  },
  {
    name: 'unreadable owners',
    given: { live: cm({}, { managedFields: [{ operation: 'X' }] }), patch: cm({}) },
    want: { code: 500, message: 'failed to decode managed fields: operation must be `Apply` or `Update`' },
  },
]

for (const { name, given, want } of refused) test(`apply refuses: ${name}`, () => assert.throws(() => apply(given as Given), want))

test('fields of another path are merged but not owned', () => {
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 2 }, status: { replicas: 1 } }
  const got = apply({ patch, schema: deployment, apiVersion: 'apps/v1', kind: 'Deployment', resetFields: { 'f:status': {} } })
  assert.deepEqual(got.managedFields![0]!.fieldsV1, { 'f:spec': { 'f:replicas': {} } })
})

const word = fc.constantFrom('x', 'y')
const dataOf = (...keys: string[]) => fc.dictionary(fc.constantFrom(...keys), word, { noNullPrototype: true })
const anyData = dataOf('a', 'b', 'c')

test('apply twice is apply once', () => {
  fc.assert(
    fc.property(anyData, anyData, anyData, (before, other, mine) => {
      const base = stored(apply({ live: updatedBy('u', before), patch: cm(other), manager: 'other', force: true }))
      const once = apply({ live: base, patch: cm(mine), force: true, now: 2_000 })
      const twice = apply({ live: stored(once), patch: cm(mine), now: 3_000 })
      assert.deepEqual(stored(twice), stored(once))
    }),
    { numRuns: 200 },
  )
})

test('appliers of different fields commute', () => {
  fc.assert(
    fc.property(dataOf('a', 'b'), dataOf('c', 'd'), anyData, (one, two, before) => {
      const live = updatedBy('u', before)
      const both = (first: JsonObject, second: JsonObject, names: [string, string]) => {
        const between = stored(apply({ live, patch: cm(first), manager: names[0], force: true }))
        return apply({ live: between, patch: cm(second), manager: names[1], force: true })
      }
      const [left, right] = [both(one, two, ['1', '2']), both(two, one, ['2', '1'])]
      assert.deepEqual(left.object, right.object)
      assert.deepEqual(sortedOwners(left), sortedOwners(right))
    }),
    { numRuns: 200 },
  )
})

test('what a manager no longer applies and nobody owns is gone', () => {
  fc.assert(
    fc.property(anyData, anyData, (first, second) => {
      const live = stored(apply({ patch: cm(first) }))
      const got = apply({ live, patch: cm(second) })
      assert.deepEqual(got.object.data ?? {}, second)
    }),
    { numRuns: 200 },
  )
})

function sortedOwners(applied: Applied): string[] {
  return (owners(applied.managedFields) ?? []).map((owner) => JSON.stringify(owner)).sort()
}

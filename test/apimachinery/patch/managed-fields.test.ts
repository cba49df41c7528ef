import assert from 'node:assert/strict'
import test from 'node:test'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import type { ManagedFieldsEntry } from '../../../src/apimachinery/meta.ts'
import type { JsonObject } from '../../../src/apimachinery/patch/json-values.ts'
import { recordUpdate, type UpdateRecord, withoutTimeChange } from '../../../src/apimachinery/patch/managed-fields.ts'
import { managedFieldsError } from '../../../src/apimachinery/patch/managers.ts'
import { schemaOf } from '../../../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../../../src/apimachinery/schema/schema.ts'

const configMap = schemaOf('io.k8s.api.core.v1.ConfigMap')
const deployment = schemaOf('io.k8s.api.apps.v1.Deployment')

function withFields(object: JsonObject, managedFields: unknown): JsonObject {
  return { ...object, metadata: { ...(object.metadata as JsonObject), ...(managedFields === undefined ? {} : { managedFields }) } }
}

const cm = (data: JsonObject, managedFields?: unknown) =>
  deepFreeze(
    withFields({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n', resourceVersion: '7' }, data }, managedFields),
  )

function record(given: Partial<UpdateRecord> & Pick<UpdateRecord, 'updated'>): ManagedFieldsEntry[] | undefined {
  return recordUpdate({ live: undefined, manager: 'm', apiVersion: 'v1', now: 1_000, schema: configMap, ...given })
}

const entry = (manager: string, fieldsV1: Record<string, unknown>, more: object = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: '1970-01-01T00:00:01Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
})

test('create: one entry, in the form of the wire', () => {
  assert.deepEqual(record({ updated: cm({ b: '1', a: '2' }) }), [entry('m', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } })])
})

test('create of a built-in kind: fields that Go always writes are not claimed, defaulted keys are part of list keys', () => {
  const updated = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', labels: { app: 'x' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'x' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
      template: {
        metadata: { labels: { app: 'x' } },
        spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }], resources: {} }], tolerations: [{ key: 'k' }] },
      },
    },
    status: { replicas: 1 },
  }
  const [first] = record({ updated, apiVersion: 'apps/v1', schema: deployment, resetFields: { 'f:status': {} } })!
  assert.deepEqual(first!.fieldsV1, {
    'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              'f:resources': {},
            },
          },
          'f:tolerations': {},
        },
      },
    },
  })
})

test('update: the last writer owns, time moves only for who changed something', () => {
  const live = cm({ a: '1', b: '1' }, record({ updated: cm({ a: '1', b: '1' }), manager: 'one' }))
  const changed = record({ live, updated: cm({ a: '1', b: '2', c: '3' }), manager: 'two', now: 9_000 })
  assert.deepEqual(changed, [
    entry('one', { 'f:data': { '.': {}, 'f:a': {} } }),
    entry('two', { 'f:data': { 'f:b': {}, 'f:c': {} } }, { time: '1970-01-01T00:00:09Z' }),
  ])
})

test('update: removed fields lose their owner, empty owners go', () => {
  const live = cm({ a: '1' }, [entry('one', { 'f:data': { 'f:a': {} } }), entry('two', { 'f:data': { 'f:b': {} } })])
  assert.deepEqual(record({ live, updated: cm({ b: '1' }), manager: 'three', now: 9_000 }), [
    entry('three', { 'f:data': { 'f:b': {} } }, { time: '1970-01-01T00:00:09Z' }),
  ])
})

test('update without a change: nothing moves', () => {
  const managed = record({ updated: cm({ a: '1' }) })
  const live = cm({ a: '1' }, managed)
  assert.deepEqual(record({ live, updated: cm({ a: '1' }), now: 9_000 }), managed)
})

test('update: what the same manager changes again keeps one entry', () => {
  const live = cm({ a: '1' }, record({ updated: cm({ a: '1' }) }))
  assert.deepEqual(record({ live, updated: cm({ a: '2', b: '1' }), now: 2_000 }), [
    entry('m', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } }, { time: '1970-01-01T00:00:02Z' }),
  ])
})

test('an object without owners stays so: tracking begins on create or apply', () => {
  assert.equal(record({ live: cm({}), updated: cm({ a: '1' }) }), undefined)
})

const live = cm({ a: '1' }, [entry('old', { 'f:data': { '.': {}, 'f:a': {} } })])
const sent = [
  { name: 'absent: the stored ones stand', given: undefined, want: ['old'] },
  { name: 'null: the stored ones stand', given: null, want: ['old'] },
  {
    name: 'broken: the stored ones stand',
    given: [{ manager: 'x', operation: 'Zap', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    want: ['old'],
  },
  { name: 'valid: the sent ones stand', given: [entry('other', { 'f:data': { '.': {}, 'f:a': {} } })], want: ['other'] },
  { name: 'empty list: reset', given: [], want: undefined },
  { name: 'one empty entry: reset', given: [{}], want: undefined },
]

for (const { name, given, want } of sent) {
  test(`managedFields sent by the client, ${name}`, () => {
    const got = record({ live, updated: cm({ a: '1' }, given) })
    assert.deepEqual(
      got?.map((each) => each.manager),
      want,
    )
  })
}

test('a subresource ignores managedFields of the client and marks its entry', () => {
  const got = record({ live, updated: cm({ a: '2' }, [{}]), manager: 'm', subresource: 'status', now: 2_000 })
  assert.deepEqual(got, [
    entry('old', { 'f:data': {} }),
    entry('m', { 'f:data': { 'f:a': {} } }, { time: '1970-01-01T00:00:02Z', subresource: 'status' }),
  ])
})

test('an empty manager name reads as unknown', () => {
  assert.equal(record({ updated: cm({ a: '1' }), manager: '' })![0]!.manager, 'unknown')
})

test('more than ten updaters: the oldest are merged into ancient-changes', () => {
  let object = cm({ k0: '0' }, record({ updated: cm({ k0: '0' }), manager: 'm0' }))
  const data: JsonObject = { k0: '0' }
  for (let at = 1; at <= 11; at++) {
    data[`k${at}`] = String(at)
    object = cm({ ...data }, record({ live: object, updated: cm({ ...data }), manager: `m${at}`, now: 1_000 + at * 1_000 }))
  }
  const entries = (object.metadata as { managedFields: ManagedFieldsEntry[] }).managedFields
  assert.equal(entries.length, 10)
  assert.deepEqual(
    entries[0],
    entry('ancient-changes', { 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} } }, { time: '1970-01-01T00:00:03Z' }),
  )
})

test('a custom kind owns its spec; metadata is that of every kind', () => {
  const schema: Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { n: { type: 'integer' }, any: { type: 'object', preserveUnknownFields: true } } } },
  }
  const updated = {
    apiVersion: 'g/v1',
    kind: 'K',
    metadata: { name: 'x', finalizers: ['f/1'] },
    spec: { n: 1, any: { list: [1], map: { k: 'v' } } },
  }
  assert.deepEqual(record({ updated, schema, apiVersion: 'g/v1' })![0]!.fieldsV1, {
    'f:metadata': { 'f:finalizers': { '.': {}, 'v:"f/1"': {} } },
    'f:spec': { '.': {}, 'f:any': { '.': {}, 'f:list': {}, 'f:map': { '.': {}, 'f:k': {} } }, 'f:n': {} },
  })
})

test('a list that became atomic is owned as a whole from then on', () => {
  const object = { apiVersion: 'g/v1', kind: 'K', metadata: { name: 'x' }, list: ['a'] }
  const schema: Schema = { type: 'object', properties: { list: { type: 'array', items: { type: 'string' } } } }
  const stored = deepFreeze(withFields(object, [entry('m', { 'f:list': { '.': {}, 'v:"a"': {} } }, { apiVersion: 'g/v1' })]))
  const got = record({ live: stored, updated: { ...object, list: ['a', 'b'] }, schema, apiVersion: 'g/v1', manager: 'n' })!
  assert.deepEqual(
    got.map((each) => [each.manager, each.fieldsV1]),
    [['n', { 'f:list': {} }]],
  )
})

test('entries of a version that is gone are dropped, those of another are compared in it', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1', b: '1' } }
  const old = [
    entry('gone', { 'f:data': { 'f:a': {} } }, { apiVersion: 'v0' }),
    entry('other', { 'f:values': { 'f:a': {}, 'f:b': {} } }, { apiVersion: 'v2' }),
  ]
  const v2: Schema = { type: 'object', properties: { values: { type: 'object', additionalProperties: { type: 'string' } } } }
  const convert: UpdateRecord['convert'] = ({ data, ...rest }, version) =>
    version === 'v2' ? { object: { ...rest, values: data }, schema: v2 } : undefined
  const got = record({ live: deepFreeze(withFields(object, old)), updated: { ...object, data: { a: '1', b: '2' } }, convert, now: 5_000 })!
  assert.deepEqual(
    got.map((each) => [each.manager, each.apiVersion, each.fieldsV1]),
    [
      ['other', 'v2', { 'f:values': { 'f:a': {} } }],
      ['m', 'v1', { 'f:data': { 'f:b': {} } }],
    ],
  )
})

test('times alone do not make a write', () => {
  const before = [entry('m', { 'f:data': {} })]
  const after = [entry('m', { 'f:data': {} }, { time: '1970-01-01T00:00:09Z' })]
  assert.equal(
    withoutTimeChange(before, after, () => true),
    before,
  )
  assert.equal(
    withoutTimeChange(before, after, () => false),
    after,
  )
})

test('broken entries are named for admission', () => {
  assert.equal(
    managedFieldsError([{ operation: 'Update', apiVersion: 'v1', fieldsType: 'X' }]),
    'invalid fieldsType "X" in managed fields entry 0',
  )
  assert.equal(managedFieldsError([{ operation: 'Update', apiVersion: '' }]), 'apiVersion must not be empty')
  assert.equal(managedFieldsError([{ operation: 'Zap' }]), 'operation must be `Apply` or `Update`')
  assert.equal(managedFieldsError(undefined), undefined)
})

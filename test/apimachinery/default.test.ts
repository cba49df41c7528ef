import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyPathDefaults, applySchemaDefaults, compileDefaults } from '../../src/apimachinery/schema/default.ts'
import { schemaOf } from '../../src/apimachinery/schema/from-openapi.ts'
import type { Schema } from '../../src/apimachinery/schema/schema.ts'

const applied = (given: object, defaults: Record<string, unknown>) => {
  applyPathDefaults(given, defaults)
  return given
}

test('defaults by path fill absent fields of parents that are there', () => {
  assert.deepEqual(applied({}, { 'spec.replicas': 1 }), {})
  assert.deepEqual(applied({ spec: { replicas: 0 } }, { 'spec.replicas': 1, 'spec.x': 'y' }), { spec: { replicas: 0, x: 'y' } })
  assert.deepEqual(applied({ spec: { x: null } }, { 'spec.x': 1 }), { spec: { x: 1 } })
  assert.deepEqual(applied({ spec: { ports: [{}, { protocol: 'UDP' }, 5] } }, { 'spec.ports[*].protocol': 'TCP' }), {
    spec: { ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }, 5] },
  })
  assert.deepEqual(applied({ spec: { a: { x: {}, y: {} } } }, { 'spec.a.*.z': 1 }), { spec: { a: { x: { z: 1 }, y: { z: 1 } } } })
})

test('a parent filled by a default gets its own defaults, and defaults are not shared', () => {
  const defaults = compileDefaults({ 'spec.list[*].b': 2, 'spec.list': [{ a: 1 }], 'spec.s.t': 3, 'spec.s': {} })
  const one = { spec: {} as { list?: { a: number }[]; s?: object } }
  applyPathDefaults(one, defaults)
  assert.deepEqual(one, { spec: { list: [{ a: 1, b: 2 }], s: { t: 3 } } })
  one.spec.list![0]!.a = 9
  const two = { spec: {} }
  applyPathDefaults(two, defaults)
  assert.deepEqual(two, { spec: { list: [{ a: 1, b: 2 }], s: { t: 3 } } })
})

test('defaults of a CRD schema replace nulls and reach into maps and lists', () => {
  const field: Schema = { type: 'string', default: 'd' }
  const schema: Schema = {
    type: 'object',
    properties: {
      a: field,
      n: { ...field, nullable: true },
      gone: { type: 'string' },
      list: { type: 'array', items: { type: 'object', properties: { a: field } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: field } } },
      made: { type: 'object', default: {}, properties: { a: field } },
    },
  }
  const draft = JSON.parse('{"a":null,"n":null,"gone":null,"list":[{},null],"map":{"__proto__":{}}}')
  applySchemaDefaults(draft, schema)
  assert.equal(JSON.stringify(draft), '{"a":"d","n":null,"list":[{"a":"d"},null],"map":{"__proto__":{"a":"d"}},"made":{"a":"d"}}')
})

test('marks of built-in types', () => {
  const service = { spec: { ports: [{ port: 80 }] } }
  applySchemaDefaults(service, schemaOf('io.k8s.api.core.v1.Service'))
  assert.deepEqual(service, { spec: { ports: [{ port: 80, protocol: 'TCP' }] } })
})

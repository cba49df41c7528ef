import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromJsonSchema } from '../../../src/apimachinery/schema/from-json-schema.ts'

test('types, structure and marks of an openAPIV3Schema', () => {
  const cases = [
    {
      name: 'scalar with validations',
      given: { type: 'string', pattern: '^a', maxLength: 3 },
      want: { type: 'string', validations: { pattern: '^a', maxLength: 3 } },
    },
    { name: 'zero limits are limits', given: { type: 'integer', minimum: 0 }, want: { type: 'integer', validations: { minimum: 0 } } },
    { name: 'false default', given: { type: 'boolean', default: false }, want: { type: 'boolean', default: false } },
    {
      name: 'list map',
      given: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
      want: { type: 'array', items: { type: 'object' }, listType: 'map', listMapKeys: ['name'] },
    },
    { name: 'free values', given: { type: 'object', additionalProperties: true }, want: { type: 'object', additionalProperties: true } },
    { name: 'int-or-string', given: { 'x-kubernetes-int-or-string': true }, want: { intOrString: true } },
    {
      name: 'logic',
      given: { anyOf: [{ type: 'integer' }], not: { type: 'string' } },
      want: { validations: { anyOf: [{ type: 'integer' }], not: { type: 'string' } } },
    },
    {
      name: 'rules',
      given: { 'x-kubernetes-validations': [{ rule: 'self > 1' }] },
      want: { validations: { rules: [{ rule: 'self > 1' }] } },
    },
    { name: 'nothing', given: undefined, want: {} },
  ]
  for (const { name, given, want } of cases) assert.deepEqual(fromJsonSchema(given), want, name)
})

test('a field may be called __proto__', () => {
  const schema = fromJsonSchema(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'))
  assert.deepEqual(Object.keys(schema.properties!), ['__proto__'])
})

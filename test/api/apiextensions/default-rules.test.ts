import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultErrors } from '../../../src/api/apiextensions/default-rules.ts'
import { fieldErrorText } from '../../../src/apimachinery/api-error.ts'
import { at } from '../../../src/apimachinery/field-errors.ts'

const cases: { name: string; schema: object; want: string[] }[] = [
  { name: 'a default that fits', schema: { type: 'string', default: 'a', enum: ['a'] }, want: [] },
  {
    name: 'of another type',
    schema: { type: 'object', properties: { a: { type: 'integer', default: 'x' } } },
    want: ['s.properties[a].default: Invalid value: "string":  in body must be of type integer: "string"'],
  },
  {
    name: 'an unknown field, a missing one, one out of range, in a list',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        default: { n: 9, other: 1 },
        required: ['r'],
        properties: { n: { type: 'integer', maximum: 5 }, r: { type: 'string' } },
      },
    },
    want: [
      's.items.default: Invalid value: {"n":9,"other":1}: must not have unknown fields',
      's.items.default.n: Invalid value: 9: n in body should be less than or equal to 5',
      's.items.default.r: Required value',
    ],
  },
  {
    name: 'one that a rule refuses',
    schema: { type: 'integer', default: 1, 'x-kubernetes-validations': [{ rule: 'self > 1', message: 'more' }] },
    want: ['s.default: Invalid value: 1: more'],
  },
]

for (const { name, schema, want } of cases) {
  test(name, () => {
    assert.deepEqual(defaultErrors(schema as unknown as Parameters<typeof defaultErrors>[0], at('s')).map(fieldErrorText), want)
  })
}

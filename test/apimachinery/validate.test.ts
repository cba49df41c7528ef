import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorText } from '../../src/apimachinery/api-error.ts'
import { hasFormat } from '../../src/apimachinery/schema/formats.ts'
import type { Schema } from '../../src/apimachinery/schema/schema.ts'
import { validateValue } from '../../src/apimachinery/schema/validate.ts'

const spec = (properties: Record<string, Schema>, more: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...more } },
})
const texts = (value: unknown, schema: Schema) => validateValue(value, schema).map(fieldErrorText)

test('value rules speak as upstream does', () => {
  const table: { schema: Schema; given: unknown; want: string[] }[] = [
    {
      schema: { type: 'integer' },
      given: 'x',
      want: ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    },
    {
      schema: { type: 'integer' },
      given: 1.5,
      want: ['spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'],
    },
    { schema: { type: 'number' }, given: 1, want: [] },
    { schema: { type: 'string' }, given: null, want: ['spec.x: Invalid value: "null": spec.x in body must be of type string: "null"'] },
    { schema: { type: 'string', nullable: true }, given: null, want: [] },
    {
      schema: { intOrString: true },
      given: true,
      want: ['spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'],
    },
    {
      schema: { type: 'integer', validations: { minimum: 1 } },
      given: 0,
      want: ['spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1'],
    },
    {
      schema: { type: 'integer', validations: { maximum: 3, exclusiveMaximum: true, multipleOf: 2 } },
      given: 3,
      want: [
        'spec.x: Invalid value: 3: spec.x in body should be a multiple of 2',
        'spec.x: Invalid value: 3: spec.x in body should be less than 3',
      ],
    },
    {
      schema: { type: 'string', validations: { pattern: '^a$' } },
      given: 'b',
      want: [`spec.x: Invalid value: "b": spec.x in body should match '^a$'`],
    },
    {
      schema: { type: 'string', validations: { minLength: 2 } },
      given: '😀',
      want: ['spec.x: Invalid value: "😀": spec.x in body should be at least 2 chars long'],
    },
    { schema: { type: 'string', validations: { maxLength: 2 } }, given: 'abc', want: ['spec.x: Too long: may not be more than 2 bytes'] },
    { schema: { type: 'string', enum: ['A', 'B'] }, given: 'C', want: ['spec.x: Unsupported value: "C": supported values: "A", "B"'] },
    {
      schema: { type: 'string', format: 'date-time' },
      given: 'x',
      want: ['spec.x: Invalid value: "x": spec.x in body must be of type datetime: "x"'],
    },
    {
      schema: { type: 'array', items: { type: 'string' }, validations: { minItems: 1 } },
      given: [],
      want: ['spec.x: Invalid value: 0: spec.x in body should have at least 1 items'],
    },
    {
      schema: { type: 'array', items: { type: 'string' }, validations: { maxItems: 1 } },
      given: ['a', 'b'],
      want: ['spec.x: Too many: 2: must have at most 1 items'],
    },
    {
      schema: { type: 'array', items: { type: 'string' } },
      given: ['a', 1],
      want: ['spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"'],
    },
    {
      schema: { type: 'array', listType: 'set', items: { type: 'string' } },
      given: ['a', 'b', 'a', 'a'],
      want: ['spec.x[2]: Duplicate value: "a"'],
    },
    {
      schema: { type: 'array', listType: 'map', listMapKeys: ['n'], items: { type: 'object', preserveUnknownFields: true } },
      given: [
        { n: 'a', v: 1 },
        { n: 'a', v: 2 },
      ],
      want: ['spec.x[1]: Duplicate value: {"n":"a"}'],
    },
    {
      schema: { type: 'object', required: ['a'], additionalProperties: { type: 'integer' }, validations: { minProperties: 1 } },
      given: { b: 'x' },
      want: ['spec.x.b: Invalid value: "string": spec.x.b in body must be of type integer: "string"', 'spec.x.a: Required value'],
    },
    {
      schema: { validations: { oneOf: [{ required: ['a'] }, { required: ['b'] }] }, type: 'object', preserveUnknownFields: true },
      given: { a: 1, b: 2 },
      want: ['<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    },
    {
      schema: { validations: { anyOf: [{ required: ['a'] }, { required: ['b'] }] }, type: 'object', preserveUnknownFields: true },
      given: {},
      want: ['<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)', 'spec.x.a: Required value'],
    },
    {
      schema: { type: 'integer', validations: { not: { enum: [1] }, allOf: [{ validations: { minimum: 5 } }] } },
      given: 1,
      want: [
        'spec.x: Invalid value: 1: spec.x in body should be greater than or equal to 5',
        '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated',
        '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)',
      ],
    },
    {
      schema: { type: 'object', embeddedResource: true, preserveUnknownFields: true },
      given: { kind: '' },
      want: ['spec.x.apiVersion: Required value', 'spec.x.kind: Invalid value: "": must not be empty'],
    },
  ]
  for (const { schema, given, want } of table) assert.deepEqual(texts({ spec: { x: given } }, spec({ x: schema })), want)
})

test('formats', () => {
  const table: [string, string[], string[]][] = [
    ['ipv4', ['1.2.3.4'], ['01.2.3.4', '::1', '1.2.3']],
    ['ipv6', ['::1', '2001:db8::1.2.3.4'], ['1.2.3.4', ':::', '1::2::3']],
    ['cidr', ['10.0.0.0/8', 'fd00::/8'], ['10.0.0.0/33', '10.0.0.0']],
    ['date-time', ['2020-01-01T00:00:00Z', '2020-01-01t00:00:00.5+01:00'], ['2020-02-30T00:00:00Z', 'x']],
    ['date', ['2020-02-29'], ['2021-02-29']],
    ['byte', ['YWJj', ''], ['YWJ']],
    ['uuid4', ['3b241101-e2bb-4255-8caf-4136c566a962'], ['3b241101-e2bb-1255-8caf-4136c566a962']],
    ['duration', ['1h30m', '22 ns'], ['1x']],
    ['mac', ['00:1a:2B:3c:4d:5e', '0011.2233.4455'], ['00:1a']],
    ['isbn', ['0321751043', '978-0321751041'], ['0321751044']],
    ['email', ['a@b.c'], ['a.b']],
    ['uri', ['http://a/b', '/x'], ['a b', 'x']],
    ['k8s-short-name', ['a-b'], ['a.b', 'A']],
    ['unknown', ['anything'], []],
  ]
  for (const [format, good, bad] of table) {
    for (const value of good) assert.equal(hasFormat(value, format), true, `${format} ${value}`)
    for (const value of bad) assert.equal(hasFormat(value, format), false, `${format} ${value}`)
  }
})

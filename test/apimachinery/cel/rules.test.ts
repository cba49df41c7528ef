import assert from 'node:assert/strict'
import { test } from 'node:test'
import { celRuleErrors } from '../../../src/api/apiextensions/cel-rules.ts'
import { fieldErrorText } from '../../../src/apimachinery/api-error.ts'
import { ruleErrors } from '../../../src/apimachinery/cel/rules.ts'
import { at } from '../../../src/apimachinery/field-errors.ts'
import { fromJsonSchema } from '../../../src/apimachinery/schema/from-json-schema.ts'

type Json = Record<string, unknown>

const rules = (...list: (string | Json)[]) => ({
  'x-kubernetes-validations': list.map((rule) => (typeof rule === 'string' ? { rule } : rule)),
})
const string = { type: 'string' }
const integer = { type: 'integer' }

const cases: { name: string; schema: Json; object: unknown; old?: unknown; want: string[] }[] = [
  {
    name: 'a rule that holds says nothing; one that fails shows itself',
    schema: { type: 'object', properties: { a: { ...integer, ...rules('self > 0', 'self < 5') } } },
    object: { a: 7 },
    want: ['a: Invalid value: 7: failed rule: self < 5'],
  },
  {
    name: 'objects and lists are not shown',
    schema: {
      type: 'object',
      properties: { l: { type: 'array', items: string, ...rules({ rule: 'self.size() < 2', message: 'too many' }) } },
    },
    object: { l: ['a', 'b'] },
    want: ['l: Invalid value: too many'],
  },
  {
    name: 'reason and fieldPath',
    schema: {
      type: 'object',
      properties: {
        s: {
          type: 'object',
          properties: { a: string, 'x.y': string },
          ...rules(
            { rule: 'has(self.a)', reason: 'FieldValueRequired', fieldPath: '.a', message: 'a is needed' },
            { rule: "self.x__dot__y != 'z'", reason: 'FieldValueForbidden', fieldPath: "['x.y']", message: 'no z' },
          ),
        },
      },
    },
    object: { s: { 'x.y': 'z' } },
    want: ['s.a: Required value: a is needed', 's[x.y]: Forbidden: no z'],
  },
  {
    name: 'messageExpression, and what stands in when it fails',
    schema: {
      type: 'object',
      ...rules(
        { rule: 'self.a == 1', messageExpression: "'a is ' + string(self.a)" },
        { rule: 'self.a == 1', messageExpression: "'a' + string(self.b)", message: 'instead' },
      ),
      properties: { a: integer, b: integer },
    },
    object: { a: 2 },
    want: ['<nil>: Invalid value: a is 2', '<nil>: Invalid value: instead'],
  },
  {
    name: 'transition rules run only where there is something to compare with',
    schema: { type: 'object', properties: { a: { ...string, ...rules({ rule: 'self == oldSelf', message: 'fixed' }) } } },
    object: { a: 'x' },
    want: [],
  },
  {
    name: 'transition rules of fields and of items with keys',
    schema: {
      type: 'object',
      properties: {
        a: { ...string, ...rules({ rule: 'self == oldSelf', message: 'fixed' }) },
        l: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', properties: { k: string, v: { ...integer, ...rules('self >= oldSelf') } } },
        },
      },
    },
    object: {
      a: 'y',
      l: [
        { k: 'two', v: 1 },
        { k: 'one', v: 0 },
        { k: 'new', v: 0 },
      ],
    },
    old: {
      a: 'x',
      l: [
        { k: 'one', v: 1 },
        { k: 'two', v: 1 },
      ],
    },
    want: ['a: Invalid value: "y": fixed', 'l[1].v: Invalid value: 0: failed rule: self >= oldSelf'],
  },
  {
    name: 'optionalOldSelf',
    schema: {
      type: 'object',
      properties: { a: { ...integer, ...rules({ rule: 'oldSelf.hasValue() || self == 0', optionalOldSelf: true }) } },
    },
    object: { a: 1 },
    want: ['a: Invalid value: 1: failed rule: oldSelf.hasValue() || self == 0'],
  },
  {
    name: 'what has not changed is tolerated',
    schema: { type: 'object', properties: { a: { ...integer, ...rules('self < 5') }, b: { ...integer, ...rules('self < 5') } } },
    object: { a: 7, b: 8 },
    old: { a: 7, b: 9 },
    want: ['b: Invalid value: 8: failed rule: self < 5'],
  },
  {
    name: 'sets and lists with keys are equal in any order',
    schema: {
      type: 'object',
      ...rules("self.s == ['b', 'a'] || true", "self.s + ['a'] == self.s", 'self.l == self.l'),
      properties: {
        s: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
        l: { type: 'array', items: { type: 'object', properties: { k: string } } },
      },
    },
    object: { s: ['a', 'b'], l: [{ k: 'x' }] },
    want: [],
  },
  {
    name: 'types by format; int-or-string; metadata.name; nulls',
    schema: {
      type: 'object',
      ...rules(
        "self.d == duration('1h') && self.t.getFullYear() == 2024 && self.b == b'hi'",
        "type(self.i) == string ? self.i == '50%' : self.i == 1",
        "self.metadata.name == 'x' && self.kind == 'K'",
        '!has(self.n) && self.u == null && self.f == 3.0',
        '!has(self.free) || true',
      ),
      properties: {
        d: { type: 'string', format: 'duration' },
        t: { type: 'string', format: 'date-time' },
        b: { type: 'string', format: 'byte' },
        i: { 'x-kubernetes-int-or-string': true },
        n: string,
        u: { type: 'string', nullable: true },
        f: { type: 'number' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    object: {
      kind: 'K',
      metadata: { name: 'x', labels: {} },
      d: '60m',
      t: '2024-05-01T00:00:00Z',
      b: 'aGk=',
      i: '50%',
      n: null,
      u: null,
      f: 3,
    },
    want: [],
  },
  {
    name: 'errors while running',
    schema: {
      type: 'object',
      ...rules('self.a.size() > 1', 'self.i + 1 == 2'),
      properties: { a: string, i: { 'x-kubernetes-int-or-string': true } },
    },
    object: { i: 'x' },
    want: [
      '<nil>: Invalid value: "object": no such key: a evaluating rule: self.a.size() > 1',
      `<nil>: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.i + 1 == 2`,
    ],
  },
  {
    name: 'rules in map values, in allOf, and the path of a key',
    schema: {
      type: 'object',
      properties: {
        m: { type: 'object', additionalProperties: { ...string, ...rules('self != "bad"') } },
        o: { type: 'object', properties: { a: integer }, allOf: [rules({ rule: 'self.a > 0', message: 'positive' })] },
      },
    },
    object: { m: { 'a.b': 'bad' }, o: { a: 0 } },
    want: ['m[a.b]: Invalid value: "bad": failed rule: self != "bad"', 'o: Invalid value: positive'],
  },
]

for (const { name, schema, object, old, want } of cases) {
  test(name, () => {
    assert.deepEqual(ruleErrors(object, fromJsonSchema(schema), old).map(fieldErrorText), want)
  })
}

test('an object whose rules cost too much is refused in time', () => {
  const list = Array.from({ length: 2000 }, (_, index) => `item-${index}`)
  const schema = fromJsonSchema({
    type: 'object',
    properties: { l: { type: 'array', items: string, ...rules('self.all(a, self.all(b, a == b || a != b))', 'true') } },
  })
  const started = performance.now()
  const errors = ruleErrors({ l: list }, schema).map(fieldErrorText)
  assert.ok(performance.now() - started < 1000)
  assert.deepEqual(errors, [
    `l: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all(a, self.all(b, a == b || a != b))`,
  ])
})

const definitions: { rule: Json; want: string }[] = [
  { rule: { rule: 'self.a > 0' }, want: '' },
  { rule: { rule: ' ' }, want: 'r.x-kubernetes-validations[0].rule: Required value: rule is not specified' },
  {
    rule: { rule: 'self.a > 0', message: 'a\nb' },
    want: 'r.x-kubernetes-validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
  },
  {
    rule: { rule: 'self.a > 0', reason: 'Other' },
    want: 'r.x-kubernetes-validations[0].reason: Unsupported value: "Other": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
  },
  { rule: { rule: 'self.zz > 0' }, want: "compilation failed: ERROR: <input>:1:5: undefined field 'zz'\n | self.zz > 0\n | ....^" },
  { rule: { rule: "self.a == 'x'" }, want: "found no matching overload for '_==_' applied to '(int, string)'" },
  { rule: { rule: "self.a + 'x' == ''" }, want: "found no matching overload for '_+_' applied to '(int, string)'" },
  { rule: { rule: 'self.a' }, want: 'cel expression must evaluate to a bool' },
  { rule: { rule: 'self.l.all(x, x.y)' }, want: "type 'string' does not support field selection" },
  { rule: { rule: 'self.l.map(x, x.size()).all(n, n > 0)' }, want: '' },
  { rule: { rule: 'self.a > 0', messageExpression: '1' }, want: 'messageExpression must evaluate to a string' },
  {
    rule: { rule: 'self.a > 0', optionalOldSelf: true },
    want: 'optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
  },
]

for (const { rule, want } of definitions) {
  test(`of a definition: ${JSON.stringify(rule)}`, () => {
    const schema = { type: 'object', properties: { a: integer, l: { type: 'array', items: string } }, ...rules(rule) }
    const errors = celRuleErrors(schema as unknown as Parameters<typeof celRuleErrors>[0], at('r')).map(fieldErrorText)
    if (want === '') assert.deepEqual(errors, [])
    else assert.ok(errors.length === 1 && errors[0]!.includes(want), errors.join('\n'))
  })
}

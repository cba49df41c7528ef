// What expressions can cost at most, by the sizes of their schema.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../../src/apimachinery/cel/compile.ts'
import { maxCost } from '../../../src/apimachinery/cel/cost.ts'
import { declared, maxCardinality } from '../../../src/apimachinery/cel/declared.ts'
import { fromJsonSchema } from '../../../src/apimachinery/schema/from-json-schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: schemas of every shape
type Json = any

const string = (maxLength?: number): Json => ({ type: 'string', ...(maxLength === undefined ? {} : { maxLength }) })
const object = (properties: Json, more: Json = {}): Json => ({ type: 'object', properties, ...more })
const list = (items: Json, maxItems?: number): Json => ({ type: 'array', items, ...(maxItems === undefined ? {} : { maxItems }) })

const self = object({
  a: string(25),
  b: string(),
  n: { type: 'integer' },
  names: list(string(5), 10),
  many: list(string()),
  map: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 7 },
  mode: { type: 'string', enum: ['On', 'Offline'] },
})

/** Comparisons and walks cost a tenth of the shorter text (a character counts four bytes), reading a field of an object costs one. */
const costs: [string, number][] = [
  ['true', 0],
  ['self.n > 3', 3],
  ['has(self.n)', 1],
  ["self.a == 'xyz'", 2 + 1],
  ['self.a == self.b', 4 + 10],
  ["self.a.startsWith('0123456789a')", 2 + 2],
  ["self.a.contains('0123456789a')", 2 + 10 * 2],
  ["self.a.matches('[a-z]+')", 2 + 11 * 2],
  ["self.mode == 'Offline' || self.n == 1", 3 + 2],
  ['self.n == 1 ? self.a.size() > 1 : true', 2 + 4],
  // Ten times: the condition of the loop 2, the step 1, the body.
  ["self.names.all(x, x == 'a')", 2 + 1 + 10 * (3 + 2)],
  ["self.names.exists(x, x == 'a')", 2 + 1 + 10 * (4 + 2)],
  ['self.names.map(x, x).size() > 0', 2 + 11 + 10 * (12 + 1) + 2],
  ["self.map.all(k, k != '')", 2 + 1 + 7 * (3 + 1)],
  ["'a' in self.names", 2 + 10],
  ["self.names.join('') == 'x'", 2 + 20 + 1],
  ["self.a.lowerAscii() + self.a == 'x'", 2 + 10 + 2 + 20 + 1],
]

test('cost of expressions', () => {
  const type = declared(fromJsonSchema(self))!
  for (const [text, want] of costs) assert.equal(maxCost(compile(text, ['self', 'oldSelf']).expr, type), want, text)
})

test('what has no limit is as long as a request may be', () => {
  const type = declared(fromJsonSchema(self))!
  const cost = (text: string) => maxCost(compile(text, ['self', 'oldSelf']).expr, type)
  const items = Math.floor((3 * 1024 * 1024 - 2) / 3)
  assert.equal(cost("self.many.all(x, x == 'a')"), 2 + 1 + items * (3 + 2))
  assert.ok(cost('self.many.all(x, self.many.exists(y, x == y))') > 1e12)
  assert.equal(
    maxCardinality(declared(fromJsonSchema(object({ name: string() }, { required: ['name'] })))!),
    Math.floor((3 * 1024 * 1024) / 13),
  )
})

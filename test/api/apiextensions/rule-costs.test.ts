// Definitions whose rules could cost too much are refused, with the place and by how much.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ruleCostErrors } from '../../../src/api/apiextensions/rule-costs.ts'
import { at } from '../../../src/apimachinery/field-errors.ts'

// biome-ignore lint/suspicious/noExplicitAny: schemas of every shape
type Json = any

const string = (maxLength?: number): Json => ({ type: 'string', ...(maxLength === undefined ? {} : { maxLength }) })
const hint = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'
const rules = (...texts: string[]) => ({ 'x-kubernetes-validations': texts.map((rule) => ({ rule })) })

/** A list of messages, none of which may contain what is expected of it. */
function echoes(most: number, message: number, expected: number): Json {
  const item = {
    type: 'object',
    properties: { message: string(message), expected: string(expected) },
    ...rules('!self.message.contains(self.expected)'),
  }
  return { type: 'object', properties: { cases: { type: 'array', maxItems: most, items: item } } }
}

const errors = (schema: Json) => ruleCostErrors(schema, at('schema')).map(({ field, detail }) => `${field}: ${detail}`)

test('one rule, as often as its place can be filled', () => {
  const place = 'schema.properties[cases].items.x-kubernetes-validations[0].rule'
  assert.deepEqual(errors(echoes(20, 4096, 4096)), [`${place}: estimated rule cost exceeds budget by factor of 5.4x ${hint}`])
  assert.deepEqual(errors(echoes(20, 1024, 1024)), [])
  assert.deepEqual(errors(echoes(20, 4096, 512)), [])
})

test('loops over lists without a limit', () => {
  const list = { type: 'array', items: string() }
  const schema = { type: 'object', properties: { a: list, b: list }, ...rules('self.a.all(x, x in self.b)') }
  assert.deepEqual(
    errors(schema),
    [`schema.x-kubernetes-validations[0].rule: estimated rule cost exceeds budget by factor of more than 100x ${hint}`].concat(
      errors(schema).slice(1),
    ),
  )
  assert.deepEqual(errors(schema).slice(1), [
    'schema.x-kubernetes-validations[0].rule: contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema',
    `schema: x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${hint}`,
  ])
  const limited = { type: 'array', maxItems: 100, items: string(64) }
  assert.deepEqual(errors({ ...schema, properties: { a: limited, b: limited } }), [])
})

test('a place without a limit counts as often as its smallest value fits into a request', () => {
  const item = { type: 'object', properties: { message: string(50) }, ...rules("self.message.contains('a longer text than that')") }
  const schema = (more: Json) => ({ type: 'object', properties: { all: { type: 'array', items: item, ...more } } })
  assert.equal(errors(schema({})).length, 1)
  assert.deepEqual(errors(schema({ maxItems: 1000 })), [])
})

test('many rules together: the dearest are named', () => {
  const texts = Array.from({ length: 8 }, () => 'self.all(x, self.all(y, x != y))')
  const list = { type: 'array', maxItems: 1000, items: string(20), ...rules(...texts) }
  const found = errors({ type: 'object', properties: { list } })
  assert.equal(found.filter((text) => text.includes('estimated rule cost exceeds')).length, 8)
  assert.equal(found.filter((text) => text.includes('contributed to')).length, 4)
  assert.match(found.at(-1)!, /^schema: x-kubernetes-validations estimated .* exceeds budget by factor of 1\.\d{6}x /)
})

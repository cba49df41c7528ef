import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import { applyMergePatch, createMergePatch } from '../../../src/apimachinery/patch/merge-patch.ts'

// The table of RFC 7396, appendix A, as far as the patch is an object.
const cases = [
  { target: { a: 'b' }, patch: { a: 'c' }, want: { a: 'c' } },
  { target: { a: 'b' }, patch: { b: 'c' }, want: { a: 'b', b: 'c' } },
  { target: { a: 'b' }, patch: { a: null }, want: {} },
  { target: { a: 'b', b: 'c' }, patch: { a: null }, want: { b: 'c' } },
  { target: { a: ['b'] }, patch: { a: 'c' }, want: { a: 'c' } },
  { target: { a: 'c' }, patch: { a: ['b'] }, want: { a: ['b'] } },
  { target: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, want: { a: { b: 'd' } } },
  { target: { a: [{ b: 'c' }] }, patch: { a: [1] }, want: { a: [1] } },
  { target: { e: null }, patch: { a: 1 }, want: { e: null, a: 1 } },
  { target: [1, 2], patch: { a: 'b', c: null }, want: { a: 'b' } },
  { target: {}, patch: { a: { bb: { ccc: null } } }, want: { a: { bb: {} } } },
]

for (const { target, patch, want } of cases) {
  test(`merge patch: ${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => {
    assert.deepEqual(applyMergePatch(deepFreeze(target), deepFreeze(patch)), want)
  })
}

test('merge patch: a patch that is no object is refused', () => {
  const message = 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'
  assert.throws(() => applyMergePatch({}, []), { code: 400, message })
})

test('merge patch: a key __proto__ is an ordinary key', () => {
  const merged = applyMergePatch({ labels: { a: '1' } }, JSON.parse('{"labels":{"__proto__":"x"}}')) as { labels: object }
  assert.deepEqual(Object.keys(merged.labels), ['a', '__proto__'])
})

const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.constantFrom('x', 'y'), fc.array(fc.integer(), { maxLength: 2 }), tie('object')),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
})).object as fc.Arbitrary<Record<string, unknown>>

test('merge patch: the created patch leads from one object to the other', () => {
  const text = (value: unknown) => JSON.stringify(value, (_, inner) => sortedKeys(inner))
  fc.assert(
    fc.property(json, json, (from, to) => {
      assert.equal(text(applyMergePatch(from, createMergePatch(from, to))), text(to))
    }),
    { numRuns: 200 },
  )
})

function sortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

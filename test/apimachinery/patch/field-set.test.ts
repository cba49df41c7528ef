import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {
  difference,
  type FieldSet,
  hasPath,
  intersection,
  isEmpty,
  leaf,
  parseFieldSet,
  paths,
  printPath,
  recursiveDifference,
  setOfPaths,
  sorted,
  union,
} from '../../../src/apimachinery/patch/field-set.ts'
import { canonicalElement, compareElements, printElement } from '../../../src/apimachinery/patch/path-element.ts'

const a = parseFieldSet({ 'f:x': { '.': {}, 'f:y': {}, 'f:z': {} }, 'f:q': {} })
const b = parseFieldSet({ 'f:x': { 'f:y': {} }, 'f:r': {} })

const algebra = [
  { name: 'union', got: union(a, b), want: { 'f:q': {}, 'f:r': {}, 'f:x': { '.': {}, 'f:y': {}, 'f:z': {} } } },
  {
    name: 'union marks a leaf that gains children',
    got: union({ 'f:x': leaf }, { 'f:x': { 'f:y': leaf } }),
    want: { 'f:x': { '.': {}, 'f:y': {} } },
  },
  { name: 'intersection', got: intersection(a, b), want: { 'f:x': { 'f:y': {} } } },
  { name: 'intersection of a leaf and a mere parent is nothing', got: intersection({ 'f:x': leaf }, { 'f:x': { 'f:y': leaf } }), want: {} },
  { name: 'difference', got: difference(a, b), want: { 'f:q': {}, 'f:x': { '.': {}, 'f:z': {} } } },
  {
    name: 'difference keeps children of a removed member',
    got: difference(a, { 'f:x': leaf }),
    want: { 'f:q': {}, 'f:x': { 'f:y': {}, 'f:z': {} } },
  },
  { name: 'difference down to a member', got: difference(a, { 'f:x': { 'f:y': leaf, 'f:z': leaf } }), want: { 'f:q': {}, 'f:x': {} } },
  { name: 'difference to nothing', got: difference(a, a), want: {} },
  { name: 'recursive difference takes the children too', got: recursiveDifference(a, { 'f:x': leaf }), want: { 'f:q': {} } },
  {
    name: 'recursive difference below a mere parent',
    got: recursiveDifference(a, { 'f:x': { 'f:y': leaf } }),
    want: { 'f:q': {}, 'f:x': { '.': {}, 'f:z': {} } },
  },
]

for (const { name, got, want } of algebra) test(`field set: ${name}`, () => assert.deepEqual(sorted(got), want))

test('field set: membership', () => {
  assert.equal(hasPath(a, ['f:x']), true)
  assert.equal(hasPath(b, ['f:x']), false)
  assert.equal(hasPath(b, ['f:x', 'f:y']), true)
  assert.equal(hasPath(b, ['f:x', 'f:y', 'f:w']), false)
})

test('field set: paths list the members of a node before what lies below', () => {
  assert.deepEqual(paths(parseFieldSet({ 'f:a': { '.': {}, 'f:c': {} }, 'f:b': {} })).map(printPath), ['.a', '.b', '.a.c'])
})

test('field set: reading normalises what clients wrote', () => {
  const read = parseFieldSet({ '.': {}, 'k:{"b":1, "a":"x"}': { '.': {} }, 'z:future': {}, 'v:"x"': {}, 'i:01': {} })
  assert.deepEqual(sorted(read), { 'k:{"a":"x","b":1}': {}, 'v:"x"': {}, 'i:1': {} })
})

for (const element of ['x', 'fx', 'k:{', 'v:', 'i:x', 'k:1']) {
  test(`field set: ${element} is no path element`, () => assert.throws(() => parseFieldSet({ [element]: {} })))
}

test('path elements: order', () => {
  const list = [
    'i:10',
    'i:9',
    'v:"b"',
    'v:2',
    'v:10',
    'v:true',
    'k:{"name":"b"}',
    'k:{"name":"a-b"}',
    'k:{"name":"a"}',
    'k:{"a":1,"b":2}',
    'f:b',
    'f:B',
    '.',
  ]
  const want = [
    '.',
    'f:B',
    'f:b',
    'k:{"a":1,"b":2}',
    'k:{"name":"a"}',
    'k:{"name":"a-b"}',
    'k:{"name":"b"}',
    'v:2',
    'v:10',
    'v:"b"',
    'v:true',
    'i:9',
    'i:10',
  ]
  assert.deepEqual([...list].sort(compareElements), want)
})

test('path elements: print and escape', () => {
  assert.equal(printElement('k:{"containerPort":80,"protocol":"TCP"}'), '[containerPort=80,protocol="TCP"]')
  assert.equal(printElement('v:"x"'), '[="x"]')
  assert.equal(printElement('i:3'), '[3]')
  assert.equal(canonicalElement('v:"a<b"'), 'v:"a\\u003cb"')
})

const path = fc.array(fc.constantFrom('f:a', 'f:b', 'k:{"n":1}', 'v:"x"'), { minLength: 1, maxLength: 3 })
const anySet: fc.Arbitrary<FieldSet> = fc.array(path, { maxLength: 6 }).map((list) => setOfPaths(...list))
const members = (set: FieldSet) => new Set(paths(set).map((found) => found.join('/')))

test('field set: the algebra is that of sets of paths', () => {
  fc.assert(
    fc.property(anySet, anySet, (x, y) => {
      const [left, right] = [members(x), members(y)]
      assert.deepEqual(members(union(x, y)), left.union(right))
      assert.deepEqual(members(intersection(x, y)), left.intersection(right))
      assert.deepEqual(members(difference(x, y)), left.difference(right))
      assert.equal(isEmpty(difference(x, y)), left.isSubsetOf(right))
      assert.deepEqual(parseFieldSet(JSON.parse(JSON.stringify(sorted(x)))), x)
    }),
    { numRuns: 300 },
  )
})

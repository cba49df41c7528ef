import assert from 'node:assert/strict'
import test from 'node:test'
import { ApiError } from '../../../src/apimachinery/api-error.ts'
import { deepFreeze } from '../../../src/apimachinery/json.ts'
import { applyJsonPatch, jsonPatchWarnings } from '../../../src/apimachinery/patch/json-patch.ts'

const document = deepFreeze({ a: { b: 1, 'x/y': 2, 'm~n': 3 }, list: ['p', 'q', 'r'], none: null })

const applied = [
  {
    name: 'add sets a new key',
    given: [{ op: 'add', path: '/a/c', value: { d: 1 } }],
    want: { ...document, a: { ...document.a, c: { d: 1 } } },
  },
  {
    name: 'add at an index inserts',
    given: [{ op: 'add', path: '/list/1', value: 'n' }],
    want: { ...document, list: ['p', 'n', 'q', 'r'] },
  },
  { name: 'add at - appends', given: [{ op: 'add', path: '/list/-', value: 'n' }], want: { ...document, list: ['p', 'q', 'r', 'n'] } },
  {
    name: 'add at -1 appends (the new length counts)',
    given: [{ op: 'add', path: '/list/-1', value: 'n' }],
    want: { ...document, list: ['p', 'q', 'r', 'n'] },
  },
  { name: 'add without a value adds null', given: [{ op: 'add', path: '/n' }], want: { ...document, n: null } },
  { name: 'remove at -1 takes the last', given: [{ op: 'remove', path: '/list/-1' }], want: { ...document, list: ['p', 'q'] } },
  {
    name: 'escapes',
    given: [
      { op: 'remove', path: '/a/x~1y' },
      { op: 'remove', path: '/a/m~0n' },
    ],
    want: { ...document, a: { b: 1 } },
  },
  { name: 'replace of an absent key sets it', given: [{ op: 'replace', path: '/z', value: 1 }], want: { ...document, z: 1 } },
  { name: 'replace of an element', given: [{ op: 'replace', path: '/list/-3', value: 'n' }], want: { ...document, list: ['n', 'q', 'r'] } },
  { name: 'replace of the whole', given: [{ op: 'replace', path: '', value: { x: 1 } }], want: { x: 1 } },
  { name: 'move', given: [{ op: 'move', from: '/a/b', path: '/c' }], want: { ...document, a: { 'x/y': 2, 'm~n': 3 }, c: 1 } },
  {
    name: 'copy',
    given: [
      { op: 'copy', from: '/list', path: '/c' },
      { op: 'add', path: '/c/0', value: 'n' },
    ],
    want: { ...document, c: ['n', 'p', 'q', 'r'] },
  },
  { name: 'copy of an absent key adds null', given: [{ op: 'copy', from: '/zz', path: '/c' }], want: { ...document, c: null } },
  {
    name: 'test passes on equal values whatever the key order',
    given: [{ op: 'test', path: '/a', value: { 'm~n': 3, 'x/y': 2, b: 1 } }],
    want: document,
  },
  { name: 'test of an absent key against null passes', given: [{ op: 'test', path: '/zz', value: null }], want: document },
  { name: 'null is no operation', given: null, want: document },
]

for (const { name, given, want } of applied) {
  test(`json patch: ${name}`, () => {
    const before = JSON.stringify(given)
    assert.deepEqual(applyJsonPatch(document, given), want)
    assert.equal(JSON.stringify(given), before)
  })
}

const serverRejected = 'the server rejected our request due to an error in our request'
const refused = [
  { name: 'remove of an absent key', given: [{ op: 'remove', path: '/a/z' }] },
  { name: 'path into nothing', given: [{ op: 'add', path: '/z/y', value: 1 }] },
  { name: 'path into a scalar', given: [{ op: 'add', path: '/a/b/c', value: 1 }] },
  { name: 'add to the root', given: [{ op: 'add', path: '', value: {} }] },
  { name: 'index out of range', given: [{ op: 'add', path: '/list/4', value: 1 }] },
  { name: 'replace out of range', given: [{ op: 'replace', path: '/list/3', value: 1 }] },
  { name: 'no index', given: [{ op: 'remove', path: '/list/x' }] },
  { name: 'failed test', given: [{ op: 'test', path: '/a/b', value: 2 }] },
  { name: 'unknown operation', given: [{ op: 'jump', path: '/a' }] },
  { name: 'operation without a path', given: [{ op: 'remove' }] },
  { name: 'null operation', given: [null] },
  { name: 'prototype keys are no keys', given: [{ op: 'remove', path: '/constructor' }] },
]

for (const { name, given } of refused) {
  test(`json patch refuses: ${name}`, () => {
    assert.throws(() => applyJsonPatch(document, given), { code: 422, reason: 'Invalid', message: serverRejected })
  })
}

const malformed = [
  { given: {}, want: 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp' },
  { given: ['x'], want: 'error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp' },
  { given: [{ op: 1 }], want: 'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string' },
]

for (const { given, want } of malformed) {
  test(`json patch malformed: ${JSON.stringify(given)}`, () => {
    assert.throws(() => applyJsonPatch(document, given), { code: 400, reason: 'BadRequest', message: want })
  })
}

test('json patch: more than 10,000 operations are refused before any is applied', () => {
  const operations = Array.from({ length: 10_001 }, () => ({ op: 'add', path: '/x', value: 1 }))
  assert.throws(() => applyJsonPatch({}, operations), {
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  })
  assert.deepEqual(applyJsonPatch({}, operations.slice(1)), { x: 1 })
})

test('json patch: copies are limited to 3 MiB', () => {
  const big = { a: 'x'.repeat(1024 * 1024) }
  const copies = (count: number) => Array.from({ length: count }, (_, at) => ({ op: 'copy', from: '/a', path: `/b${at}` }))
  assert.doesNotThrow(() => applyJsonPatch(big, copies(2)))
  assert.throws(() => applyJsonPatch(big, copies(3)), ApiError)
})

test('json patch: a key __proto__ is an ordinary key', () => {
  const result = applyJsonPatch({ labels: {} }, [{ op: 'add', path: '/labels/__proto__', value: 'x' }]) as { labels: object }
  assert.deepEqual(Object.keys(result.labels), ['__proto__'])
})

test('json patch: unknown members are reported for strict validation', () => {
  assert.deepEqual(jsonPatchWarnings([{ op: 'add', path: '/a', valeu: 1 }]), ['json patch unknown field "[0].valeu"'])
})

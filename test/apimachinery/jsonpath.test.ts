import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileJsonPath, firstByPath, textByPath } from '../../src/apimachinery/jsonpath.ts'

const given = {
  spec: { replicas: 3, 'a.b': 'dotted', list: [1, 2, 3, 4] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', n: 1 },
      { type: 'Other', status: 'False', n: 2 },
    ],
  },
}

test('paths find what they name', () => {
  const table: [string, unknown[]][] = [
    ['.spec.replicas', [3]],
    ['{.spec.replicas}', [3]],
    ['$.spec.replicas', [3]],
    ['spec.replicas', [3]],
    ['.spec["a.b"]', ['dotted']],
    [".spec['a.b']", ['dotted']],
    ['.spec.a\\.b', ['dotted']],
    ['.spec.list[0]', [1]],
    ['.spec.list[-1]', [4]],
    ['.spec.list[1:3]', [2, 3]],
    ['.spec.list[*]', [1, 2, 3, 4]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type != 'Ready')].status", ['False']],
    ['.status.conditions[?(@.n>=2)].type', ['Other']],
    ['.status.conditions[?(@.missing)].type', []],
    ['.status.conditions[*].type', ['Ready', 'Other']],
    ['.absent.x', []],
    ['.constructor', []],
  ]
  for (const [path, want] of table) assert.deepEqual(compileJsonPath(path).find(given), want, path)
})

test('first and text', () => {
  assert.equal(firstByPath(given, '.spec.replicas'), 3)
  assert.equal(textByPath(given, '.status.conditions[*].type'), 'Ready Other')
  assert.equal(textByPath(given, '.spec.list'), '[1,2,3,4]')
})

test('broken paths are refused', () => {
  for (const path of ['.spec[', '.a b', '.x[?(@.a=="b"]', '.x[?(1==1)]', '.a..'])
    assert.throws(() => compileJsonPath(path), { name: 'Error' }, path)
})

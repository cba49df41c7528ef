import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../src/apimachinery/schema/yaml.ts'

test('YAML becomes the JSON that upstream makes of it', () => {
  const table: [string, unknown][] = [
    ['a: 1\nb: [x, "y"]\nc:\n  d: null\n', { a: 1, b: ['x', 'y'], c: { d: null } }],
    ['a: yes\nb: off\nc: "yes"\nd: y\n', { a: true, b: false, c: 'yes', d: true }],
    ['a: 0644\nb: 0x10\nc: 1_000\n', { a: 420, b: 16, c: 1000 }],
    ['a: 2020-01-01\nb: 2020-01-01T00:00:00Z\nc: 12:30:45\n', { a: '2020-01-01', b: '2020-01-01T00:00:00Z', c: '12:30:45' }],
    ['1: a\ntrue: b\n', { 1: 'a', true: 'b' }],
    ['a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n', { a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } }],
    ['a: 1.5\nb: 1e3\nc: |\n  text\n', { a: 1.5, b: 1000, c: 'text\n' }],
    ['{"a": 9007199254740993}', { a: 9007199254740993n }],
    ['a: 9007199254740993', { a: 9007199254740993n }],
    ['a: 1\n---\nb: 2\n', { a: 1 }],
    ['', null],
  ]
  for (const [given, want] of table) assert.deepEqual(parseYaml(given), want, given)
})

test('a key named __proto__ is an ordinary key', () => {
  assert.equal(JSON.stringify(parseYaml('__proto__:\n  x: 1\n')), '{"__proto__":{"x":1}}')
})

test('duplicate keys are told with their line', () => {
  const found: string[] = []
  assert.deepEqual(parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n', { onDuplicate: (text) => found.push(text) }), { a: 1, b: { c: 2 } })
  assert.deepEqual(found, ['line 4: key "c" already set in map'])
})

test('bombs are defused quickly', () => {
  const laughs = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`),
  ].join('\n')
  const bombs = [
    laughs,
    '['.repeat(100_000),
    '{a: '.repeat(10_000),
    '- '.repeat(50_000),
    `a: ${'x'.repeat(600 * 1024)}`,
    `${' '.repeat(600)}a: 1`,
  ]
  for (const bomb of bombs) {
    const start = performance.now()
    assert.throws(() => parseYaml(bomb), { message: /^yaml: / }, bomb.slice(0, 20))
    assert.ok(performance.now() - start < 1000, bomb.slice(0, 20))
  }
  for (const broken of ['a: [', 'a: b: c', '\tx', '"', '&a *a', 'a: .inf'])
    assert.throws(() => parseYaml(broken), { message: /^yaml: / }, broken)
})

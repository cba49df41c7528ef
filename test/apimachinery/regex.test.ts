import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRegex } from '../../src/apimachinery/regex/match.ts'

test('patterns match as in Go', () => {
  const table: [string, string[], string[]][] = [
    ['^a+b?$', ['a', 'aaab'], ['', 'abb', 'xa']],
    ['a|bc|', ['', 'zzz'], []],
    ['^(a|bc)+$', ['abca'], ['ab']],
    ['^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', ['a-b', '0'], ['-a', 'A']],
    ['^\\d{2,3}$', ['12', '123'], ['1', '1234']],
    ['^[^\\s:]+:[[:alpha:]\\-]*$', ['a:b-c'], ['a b:c']],
    ['(?i)^hello$', ['HeLLo'], ['hell']],
    ['^(?:(?i)a)b$', ['Ab'], ['aB']],
    ['\\bfoo\\b', ['a foo b', 'foo'], ['afoo']],
    ['(?m)^b$', ['a\nb\nc'], ['ab']],
    ['^b$', ['b'], ['a\nb\nc', 'b\n']],
    ['^.$', ['é', '😀'], ['\n', 'ab']],
    ['(?s)^.$', ['\n'], []],
    ['^\\p{L}+\\P{L}$', ['éa1'], ['éa']],
    ['^\\x41\\x{42}\\.\\Q.*\\E$', ['AB..*'], ['ABx.*']],
    ['^[]a]+$', [']a'], ['b']],
    ['^[a-]+$', ['a-'], ['b']],
    ['^a{0}b{1,}?$', ['bb'], ['ab']],
    ['^(?P<name>x)(?<other>y)$', ['xy'], ['x']],
  ]
  for (const [pattern, good, bad] of table) {
    for (const text of good) assert.equal(compileRegex(pattern).test(text), true, `${pattern} ${JSON.stringify(text)}`)
    for (const text of bad) assert.equal(compileRegex(pattern).test(text), false, `${pattern} ${JSON.stringify(text)}`)
  }
})

test('what RE2 does not know is refused', () => {
  for (const pattern of [
    '(?=a)',
    '(a',
    'a)',
    '*a',
    'a**',
    '[a',
    '\\1',
    '\\y',
    '[b-a]',
    'a{1001}',
    '(?z)',
    `${'('.repeat(500)}`,
    '((a{100}){100}){100}',
  ]) {
    assert.throws(() => compileRegex(pattern), { message: /^error parsing regexp: / }, pattern)
  }
})

test('patterns that kill a backtracking engine take linear time', () => {
  const text = `${'a'.repeat(30_000)}!`
  const start = performance.now()
  for (const pattern of ['^(a+)+$', '^(a|aa)+$', '(a*)*b', '^(([a-z])+.)+[A-Z]([a-z])+$', 'a.{0,50}x'])
    assert.equal(compileRegex(pattern).test(text), false)
  assert.ok(performance.now() - start < 2000)
})

test('agrees with the engine of the language on what both know', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(ab)', '\\w', '$', '^')
  const piece = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}')).map(([a, q]) => ('$^'.includes(a) ? a : a + q))
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 }), (pieces, text) => {
      const pattern = pieces.join('')
      assert.equal(compileRegex(pattern).test(text), new RegExp(pattern).test(text), `${pattern} on ${text}`)
    }),
    { numRuns: 500 },
  )
})

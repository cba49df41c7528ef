import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze, getOwn, parseJson, setOwn, stringifyJson } from '../../src/apimachinery/json.ts'

test('integers beyond 2^53 survive a round trip', () => {
  for (const text of ['{"a":9007199254740993}', '[-9223372036854775808,9223372036854775807,1.5,1]']) {
    assert.equal(stringifyJson(parseJson(text)), text)
  }
  assert.equal(typeof parseJson('9007199254740991'), 'number')
  assert.equal(typeof parseJson('123456789012345678901234567890'), 'number')
  assert.deepEqual(parseJson('{"a":"12345678901234567890"}'), { a: '12345678901234567890' })
})

test('a key named __proto__ is an ordinary key', () => {
  const value = parseJson('{"__proto__":{"x":1}}') as Record<string, unknown>
  assert.deepEqual(Object.keys(value), ['__proto__'])
  assert.equal(stringifyJson(value), '{"__proto__":{"x":1}}')
  const made: Record<string, unknown> = {}
  setOwn(made, '__proto__', 'v')
  assert.equal(stringifyJson(made), '{"__proto__":"v"}')
  assert.equal(getOwn(made, 'constructor'), undefined)
})

test('broken input is explained in the words of Go', () => {
  const table = [
    ['', 'unexpected end of JSON input'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ['{', 'unexpected end of JSON input'],
    ['{x', "invalid character 'x' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} {}', "invalid character '{' after top-level value"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    [`${'['.repeat(501)}${']'.repeat(501)}`, 'exceeded max depth'],
  ] as const
  for (const [given, message] of table) assert.throws(() => parseJson(given), { name: 'JsonError', message }, given.slice(0, 20))
})

test('hostile nesting neither crashes nor takes long', () => {
  const deep = '['.repeat(1_000_000)
  assert.throws(() => parseJson(deep), { message: 'exceeded max depth' })
  assert.throws(() => parseJson(deep + ']'.repeat(1_000_000)), { message: 'exceeded max depth' })
})

test('duplicate keys are reported once, with their path', () => {
  const duplicates = (text: string) => {
    const found: string[] = []
    parseJson(text, { onDuplicate: (path) => found.push(path) })
    return found
  }
  assert.deepEqual(duplicates('{"a":1,"b":{"a":"x\\":"},"c":[{"a":1,"d":2}]}'), [])
  assert.deepEqual(duplicates('{"spec":{"c":[{"n":1},{"n":1,"\\u006e":2,"n":3}]},"a":[],"a":{}}'), ['spec.c[1].n', 'a'])
})

test('deepFreeze freezes all levels', () => {
  const value = deepFreeze({ a: [{ b: 1 }] })
  assert.throws(() => {
    value.a[0]!.b = 2
  }, TypeError)
})

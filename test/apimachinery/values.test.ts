import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldErrorText } from '../../src/apimachinery/api-error.ts'
import { base64Decode, base64Encode, canonicalBase64 } from '../../src/apimachinery/base64.ts'
import * as cidr from '../../src/apimachinery/cidr.ts'
import { canonicalDuration, humanDuration, parseDurationMs } from '../../src/apimachinery/duration.ts'
import { semanticDeepEqual, semanticEqual } from '../../src/apimachinery/equal.ts'
import { at } from '../../src/apimachinery/field-errors.ts'
import { canonicalMicroTime, canonicalTime } from '../../src/apimachinery/time.ts'

test('times', () => {
  assert.equal(canonicalTime('2020-02-29T23:59:59.999+01:30'), '2020-02-29T22:29:59Z')
  assert.equal(canonicalTime('0001-01-01T00:00:00Z'), null)
  assert.equal(canonicalMicroTime('2020-01-01T00:00:00.123456+01:00'), '2019-12-31T23:00:00.123456Z')
  const layout = 'as "2006-01-02T15:04:05Z07:00"'
  const table: [string, string][] = [
    ['', `parsing time "" ${layout}: cannot parse "" as "2006"`],
    ['2020-1-01T00:00:00Z', `parsing time "2020-1-01T00:00:00Z" ${layout}: cannot parse "1-01T00:00:00Z" as "01"`],
    ['2020-01-01 00:00:00Z', `parsing time "2020-01-01 00:00:00Z" ${layout}: cannot parse " 00:00:00Z" as "T"`],
    ['2020-01-01T00:00:00', `parsing time "2020-01-01T00:00:00" ${layout}: cannot parse "" as "Z07:00"`],
    ['2020-01-01T00:00:00Zx', 'parsing time "2020-01-01T00:00:00Zx": extra text: "x"'],
    ['2020-13-01T00:00:00Z', 'parsing time "2020-13-01T00:00:00Z": month out of range'],
    ['2021-02-29T00:00:00Z', 'parsing time "2021-02-29T00:00:00Z": day out of range'],
    ['2021-02-28T24:00:00Z', 'parsing time "2021-02-28T24:00:00Z": hour out of range'],
  ]
  for (const [given, message] of table) assert.throws(() => canonicalTime(given), { message })
  assert.throws(() => canonicalMicroTime('2020-01-01T00:00:00Z'), { message: /cannot parse "Z" as "\.000000"$/ })
})

test('durations', () => {
  const table: [string, string][] = [
    ['1h', '1h0m0s'],
    ['90m', '1h30m0s'],
    ['1.5s', '1.5s'],
    ['300ms', '300ms'],
    ['0', '0s'],
    ['-1m30s', '-1m30s'],
    ['1us', '1µs'],
    ['.5h', '30m0s'],
  ]
  for (const [given, want] of table) assert.equal(canonicalDuration(given), want)
  assert.equal(parseDurationMs('1m1s'), 61_000)
  const bad: [string, string][] = [
    ['', 'time: invalid duration ""'],
    ['1', 'time: missing unit in duration "1"'],
    ['1x', 'time: unknown unit "x" in duration "1x"'],
    ['s', 'time: invalid duration "s"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
  ]
  for (const [given, message] of bad) assert.throws(() => canonicalDuration(given), { message })
})

test('ages as people read them', () => {
  const s = 1000
  const table: [number, string][] = [
    [-3 * s, '<invalid>'],
    [-1.5 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [125 * s, '2m5s'],
    [10 * 60 * s, '10m'],
    [179 * 60 * s, '179m'],
    [180 * 60 * s, '3h'],
    [200 * 60 * s, '3h20m'],
    [9 * 3600 * s, '9h'],
    [53 * 3600 * s, '2d5h'],
    [192 * 3600 * s, '8d'],
    [400 * 86400 * s, '400d'],
    [800 * 86400 * s, '2y70d'],
    [3000 * 86400 * s, '8y'],
  ]
  for (const [given, want] of table) assert.equal(humanDuration(given), want)
})

test('base64 is read as Go reads it', () => {
  assert.equal(canonicalBase64('YW\r\nJj'), 'YWJj')
  assert.equal(canonicalBase64('YWK='), 'YWI=', 'stray bits are dropped')
  const bad: [string, number][] = [
    ['abc', 0],
    ['abcde', 4],
    ['ab=', 3],
    ['abcd=', 4],
    ['ab=x', 2],
    ['ab==ab', 4],
    ['a\u00e9', 1],
  ]
  for (const [given, byte] of bad)
    assert.throws(() => canonicalBase64(given), { message: `illegal base64 data at input byte ${byte}` }, given)
})

test('base64 round trip', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => assert.deepEqual([...base64Decode(base64Encode(bytes))], [...bytes])),
    { numRuns: 50 },
  )
})

test('addresses and ranges', () => {
  const texts: [string, string][] = [
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
  ]
  for (const [given, want] of texts) assert.equal(cidr.addressText(cidr.parseAddress(given)!), want)
  for (const bad of ['', '1.2.3', '1.2.3.256', '01.2.3.4', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'g::', '1.2.3.4::']) {
    assert.equal(cidr.parseAddress(bad), undefined, bad)
  }
  const range = cidr.parseCidr('10.96.5.7/12')!
  assert.equal(cidr.cidrText(range), '10.96.0.0/12')
  assert.equal(cidr.cidrSize(range), 1048576n)
  assert.equal(cidr.addressText(cidr.nthAddress(range, 10)!), '10.96.0.10')
  assert.equal(cidr.nthAddress(range, 1048576), undefined)
  assert.equal(cidr.contains(range, cidr.parseAddress('10.111.255.255')!), true)
  assert.equal(cidr.contains(range, cidr.parseAddress('10.112.0.0')!), false)
  assert.equal(cidr.cidrText(cidr.nthSubnet(cidr.parseCidr('10.244.0.0/16')!, 24, 3)!), '10.244.3.0/24')
  assert.equal(cidr.overlaps(range, cidr.parseCidr('10.96.0.0/24')!), true)
})

test('rules of addresses in fields', () => {
  const table: [FieldCheck, string, string[]][] = [
    [cidr.validateAddress, '1.2.3.4', []],
    [cidr.validateAddress, '01.2.3.4', ['p: Invalid value: "01.2.3.4": must not have leading 0s']],
    [cidr.validateAddress, 'x', ['p: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    [cidr.validateAddress, '::ffff:1.2.3.4', ['p: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address']],
    [cidr.validateCidr, '10.0.0.0/8', []],
    [cidr.validateCidr, '10.0.0.1/8', ['p: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length']],
    [cidr.validateCidr, '10.0.0.0/08', ['p: Invalid value: "10.0.0.0/08": must not have leading 0s in IP or prefix length']],
    [cidr.validateCidr, 'x', ['p: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  ]
  for (const [rule, given, want] of table) assert.deepEqual(rule(given, at('p')).map(fieldErrorText), want)
})
type FieldCheck = typeof cidr.validateAddress

test('addresses survive printing and reading', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (value) => {
      assert.deepEqual(cidr.parseAddress(cidr.addressText({ family: 6, value })), { family: 6, value })
    }),
    { numRuns: 200 },
  )
})

test('equality ignores key order, nulls and the kind of integer', () => {
  assert.equal(semanticEqual({ a: 1, b: [{ c: null }] }, { b: [{}], a: 1n, d: undefined }), true)
  assert.equal(semanticEqual({ a: 1 }, { a: 1, b: 2 }), false)
  assert.equal(semanticEqual([1, 2], [2, 1]), false)
  assert.equal(semanticEqual({}, []), false)
  assert.equal(semanticEqual({ constructor: 1 }, { x: 1 }), false)
  assert.equal(semanticDeepEqual({}, undefined), true)
  assert.equal(semanticDeepEqual([], { a: 1 }), false)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => semanticEqual(value, structuredClone(value))),
    { numRuns: 100 },
  )
})

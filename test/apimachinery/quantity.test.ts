import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as q from '../../src/apimachinery/quantity.ts'

test('quantities are printed in canonical form', () => {
  const table: [string, string][] = [
    ['1.5', '1500m'],
    ['0.5Gi', '512Mi'],
    ['1.5Gi', '1536Mi'],
    ['1000m', '1'],
    ['1024Ki', '1Mi'],
    ['1024Mi', '1Gi'],
    ['1000M', '1G'],
    ['1e3', '1e3'],
    ['1.2e3', '1200'],
    ['0.5e0', '500e-3'],
    ['100m', '100m'],
    ['0.1', '100m'],
    ['0', '0'],
    ['0Ki', '0'],
    ['00', '0'],
    ['.001Ki', '1024m'],
    ['.000001Ki', '1024u'],
    ['.000000000001Ki', '2n'],
    ['0.0000000001', '1n'],
    ['-.001Ki', '-1024m'],
    ['1000Ki', '1000Ki'],
    ['512', '512'],
    ['1.G', '1.G'],
    ['100.035k', '100.035k'],
    ['9Ei', '9223372036854775807'],
    ['12E', '12E'],
    ['-1Gi', '-1Gi'],
    ['1.500', '1.500'],
    ['1E3', '1E3'],
    ['+5Ki', '+5Ki'],
    ['307200Ki', '300Mi'],
    ['1025024Mi', '1001Gi'],
    ['0.001T', '1G'],
    ['1000e-12', '1e-9'],
    [' 2 ', '2'],
  ]
  for (const [given, want] of table) assert.equal(q.canonicalQuantity(given), want, given)
})

test('what is no quantity is refused in upstream words', () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const suffix = "unable to parse quantity's suffix"
  const table: [string, string][] = [
    ['', format],
    ['aoeu', format],
    ['1.1.M', format],
    ['0.1am', format],
    ['1 ', format],
    ['1+1.0M', format],
    ['0.1mi', suffix],
    ['1i', suffix],
    ['1KM', suffix],
    ['-3.01e-', suffix],
    ['1e99999999', suffix],
    ['9'.repeat(2000), 'unable to parse numeric part of quantity'],
  ]
  for (const [given, message] of table) assert.throws(() => q.parseQuantity(given), { message }, given)
})

test('amounts are exact', () => {
  assert.equal(q.compareQuantities('1Gi', '1024Mi'), 0)
  assert.equal(q.compareQuantities('1', '999m'), 1)
  assert.equal(q.quantityText(q.addQuantities('100m', '0.9')), '1')
  assert.equal(q.quantityText(q.subtractQuantities('1Gi', '1')), '1073741823')
  assert.equal(q.quantityText(q.addQuantities(undefined, '1Gi')), '1Gi')
  assert.equal(q.milliValue('0.0001'), 1)
  assert.equal(q.milliValue('-1500u'), -2)
  assert.equal(q.asInteger('1001m'), 2)
  assert.equal(q.wholeUnits('9223372036854775807'), 9223372036854775807n)
  assert.equal(q.quantityText(q.quantityOf(1500, -3)), '1500m')
})

const text = fc
  .tuple(fc.constantFrom('', '-'), fc.nat(1_000_000), fc.option(fc.nat(99_999)), fc.constantFrom('', 'm', 'k', 'Ki', 'Mi', 'G', 'e3', 'u'))
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`)

test('canonical text keeps the amount, and is a fixed point', () => {
  fc.assert(
    fc.property(text, (given) => {
      const canonical = q.canonicalQuantity(given)
      assert.equal(q.compareQuantities(given, canonical), 0)
      // an amount in Ki that is no whole Ki is written without a suffix, which says no more that it was binary: 294187.5Ki → 301248000 → 301248k
      const again = q.canonicalQuantity(canonical)
      if (!/i$/.test(given)) assert.equal(again, canonical)
      assert.equal(q.canonicalQuantity(again), again)
    }),
    { numRuns: 300, examples: [['294187.5Ki']] },
  )
})

test('subtraction undoes addition', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.equal(q.compareQuantities(q.subtractQuantities(q.addQuantities(a, b), b), a), 0)
    }),
    { numRuns: 100 },
  )
})

test('a long text that is no quantity is refused in linear time', () => {
  const before = performance.now()
  for (const text of [`${'9'.repeat(50_000)} =`, `${'9.'.repeat(50_000)}x`, `1${'e'.repeat(50_000)} `])
    assert.throws(() => q.parseQuantity(text), q.QuantityError)
  assert.ok(performance.now() - before < 500)
})

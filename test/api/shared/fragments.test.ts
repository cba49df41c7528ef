// Fragments that kinds share: ages, image references, addresses, differences.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLabels, humanDuration, translateTimestamp } from '../../../src/api/shared/columns.ts'
import { imageTag } from '../../../src/api/shared/image-reference.ts'
import { ipText, isDualStack, parseIP } from '../../../src/api/shared/ip-addresses.ts'
import { validateCanonicalIP, validateCIDR, validateIP, validateNonSpecialIP } from '../../../src/api/shared/validate-ip.ts'
import { validatePodTemplate } from '../../../src/api/shared/validate-pod-template.ts'
import { valueDiff } from '../../../src/api/shared/value-diff.ts'
import { fieldErrorText } from '../../../src/apimachinery/api-error.ts'
import { at } from '../../../src/apimachinery/field-errors.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

test('durations in short', () => {
  const table: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-1 * second, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 5 * second, '9m5s'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [1000 * day, '2y270d'],
    [3000 * day, '8y'],
  ]
  for (const [given, want] of table) assert.equal(humanDuration(given), want)
  assert.equal(translateTimestamp(undefined, 0), '<unknown>')
})

test('labels in short', () => {
  assert.equal(formatLabels({ b: '2', a: '1' }), 'a=1,b=2')
  assert.equal(formatLabels(undefined), '<none>')
})

test('tags of images', () => {
  const digest = `sha256:${'0'.repeat(64)}`
  const table: [string, string][] = [
    ['nginx', 'latest'],
    ['nginx:1.2', '1.2'],
    ['localhost:5000/nginx', 'latest'],
    ['registry.example.com:5000/a/b:v1', 'v1'],
    [`nginx@${digest}`, ''],
    [`nginx:latest@${digest}`, 'latest'],
    ['Nginx', ''],
    ['a/Upper', ''],
    ['', ''],
    ['nginx:', ''],
  ]
  for (const [given, want] of table) assert.equal(imageTag(given), want, given)
})

test('addresses', () => {
  const texts = (value: string) => validateIP(value, at('ip')).map(({ detail }) => detail)
  assert.deepEqual(texts('10.0.0.1'), [])
  assert.deepEqual(texts('010.0.0.1'), ['must not have leading 0s'])
  assert.deepEqual(texts('::ffff:1.2.3.4'), ['must not be an IPv4-mapped IPv6 address'])
  assert.deepEqual(texts('1.2.3'), ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'])
  assert.deepEqual(
    validateCanonicalIP('2001:DB8:0:0::1', at('ip')).map(({ detail }) => detail),
    ['must be in canonical form ("2001:db8::1")'],
  )
  assert.deepEqual(
    validateCIDR('10.0.0.1/8', at('c')).map(({ detail }) => detail),
    ['must not have bits set beyond the prefix length'],
  )
  assert.deepEqual(validateCIDR('10.0.0.0/8', at('c')), [])
  assert.equal(validateNonSpecialIP('fe80::1', at('ip')).length, 1)
  assert.equal(validateNonSpecialIP('0.0.0.0', at('ip'))[0]?.detail, 'may not be unspecified (0.0.0.0)')
  assert.equal(isDualStack(['10.0.0.1', 'fd00::1']), true)
  assert.equal(isDualStack(['10.0.0.1', '10.0.0.2']), false)
  for (const text of ['::', '::1', '1::', 'fd00:0:0:1::5', '2001:db8:1:2:3:4:5:6']) {
    const address = parseIP(text)
    assert.equal(address && ipText(address), text)
  }
})

test('a difference names what changed, with the names of Go', () => {
  const text = valueDiff('core.X', { a: 1, list: [{ b: 'x' }], same: true }, { a: 2, list: [{ b: 'y' }], same: true })
  assert.equal(
    text,
    '  core.X{\n- \tA: 1,\n+ \tA: 2,\n  \tList: {\n  \t\t{\n- \t\t\tB: "x",\n+ \t\t\tB: "y",\n  \t\t},\n  \t},\n  \t... // 1 identical fields\n  }\n',
  )
})

test('an absent template is judged as an empty one', () => {
  assert.deepEqual(validatePodTemplate(undefined, at('spec', 'template')).map(fieldErrorText), [
    'spec.template.spec.terminationGracePeriodSeconds: Required value',
    'spec.template.spec.containers: Required value',
    'spec.template.spec.restartPolicy: Required value',
    'spec.template.spec.dnsPolicy: Required value',
  ])
})

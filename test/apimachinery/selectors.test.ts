import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as fields from '../../src/apimachinery/selectors/field-selector.ts'
import * as labels from '../../src/apimachinery/selectors/label-selector.ts'
import { parseLabelSelector } from '../../src/apimachinery/selectors/parse-label-selector.ts'

const given = { app: 'web', tier: '', n: '5', constructor: 'x' }

test('label selectors match as upstream does', () => {
  const table: [string, boolean][] = [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!absent', true],
    ['app=web', true],
    ['app==web,tier=', true],
    ['app!=web', false],
    ['absent!=web', true],
    ['app in (web,,b)', true],
    ['tier in (a,)', true],
    ['app notin (web)', false],
    ['absent notin (web)', true],
    ['n>4', true],
    ['n>5', false],
    ['n<6', true],
    ['app<6', false],
    [' app = web , n ', true],
    ['toString', false],
    ['app in (in,notin,web)', true],
  ]
  for (const [text, want] of table) assert.equal(labels.matchesLabels(parseLabelSelector(text), given), want, text)
})

test('broken label selectors are refused in upstream words', () => {
  const key =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  const table: [string, string][] = [
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['-a', `unable to parse requirement: <nil>: Invalid value: "-a": name part ${key}`],
    ['n>x', `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`],
    [`a=${'x'.repeat(64)}`, `unable to parse requirement: values[0][a]: Invalid value: "${'x'.repeat(64)}": must be no more than 63 bytes`],
  ]
  for (const [text, message] of table) assert.throws(() => parseLabelSelector(text), { message, code: 400 }, text)
})

test('printing a selector and reading it again gives the same', () => {
  const value = fc.constantFrom('', 'a', 'b', 'x-1')
  const term = fc.oneof(
    fc.tuple(fc.constantFrom('a', 'b/c', 'in'), fc.constantFrom('=', '!=', '=='), value).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('a', 'k'), fc.constantFrom('in', 'notin'), fc.array(value, { maxLength: 3 }))
      .map(([k, op, v]) => `${k} ${op} (${v.join(',')})`),
    fc.constantFrom('a', '!b', 'n>3', 'n<4'),
  )
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
      const selector = parseLabelSelector(terms.join(','))
      assert.deepEqual(parseLabelSelector(labels.labelSelectorText(selector)), selector)
    }),
    { numRuns: 200 },
  )
})

test('LabelSelectors of objects', () => {
  assert.equal(labels.matchesLabels(labels.selectorFromObject({}), given), true)
  assert.equal(labels.matchesLabels(labels.selectorFromObject(undefined), given), false)
  const object = { matchLabels: { b: 'c' }, matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['z', 'y'] }] }
  assert.equal(labels.labelSelectorText(labels.selectorFromObject(object)), 'a notin (y,z),b=c')
  assert.equal(labels.formatLabelSelector({}), '<none>')
  assert.throws(() => labels.selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Gt' }] }), {
    message: '"Gt" is not a valid label selector operator',
  })
  const errors = labels.validateLabelSelector({ matchExpressions: [{ key: 'a', operator: 'In' }] })
  assert.deepEqual(
    [errors[0]?.field, errors[0]?.detail],
    ['spec.selector.matchExpressions[0].values', "must be specified when `operator` is 'In' or 'NotIn'"],
  )
})

test('field selectors', () => {
  const read = (field: string) => ({ 'spec.nodeName': 'n1', x: 'a,b=c\\' })[field] ?? ''
  assert.equal(fields.matchesFields(fields.parseFieldSelector('spec.nodeName=n1,metadata.name!=x'), read), true)
  assert.equal(fields.matchesFields(fields.parseFieldSelector('spec.nodeName==n2'), read), false)
  assert.equal(fields.matchesFields(fields.parseFieldSelector('x=a\\,b\\=c\\\\'), read), true)
  assert.equal(fields.fieldSelectorText(fields.parseFieldSelector('b!=1,,a=x\\,y')), 'a=x\\,y,b!=1')
  assert.equal(fields.exactField(fields.parseFieldSelector('a!=1,b=2'), 'b'), '2')
  const bad: [string, string][] = [
    ['abc', "invalid selector: 'abc'; can't understand 'abc'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=\\x', 'invalid field selector: invalid escape sequence: \\x'],
  ]
  for (const [text, message] of bad) assert.throws(() => fields.parseFieldSelector(text), { message, code: 400 }, text)
  assert.throws(() => fields.checkFieldSelector(fields.parseFieldSelector('a=1'), new Set(['b'])), {
    message: 'field label not supported: a',
  })
  assert.throws(() => fields.checkFieldSelector(fields.parseFieldSelector('data.x=1'), new Set()), {
    message: '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  })
})

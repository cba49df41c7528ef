import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as names from '../../src/apimachinery/names.ts'

const table: { rule: (value: string) => string[]; good: string[]; bad: [string, ...string[]][] }[] = [
  {
    rule: names.dns1123Subdomain,
    good: ['a', '1.2.3', 'a-b.c--d', 'a'.repeat(253)],
    bad: [
      [
        'A',
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
      ['a'.repeat(254), 'must be no more than 253 characters'],
    ],
  },
  {
    rule: names.dns1123Label,
    good: ['a', '0', 'a--1', 'a'.repeat(63)],
    bad: [
      ['a.b', 'must not contain dots'],
      [
        'a_b',
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
  },
  {
    rule: names.qualifiedName,
    good: ['simple', 'a/b', '1.2.3.4/5678', 'Uppercase_Is_OK_123', `${'a'.repeat(253)}/${'b'.repeat(63)}`],
    bad: [
      ['a'.repeat(64), 'name part must be no more than 63 bytes'],
      ['/simple', 'prefix part must be non-empty'],
      [
        'x/',
        'name part must be non-empty',
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
      [
        'a/b/c',
        "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
      ],
    ],
  },
  {
    rule: names.labelValueErrors,
    good: ['', 'x', 'a_B-1.2'],
    bad: [
      ['a'.repeat(64), 'must be no more than 63 bytes'],
      [
        '-a',
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
  },
  {
    rule: names.portName,
    good: ['http', 'a1-b'],
    bad: [
      ['1', 'must contain at least one letter (a-z)'],
      ['a--b-', 'must not contain consecutive hyphens', 'must not begin or end with a hyphen'],
      ['abcdefghijklmnop', 'must be no more than 15 characters'],
    ],
  },
  {
    rule: names.pathSegmentName,
    good: ['system:node', 'ANY'],
    bad: [
      ['..', "may not be '..'"],
      ['a/b%', "may not contain '/'", "may not contain '%'"],
    ],
  },
  {
    rule: names.envVarName,
    good: ['A', '1-x', 'a b'],
    bad: [
      ['', 'environment variable name must be non-empty'],
      ['a=b', "a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
  },
  {
    rule: names.configMapKey,
    good: ['a.b', '_x', '.a'],
    bad: [
      ['..', "must not be '..'"],
      ['..a', "must not start with '..'"],
    ],
  },
  {
    rule: names.percent,
    good: ['0%', '125%'],
    bad: [
      [
        '1',
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
  },
]

test('names are judged as upstream does, in its words', () => {
  for (const { rule, good, bad } of table) {
    for (const value of good) assert.deepEqual(rule(value), [], value)
    for (const [value, ...messages] of bad) assert.deepEqual(rule(value), messages, value)
  }
})

test('a generateName may end with a dash', () => {
  assert.deepEqual(names.nameErrors('dns-subdomain', 'web-', true), [])
  assert.equal(names.nameErrors('dns-subdomain', 'web-', false).length, 1)
  assert.deepEqual(
    names.nameErrors((name) => [`no ${name}`], 'x', false),
    ['no x'],
  )
})

test('byteLength counts UTF-8', () => {
  for (const text of ['a', 'é', '€', '😀', 'aé€😀']) assert.equal(names.byteLength(text), new TextEncoder().encode(text).length)
})

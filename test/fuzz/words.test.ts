// The small languages: quantities, selectors, tokens, URLs, parameters, times, patterns. Read or refused, quickly, and what is printed is read again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAddress, parseCidr } from '../../src/apimachinery/cidr.ts'
import { canonicalDuration, DurationError } from '../../src/apimachinery/duration.ts'
import { compileJsonPath, JsonPathError } from '../../src/apimachinery/jsonpath.ts'
import { qualifiedName } from '../../src/apimachinery/names.ts'
import { canonicalQuantity, compareQuantities, QuantityError } from '../../src/apimachinery/quantity.ts'
import { compileRegex } from '../../src/apimachinery/regex/match.ts'
import { RegexSyntaxError } from '../../src/apimachinery/regex/parse.ts'
import { parseFieldSelector } from '../../src/apimachinery/selectors/field-selector.ts'
import { matchesLabels } from '../../src/apimachinery/selectors/label-selector.ts'
import { parseLabelSelector } from '../../src/apimachinery/selectors/parse-label-selector.ts'
import { canonicalMicroTime, canonicalTime, TimeError } from '../../src/apimachinery/time.ts'
import { bearerToken } from '../../src/apiserver/authentication/bearer-token.ts'
import { peekClaims, verifyJwt } from '../../src/apiserver/authentication/jwt.ts'
import { decodeToken } from '../../src/apiserver/list-token.ts'
import { negotiateView } from '../../src/apiserver/negotiate.ts'
import { checkDeleteOptions, deleteOptionsOfQuery, fieldManagerOf, listOptions, writeOptions } from '../../src/apiserver/parameters.ts'
import { requestInfo, splitUrl } from '../../src/apiserver/request-info.ts'
import { fuzz, refusable } from './fuzzing.ts'

/** Texts of the given pieces, and long repetitions of one of them: what slow patterns stumble over. */
function textOf(...pieces: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: fc.string({ maxLength: 3 }) })
  return fc.oneof(
    { weight: 9, arbitrary: fc.array(piece, { maxLength: 10 }).map((all) => all.join('')) },
    {
      weight: 1,
      arbitrary: fc.tuple(piece, fc.integer({ min: 1, max: 20_000 }), piece).map(([some, times, end]) => some.repeat(times) + end),
    },
  )
}

test('quantities', (t) => {
  fuzz(t, 250, textOf('1', '0', '9', '.', '-', '+', 'e', 'E', 'Ki', 'Gi', 'm', 'n', 'u', 'k', 'M', ' ', '999999999999', '1e18'), (text) => {
    const canonical = refusable(() => canonicalQuantity(text), QuantityError)
    if (canonical === undefined) return
    assert.equal(canonicalQuantity(canonical), canonical)
    assert.equal(compareQuantities(canonical, canonical), 0)
  })
})

test('label and field selectors', (t) => {
  const labels = { a: 'b', x: '1' }
  fuzz(
    t,
    250,
    textOf('a', 'b', '=', '==', '!=', '!', ',', ' in ', ' notin ', '(', ')', '>', '<', '1', ' ', '__proto__', 'x.y/z', '\\', '\0'),
    (text) => {
      const selector = refusable(() => parseLabelSelector(text))
      if (selector !== undefined) matchesLabels(selector, labels)
      refusable(() => parseFieldSelector(text))
    },
  )
})

test('continue tokens', (t) => {
  const json = fc.record(
    {
      v: fc.constantFrom('meta.k8s.io/v1', 'x'),
      rv: fc.oneof(fc.integer(), fc.double(), fc.constant('1')),
      start: textOf('a', '/', '..', '\0', '%'),
    },
    { requiredKeys: [] },
  )
  const token = fc.oneof(
    json.map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
    fc.string().map((text) => Buffer.from(text).toString('base64url')),
    fc.string(),
  )
  fuzz(t, 200, token, (text) => {
    const read = refusable(() => decodeToken(text, '/registry/pods/ns/'))
    if (read === undefined) return
    assert.ok(read.start.startsWith('/registry/pods/ns/') && !`/${read.start}/`.includes('/../'), read.start)
  })
})

test('URLs', (t) => {
  const path = textOf(
    '/',
    'api',
    'apis',
    'v1',
    'namespaces',
    'default',
    'pods',
    'watch',
    'proxy',
    '%2F',
    '%',
    '%00',
    '..',
    '?',
    '#',
    '&',
    '=',
    '__proto__',
    'watch=1',
    'fieldSelector=metadata.name=',
  )
  fuzz(t, 250, fc.tuple(fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', '__proto__'), path), ([method, url]) => {
    const split = splitUrl(`/api/v1/${url}`)
    if (split === undefined) return
    const info = requestInfo(method, split.path, split.query)
    assert.equal(typeof info.verb, 'string')
    assert.ok(!info.name.includes('/') && !info.namespace.includes('/') && !info.resource.includes('/'))
  })
})

test('parameters of lists, watches, writes and deletions', (t) => {
  const value = textOf(
    '0',
    '1',
    '-1',
    'true',
    'false',
    'Exact',
    'NotOlderThan',
    'All',
    'Strict',
    'Orphan',
    'm',
    '\0',
    'é',
    '99999999999999999999',
  )
  const name = fc.constantFrom(
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
    'allowWatchBookmarks',
    'timeoutSeconds',
    'limit',
    'continue',
    'watch',
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
    'propagationPolicy',
    'gracePeriodSeconds',
    'orphanDependents',
    '__proto__',
  )
  fuzz(t, 150, fc.tuple(fc.array(fc.tuple(name, value), { maxLength: 5 }), fc.boolean()), ([pairs, flag]) => {
    const query = new URLSearchParams(pairs)
    refusable(() => listOptions(query, flag))
    refusable(() => writeOptions(query, 'PatchOptions', flag))
    refusable(() => checkDeleteOptions(deleteOptionsOfQuery(query)))
  })
})

test('headers: Accept, Authorization, User-Agent', (t) => {
  const header = textOf(
    'application/json',
    '*/*',
    ';',
    ',',
    '=',
    'q=0.1',
    'as=Table',
    'g=meta.k8s.io',
    'v=v1',
    ' ',
    'Bearer ',
    'a.b.c',
    '__proto__=1',
    'é',
    '"',
  )
  fuzz(t, 150, header, (text) => {
    refusable(() => negotiateView(text, false, true))
    const token = bearerToken({ headers: { authorization: text } }) ?? text
    peekClaims(token)
    assert.equal(verifyJwt(token, []), undefined)
    assert.ok(Buffer.byteLength(fieldManagerOf({ fieldManager: '' }, text)) <= 128)
  })
})

test('times, durations, addresses, names, paths', (t) => {
  const text = textOf(
    '2026-01-02T03:04:05',
    'Z',
    '+01:00',
    '.',
    '1',
    '0',
    'h',
    'm',
    's',
    '-',
    ':',
    '::',
    '/',
    '255',
    'fe80',
    'a',
    '[',
    ']',
    '{',
    '}',
    '?(@',
    '"',
  )
  fuzz(t, 250, text, (given) => {
    refusable(() => canonicalTime(given), TimeError)
    refusable(() => canonicalMicroTime(given), TimeError)
    refusable(() => canonicalDuration(given), DurationError)
    refusable(() => compileJsonPath(given), JsonPathError)
    parseAddress(given)
    parseCidr(given)
    qualifiedName(given)
  })
})

test('patterns of definitions run in linear time', (t) => {
  const pattern = textOf(
    'a',
    '(',
    ')',
    '*',
    '+',
    '?',
    '|',
    '[',
    ']',
    '^',
    '$',
    '{2}',
    '{,',
    '\\d',
    '\\b',
    '.',
    '(a*)*',
    '(?i)',
    '\\p{L}',
    '-',
  )
  fuzz(t, 100, fc.tuple(pattern, fc.integer({ min: 0, max: 200 })), ([source, length]) => {
    const regex = refusable(() => compileRegex(source.slice(0, 200)), RegexSyntaxError)
    regex?.test(`${'a'.repeat(length)}!`)
  })
})

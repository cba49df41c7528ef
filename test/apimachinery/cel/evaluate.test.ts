import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compile } from '../../../src/apimachinery/cel/compile.ts'
import { shown } from '../../../src/apimachinery/cel/format-text.ts'
import { CelSyntaxError } from '../../../src/apimachinery/cel/lexer.ts'
import { CelError, CostError } from '../../../src/apimachinery/cel/values.ts'

const limit = 1_000_000

function run(text: string, steps = limit): string {
  try {
    return shown(compile(text, []).run([], steps).value)
  } catch (error) {
    if (error instanceof CelSyntaxError) return `syntax: ${error.message}`
    if (error instanceof CelError || error instanceof CostError) return `error: ${error.message}`
    throw error
  }
}

const cases: readonly (readonly [given: string, want: string])[] = [
  // literals
  ['0xFF', '255'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['9223372036854775808', 'syntax: invalid int literal'],
  ['18446744073709551615u', '18446744073709551615'],
  ["\"\\u00e9\" + r\"\\n\" + '''a\nb'''", 'é\\na\nb'],
  ['size("héllo😀")', '6'],
  ['b"\\xff" == b"\\377"', 'true'],
  ['1 // a comment', '1'],
  // numbers
  ['7 / 2 * 2 + 7 % 2', '7'],
  ['-7 / 2', '-3'],
  ['-7 % 2', '-1'],
  ['9223372036854775807 + 1', 'error: integer overflow'],
  ['1u - 2u', 'error: unsigned integer overflow'],
  ['1 / 0', 'error: division by zero'],
  ['1 % 0', 'error: modulus by zero'],
  ['1.0 / 0.0', '+Inf'],
  ['1 < 1.5 && 2u > 1', 'true'],
  ['1 == 1.0', 'true'],
  ['0.0 / 0.0 == 0.0 / 0.0', 'false'],
  ['1 + 1.0', 'error: no such overload'],
  // logic takes the side that decides
  ['false && 1 / 0 > 0', 'false'],
  ['1 / 0 > 0 && false', 'false'],
  ['1 / 0 > 0 || true', 'true'],
  ['1 / 0 > 0 || false', 'error: division by zero'],
  ['true ? 1 : 1 / 0', '1'],
  ['!true || 2 > 1 ? "y" : "n"', 'y'],
  // lists and maps
  ['[1, 2, 3][1]', '2'],
  ['[1][5]', 'error: index out of bounds: 5'],
  ['{"a": {"b": 2}}.a.b', '2'],
  ['{"a": 1}.b', 'error: no such key: b'],
  ['{1: "x"}[1]', 'x'],
  ['{"a": 1, "a": 2}', 'error: Failed with repeated key: a'],
  ['2 in [1, 2] && !("z" in {"a": 1})', 'true'],
  ['[1, 2] + [3] == [1, 2, 3]', 'true'],
  ['{"__proto__": 1}.__proto__', '1'],
  ['has({"a": 1}.a) && !has({"a": 1}.b)', 'true'],
  // macros
  ['[1, 2, 3].all(x, x > 0)', 'true'],
  ['[1, 2, 3].exists(x, x / 0 > 0 || x == 3)', 'true'],
  ['[1, 2, 2].exists_one(x, x == 1)', 'true'],
  ['[1, 2, 3].filter(x, x > 1).map(x, x * 2)', '[4, 6]'],
  ['[1, 2, 3].map(x, x > 1, x * x)', '[4, 9]'],
  ['[[1, 2], [3]].all(l, l.exists(x, x > 1))', 'true'],
  ['{"a": 1, "b": 2}.all(k, k != "c")', 'true'],
  ['{"a": 1, "b": 2}.exists(k, v, v == 2 && k == "b")', 'true'],
  ['["x", "y"].transformMap(i, v, v + string(i))[1]', 'y1'],
  ['[3, 1, 2].transformList(i, v, i > 0, v * 10)', '[10, 20]'],
  ['[{"n": 2}, {"n": 1}].sortBy(x, x.n)[0].n', '1'],
  // optional values
  ['{"a": 1}.?b.orValue(3)', '3'],
  ['{"a": {"b": 4}}.?a.b.value()', '4'],
  ['{"a": 1}.?b.hasValue()', 'false'],
  ['[1][?3].or(optional.of(9)).value()', '9'],
  ['optional.of(1).optMap(v, v + 1).value()', '2'],
  ['[1, ?optional.none(), 2]', '[1, 2]'],
  ['optional.none().value()', 'error: optional.none() dereference'],
  // conversions
  ['int("-12") + int(3.9) + int(2u)', '-7'],
  ['int("x")', 'error: strconv.ParseInt: parsing "x": invalid syntax'],
  ['uint(-1)', 'error: unsigned integer overflow'],
  ['string(1.5) + string(true) + string(7)', '1.5true7'],
  ['string(duration("90m"))', '5400s'],
  ['type(1) == int && type("") == string && type([]) == list', 'true'],
  // strings
  ['"abc".substring(1, 2) + "abc".charAt(2)', 'bc'],
  ['"abc".substring(2, 1)', 'error: invalid substring range. start: 2, end: 1'],
  ['"a,b,c".split(",", 2)', '[a, b,c]'],
  ['["a", "b"].join("-")', 'a-b'],
  ['"héé".indexOf("é")', '1'],
  ['"héé".lastIndexOf("é")', '2'],
  ['"aXbX".replace("X", "-", 1)', 'a-bX'],
  ['" x ".trim().upperAscii()', 'X'],
  ['"%s has %d of %.2f and %x".format(["a", 1, 2.5, 255])', 'a has 1 of 2.50 and ff'],
  ['strings.quote("a\\"b")', '"a\\"b"'],
  ['"foo.example.com".matches("^[a-z.]+$")', 'true'],
  ['"a".matches("(")', 'error: error parsing regexp: missing closing ): `(`'],
  ['"karpenter.sh/zone".find("^([^/]+)")', 'karpenter.sh'],
  ['"a1b22".findAll("[0-9]+")', '[1, 22]'],
  // lists of Kubernetes and of cel-go
  ['[1, 2, 2].isSorted() && ![2, 1].isSorted()', 'true'],
  ['[1, 2].sum() + [4, 3].max() + [4, 3].min()', '10'],
  ['[1, 2, 1].lastIndexOf(1)', '2'],
  ['[1, 2, 2].distinct().reverse()', '[2, 1]'],
  ['[[1], [2, [3]]].flatten(2)', '[1, 2, 3]'],
  ['lists.range(4).slice(1, 3)', '[1, 2]'],
  ['sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])', 'true'],
  // times
  ['duration("1h30m").getMinutes()', '90'],
  ['timestamp("2024-02-29T23:00:00Z").getDayOfYear()', '59'],
  ['timestamp("2024-02-29T23:00:00Z").getHours("+02:00")', '1'],
  ['timestamp("2024-01-01T00:00:00Z") + duration("36h")', '2024-01-02T12:00:00Z'],
  ['timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")', 'true'],
  ['duration("1x")', 'error: time: unknown unit "x" in duration "1x"'],
  // quantities, addresses, URLs, versions, formats
  ['quantity("1Gi").isGreaterThan(quantity("500M"))', 'true'],
  ['quantity("200m").add(quantity("800m")) == quantity("1")', 'true'],
  ['quantity("1.5").isInteger() || isQuantity("1x")', 'false'],
  ['quantity("2k").asInteger()', '2000'],
  ['ip("::1").isLoopback() && ip("10.0.0.1").family() == 4 && !isIP("1.2.3")', 'true'],
  ['cidr("10.0.0.0/8").containsIP("10.2.3.4") && !cidr("10.0.0.0/8").containsCIDR(cidr("11.0.0.0/9"))', 'true'],
  ['url("https://h.example:8443/a/b?x=1&x=2").getQuery()["x"]', '[1, 2]'],
  ['url("https://h.example:8443/a").getHost() + url("https://[::1]:80/").getHostname()', 'h.example:8443::1'],
  ['isURL("../a") || isURL("")', 'false'],
  ['semver("1.2.3").isLessThan(semver("1.10.0")) && semver("v1.2", true).minor() == 2', 'true'],
  ['semver("1.0.0-alpha.2").compareTo(semver("1.0.0-alpha.10"))', '-1'],
  ['format.dns1123Label().validate("A").hasValue()', 'true'],
  ['format.named("uuid").value().validate("123e4567-e89b-12d3-a456-426614174000").hasValue()', 'false'],
  // what cannot be read
  ['1 +', "syntax: Syntax error: mismatched input '<EOF>'"],
  ['1 2', "syntax: Syntax error: extraneous input '2'"],
  ['foo', "syntax: undeclared reference to 'foo' (in container '')"],
  ['foo(1)', "syntax: undeclared reference to 'foo' (in container '')"],
  ['"a".size(1, 2)', "syntax: found no matching overload for 'size'"],
  ['package', 'syntax: Syntax error: reserved identifier: package'],
  ['has(1)', 'syntax: invalid argument to has() macro'],
]

test('expressions have the values that the language says', () => {
  const wrong = cases.flatMap(([given, want]) => (run(given) === want ? [] : [{ given, want, got: run(given) }]))
  assert.deepEqual(wrong, [])
})

test('no expression runs for long', () => {
  const few = 50_000
  const started = performance.now()
  assert.equal(
    run('lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, c >= 0)))', few),
    'error: operation cancelled: actual cost limit exceeded',
  )
  assert.equal(run(`"${'a'.repeat(5000)}!".matches("^(a+)+$")`), 'false')
  assert.match(run(`"${'a'.repeat(5000)}".findAll("a.*b|a")`, few), /^error: operation cancelled/)
  assert.match(
    run('lists.range(1000).map(x, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").join().split("").map(x, lists.range(100))', few),
    /^error: operation cancelled/,
  )
  assert.match(run(`${'('.repeat(5000)}1${')'.repeat(5000)}`), /^syntax: /)
  assert.match(run(`${'['.repeat(5000)}`), /^syntax: /)
  assert.ok(performance.now() - started < 1500)
})

test('whatever is written, it is a value or a CEL error', () => {
  const word = fc.constantFrom(
    '1',
    '2u',
    '1.5',
    '"a"',
    '[1]',
    '{"a": 1}',
    'null',
    'true',
    'x',
    '+',
    '-',
    '==',
    '&&',
    '?',
    ':',
    '(',
    ')',
    '.',
    'size',
    'all',
    ',',
    '[',
    ']',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (words) => {
      run(words.join(' '))
      run(words.join(''))
    }),
    { numRuns: 300 },
  )
})

test('what is too deep is refused, wide logic is not', () => {
  const deep = 'syntax: expression recursion limit exceeded: 250'
  assert.equal(run(`1${'+1'.repeat(200)}`), '201')
  assert.equal(run(`1${'-1'.repeat(2000)}`), deep)
  assert.equal(run(`[0]${'.map(x, x)'.repeat(2000)}`), deep)
  let nested = '1'
  for (let i = 0; i < 90; i++) nested = `[${nested}${'+1'.repeat(200)}][0]`
  assert.equal(run(nested), deep)
  assert.equal(run(`false${'||false'.repeat(10_000)}||true`), 'true')
  assert.equal(run(`1/0 == 1${'||false'.repeat(100)}||true`), 'true')
  assert.match(run('timestamp(9223372036854775807)'), /^error: /)
})

// CEL: any text is compiled or refused; what runs ends within its budget with a value or one of the two errors of the language.
import { test } from 'node:test'
import fc from 'fast-check'
import { compile } from '../../src/apimachinery/cel/compile.ts'
import { shown } from '../../src/apimachinery/cel/format-text.ts'
import { CelSyntaxError } from '../../src/apimachinery/cel/lexer.ts'
import { CelError, CostError, Duration, type Value } from '../../src/apimachinery/cel/values.ts'
import { fuzz, refusable } from './fuzzing.ts'

const budget = 100_000
const values: Readonly<Record<string, Value>> = {
  self: [1n, 'a', [2.5, null], true],
  text: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
  number: -9223372036854775808n,
  time: new Duration(1n),
}
const names = Object.keys(values)

const leaf = fc.constantFrom(
  ...names,
  ...['0', '1', '-1', '9223372036854775807', '1u', '0.5', '1e308', "'a'", "'%s %d'", "b'\\xff'", 'true', 'null', '[]', '{}', '{"a": 1}'],
  ...["'(a*)*$'", "'2024-01-01T00:00:00Z'", "'1h'", "'10Mi'", "'10.0.0.0/8'", "'https://a/b'", 'int', '__proto__', 'constructor'],
)
const operator = fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in', '.', ',')
const method = fc.constantFrom(
  ...['size', 'matches', 'find', 'findAll', 'replace', 'split', 'join', 'format', 'indexOf', 'substring', 'lowerAscii', 'trim', 'charAt'],
  ...['sum', 'min', 'max', 'isSorted', 'getSeconds', 'getFullYear', 'orValue', 'hasValue', 'isGreaterThan', 'asInteger', 'toString'],
)
const call = fc.constantFrom(
  ...[
    'size',
    'int',
    'uint',
    'double',
    'string',
    'bytes',
    'duration',
    'timestamp',
    'type',
    'dyn',
    'has',
    'url',
    'isURL',
    'quantity',
    'cidr',
    'ip',
  ],
)
const macro = fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter')

const expression: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(tie('any'), operator, tie('any')).map(([a, by, b]) => `(${a} ${by} ${b})`),
    fc.tuple(tie('any'), method, fc.array(tie('any'), { maxLength: 2 })).map(([on, name, args]) => `${on}.${name}(${args.join(', ')})`),
    fc.tuple(call, tie('any')).map(([name, argument]) => `${name}(${argument})`),
    fc.tuple(tie('any'), macro, tie('any')).map(([on, name, body]) => `${on}.${name}(x, ${body})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('any'), tie('any')).map(([on, key]) => `${on}[${key}]`),
    fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 2 }).map((pairs) => `{${pairs.map((two) => two.join(': ')).join(', ')}}`),
  ),
})).any

function attempt(text: string): void {
  const program = refusable(() => compile(text, names), CelSyntaxError)
  if (program === undefined) return
  refusable(() => shown(program.run(Object.values(values), budget).value), CelError, CostError)
}

test('CEL expressions', (t) => {
  fuzz(t, 400, expression, attempt)
})

test('CEL expressions, spoiled', (t) => {
  const piece = fc.oneof(
    leaf,
    operator,
    method,
    call,
    fc.constantFrom('(', ')', '[', ']', '{', '}', '"', "'", '?', ':', '\\', '//', '\n', '!', '-'),
  )
  const long = fc.tuple(piece, fc.integer({ min: 1, max: 5000 }), piece).map(([one, times, end]) => one.repeat(times) + end)
  fuzz(
    t,
    300,
    fc.oneof({ weight: 9, arbitrary: fc.array(piece, { maxLength: 12 }).map((all) => all.join('')) }, { weight: 1, arbitrary: long }),
    attempt,
  )
})

// Flags as pflag parses them, with its words for mistakes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  booleanFlag,
  choiceFlag,
  durationFlag,
  integerFlag,
  listFlag,
  mapFlag,
  parseFlags,
  stringFlag,
  UsageError,
} from '../../src/cli/flags.ts'
import { commands } from '../../src/cli/program.ts'

const flags = {
  name: stringFlag('a name', 'none'),
  port: integerFlag('a port', 1, { min: 0, max: 65_535 }),
  quick: booleanFlag('quick'),
  slow: booleanFlag('slow', true),
  period: durationFlag('a period', 1000),
  words: listFlag('words', ['*']),
  labels: mapFlag('labels'),
  mode: choiceFlag('a mode', ['a', 'b'], 'a'),
}

const good: { name: string; given: string[]; want: Record<string, unknown> }[] = [
  {
    name: 'defaults',
    given: [],
    want: { name: 'none', port: 1, quick: false, slow: true, period: 1000, words: ['*'], labels: {}, mode: 'a' },
  },
  { name: 'a value after a space or an equals sign', given: ['--name', 'x', '--port=7'], want: { name: 'x', port: 7 } },
  { name: 'an empty value', given: ['--name='], want: { name: '' } },
  { name: 'a value with an equals sign', given: ['--name=a=b'], want: { name: 'a=b' } },
  { name: 'booleans alone and with a value', given: ['--quick', '--slow=false'], want: { quick: true, slow: false } },
  { name: 'durations', given: ['--period=1m30.5s'], want: { period: 90_500 } },
  { name: 'lists join, and replace the default', given: ['--words=a,b', '--words=c'], want: { words: ['a', 'b', 'c'] } },
  { name: 'maps join', given: ['--labels=a=1,b=2', '--labels=c='], want: { labels: { a: '1', b: '2', c: '' } } },
  { name: 'the last of several wins', given: ['--name=a', '--name=b'], want: { name: 'b' } },
]
for (const { name, given, want } of good) {
  test(name, () => {
    const { values } = parseFlags(flags, given)
    for (const [key, value] of Object.entries(want)) assert.deepEqual(values[key as 'name'], value)
  })
}

const bad: { given: string[]; want: RegExp }[] = [
  { given: ['--nope'], want: /^unknown flag: --nope$/ },
  { given: ['--__proto__=x'], want: /^unknown flag: --__proto__$/ },
  { given: ['-x'], want: /^unknown shorthand flag: "x" in -x$/ },
  { given: ['--name'], want: /^flag needs an argument: --name$/ },
  { given: ['--port=ten'], want: /^invalid argument "ten" for "--port" flag: / },
  { given: ['--port=70000'], want: /^invalid argument "70000" for "--port" flag: / },
  { given: ['--quick=maybe'], want: /^invalid argument "maybe" for "--quick" flag: strconv\.ParseBool: parsing "maybe": invalid syntax$/ },
  { given: ['--period=soon'], want: /time: invalid duration "soon"$/ },
  { given: ['--labels=a'], want: /a must be formatted as key=value$/ },
  { given: ['--mode=c'], want: /must be one of a, b$/ },
]
for (const { given, want } of bad) {
  test(`refused: ${given.join(' ')}`, () =>
    assert.throws(
      () => parseFlags(flags, given),
      (error) => error instanceof UsageError && want.test(error.message),
    ))
}

test('words after -- and between flags are kept apart', () => {
  assert.deepEqual(parseFlags(flags, ['a', '--quick', 'b', '--', '--name']).words, ['a', 'b', '--name'])
})

for (const [name, { load }] of Object.entries(commands)) {
  test(`${name}: named as it is called, every flag says what it does, its default passes its own check`, async () => {
    const { command } = await load()
    assert.equal(command.name, name)
    for (const [flag, { summary, default: fallback, parse, repeated }] of Object.entries(command.flags)) {
      assert.match(flag, /^[a-z][a-z0-9-]*$/)
      assert.ok(summary.length > 5, flag)
      if (typeof fallback === 'string' && fallback !== '' && !repeated) assert.doesNotThrow(() => parse(fallback), flag)
    }
  })
}

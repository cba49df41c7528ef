// Flags in the manner of Go's pflag, as every upstream component parses them. Each knows how to read its text; no schema library is
// loaded for that, since every process would carry it.
import { parseCidr } from '../apimachinery/cidr.ts'

/** One flag; the key in a command's `flags` is its name without dashes. */
export interface Flag<T = unknown> {
  summary: string
  /** Checks and converts the text; the message of what it throws follows `invalid argument "x" for "--name" flag:`. */
  parse: (text: string) => T
  /** A text that parses to the value, where String(value) does not. */
  text?: (value: T) => string
  default: T
  /** Shown in help instead of the default. */
  placeholder?: string
  /** `--name` alone means true. */
  boolean?: boolean
  /** May be given several times; each text is parsed alone and the arrays are joined. */
  repeated?: boolean
}

// biome-ignore lint/suspicious/noExplicitAny: flags of different types stand in one table
export type Flags = Readonly<Record<string, Flag<any>>>
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

/** A mistake of the person at the terminal: printed without a stack, exit code 1. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export function stringFlag(summary: string, fallback = ''): Flag<string> {
  return { summary, parse: (text) => text, default: fallback, placeholder: 'string' }
}

const booleans = new Map([
  ...['true', 't', '1', 'TRUE', 'True', 'T'].map((word) => [word, true] as const),
  ...['false', 'f', '0', 'FALSE', 'False', 'F'].map((word) => [word, false] as const),
])

export function booleanFlag(summary: string, fallback = false): Flag<boolean> {
  const parse = (text: string) => {
    const value = booleans.get(text)
    if (value === undefined) throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
    return value
  }
  return { summary, parse, default: fallback, boolean: true }
}

export function integerFlag(summary: string, fallback: number, range: { min?: number; max?: number } = {}): Flag<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range
  const parse = (text: string) => {
    if (!/^[+-]?\d{1,15}$/.test(text)) throw new Error('must be an integer')
    const value = Number(text)
    if (value < min) throw new Error(`must be at least ${min}`)
    if (value > max) throw new Error(`must be at most ${max}`)
    return value
  }
  return { summary, parse, default: fallback, placeholder: 'int' }
}

/** A decimal number such as 0.1. */
export function numberFlag(summary: string, fallback: number, range: { min?: number; max?: number } = {}): Flag<number> {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range
  const parse = (text: string) => {
    const value = Number(text)
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) || !Number.isFinite(value)) {
      throw new Error(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
    }
    if (value < min) throw new Error(`must be at least ${min}`)
    if (value > max) throw new Error(`must be at most ${max}`)
    return value
  }
  return { summary, parse, default: fallback, placeholder: 'float' }
}

const durationUnits: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, µs: 0.001, ns: 1e-6 }

/** Milliseconds of a Go duration such as 1m30s. Throws with Go's text for anything else. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)/g)]
  if (text === '0') return 0
  if (parts.length > 0 && parts.map((part) => part[0]).join('') === text) {
    return parts.reduce((sum, part) => sum + Number(part[1]) * durationUnits[part[2]!]!, 0)
  }
  throw new Error(`time: invalid duration ${JSON.stringify(text)}`)
}

/** A Go duration such as 1m30s; the value is milliseconds. */
export function durationFlag(summary: string, fallbackMs: number): Flag<number> {
  return { summary, parse: durationMs, text: (ms) => `${ms}ms`, default: fallbackMs, placeholder: 'duration' }
}

/** Comma-separated, may be repeated. */
export function listFlag(summary: string, fallback: readonly string[] = []): Flag<readonly string[]> {
  return { summary, parse: (text) => (text === '' ? [] : text.split(',')), default: fallback, placeholder: 'strings', repeated: true }
}

/** Ranges of addresses such as 10.0.0.0/24, comma-separated; the value is the text. */
export function cidrsFlag(summary: string, fallback = ''): Flag<string> {
  const parse = (text: string) => {
    for (const part of text === '' ? [] : text.split(','))
      if (parseCidr(part) === undefined) throw new Error(`invalid CIDR address: ${part}`)
    return text
  }
  return { summary, parse, default: fallback, placeholder: 'CIDRs' }
}

/** key=value pairs, comma-separated, may be repeated. */
export function mapFlag(summary: string): Flag<Readonly<Record<string, string>>> {
  const parse = (text: string) => {
    const pairs = text === '' ? [] : text.split(',')
    if (pairs.some((pair) => pair.indexOf('=') <= 0)) throw new Error(`${text} must be formatted as key=value`)
    return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
  }
  return { summary, parse, default: {}, placeholder: 'mapStringString', repeated: true }
}

/** One word of a fixed set. */
export function choiceFlag<const W extends string>(summary: string, words: readonly W[], fallback: W): Flag<W> {
  const parse = (text: string) => {
    const word = words.find((each) => each === text)
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`)
    return word
  }
  return { summary, parse, default: fallback, placeholder: words.join('|') }
}

/** Parses `argv`; throws UsageError with pflag's texts. Positional words are returned beside the values. */
export function parseFlags<F extends Flags>(
  flags: F,
  argv: readonly string[],
): { values: FlagValues<F>; words: string[]; given: Set<string> } {
  const values: Record<string, unknown> = Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flag.default]))
  const given = new Set<string>()
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!
    if (word === '--') {
      words.push(...argv.slice(i + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      words.push(word)
      continue
    }
    if (!word.startsWith('--')) throw new UsageError(`unknown shorthand flag: ${JSON.stringify(word[1])} in ${word}`)
    const equals = word.indexOf('=')
    const name = word.slice(2, equals < 0 ? undefined : equals)
    const flag = Object.hasOwn(flags, name) ? flags[name]! : undefined
    if (flag === undefined) throw new UsageError(`unknown flag: --${name}`)
    let text: string
    if (equals >= 0) text = word.slice(equals + 1)
    else if (flag.boolean) text = 'true'
    else if (++i < argv.length) text = argv[i]!
    else throw new UsageError(`flag needs an argument: --${name}`)
    values[name] = combined(flag, name, text, given.has(name) ? values[name] : undefined)
    given.add(name)
  }
  return { values: values as FlagValues<F>, words, given }
}

function combined(flag: Flag, name: string, text: string, before: unknown): unknown {
  const value = parsed(flag, name, text)
  if (!flag.repeated || before === undefined) return value
  return Array.isArray(before) ? [...before, ...(value as unknown[])] : { ...(before as object), ...(value as object) }
}

function parsed(flag: Flag, name: string, text: string): unknown {
  try {
    return flag.parse(text)
  } catch (error) {
    throw new UsageError(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${(error as Error).message}`)
  }
}

/** The flags part of a help text. */
export function describeFlags(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => {
    const value = flag.boolean ? '' : ` ${flag.placeholder ?? 'value'}`
    const fallback = printedDefault(flag.default)
    return [`      --${name}${value}`, `${flag.summary}${fallback === '' ? '' : ` (default ${fallback})`}`] as const
  })
  const width = Math.min(48, Math.max(...rows.map(([left]) => left.length)) + 2)
  return rows
    .map(([left, right]) => (left.length + 2 > width ? `${left}\n${' '.repeat(width)}${right}` : left.padEnd(width) + right))
    .join('\n')
}

function printedDefault(value: unknown): string {
  if (value === '' || value === false || value === undefined) return ''
  if (Array.isArray(value)) return value.length === 0 ? '' : `[${value.join(',')}]`
  if (typeof value === 'object') return ''
  return String(value)
}

// "%s of %d".format([…]): the verbs of cel-go's string formatting.
import { durationText } from '../duration.ts'
import { timeText } from './times.ts'
import {
  CelError,
  CelMap,
  Duration,
  isList,
  isObjectValue,
  type ListValue,
  noOverload,
  numberOf,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from './values.ts'

const verb = /%(?:%|(?:\.(\d+))?([a-zA-Z])?)/g
const maxPrecision = 1000

/** The text with its verbs replaced by the arguments. Throws CelError as cel-go does. */
export function formatted(pattern: string, args: ListValue): string {
  let next = 0
  return pattern.replace(verb, (all, precision: string | undefined, letter: string | undefined) => {
    if (all === '%%') return '%'
    if (letter === undefined) throw new CelError('could not parse formatting clause: unexpected end of string')
    if (next >= args.length) throw new CelError(`index ${next} out of range`)
    const digits = precision === undefined ? 6 : Number(precision)
    if (digits > maxPrecision) throw new CelError('precision is too large')
    return clause(letter, digits, args[next++]!)
  })
}

function clause(letter: string, digits: number, value: Value): string {
  switch (letter) {
    case 's':
      return shown(value)
    case 'd':
      return decimal(value)
    case 'f':
      return real(value).toFixed(Math.min(digits, 100))
    case 'e':
      return real(value)
        .toExponential(Math.min(digits, 100))
        .replace(/e([+-])(\d)$/, 'e$10$2')
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : whole(value).toString(2)
    case 'x':
    case 'X':
      return hex(value, letter === 'X')
    case 'o':
      return whole(value).toString(8)
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(letter)}`)
  }
}

function whole(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  throw new CelError('error during formatting: decimal clause can only be used on integers')
}

function decimal(value: Value): string {
  return typeof value === 'number' && !Number.isFinite(value) ? shown(value) : whole(value).toString()
}

function real(value: Value): number {
  const number = numberOf(value)
  if (number === undefined) throw new CelError('error during formatting: fixed-point clause can only be used on doubles')
  return Number(number)
}

function hex(value: Value, upper: boolean): string {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : undefined
  const digits = bytes === undefined ? whole(value).toString(16) : Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return upper ? digits.toUpperCase() : digits
}

/** A double as Go's shortest text, without exponent where JavaScript has none either. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

/** A value as %s prints it. */
export function shown(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return doubleText(value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (value instanceof Timestamp) return timeText(value.nanos)
  if (value instanceof Duration) return `${durationSeconds(value.nanos)}s`
  if (value instanceof TypeValue) return value.name
  if (isList(value)) return `[${value.map(shown).join(', ')}]`
  if (value instanceof CelMap) {
    const parts = value.entries().map(({ key, value: own }) => `${shown(key)}: ${shown(own)}`)
    return `{${parts.sort().join(', ')}}`
  }
  if (isObjectValue(value))
    return `{${value
      .names()
      .map((name) => `${name}: ${shown(value.field(name) ?? null)}`)
      .join(', ')}}`
  throw noOverload()
}

function durationSeconds(nanos: bigint): string {
  return doubleText(Number(nanos) / 1e9)
}

/** A duration as string() gives it: seconds. */
export function durationString(nanos: bigint): string {
  return `${durationSeconds(nanos)}s`
}

/** Go's text of a duration, for messages. */
export const goDuration = durationText

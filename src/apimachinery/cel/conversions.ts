// Conversions between CEL's types, and the functions on optional values.

import { int, timestamp, uint } from './arithmetic.ts'
import { base64Text, parseBase64 } from './bytes.ts'
import { doubleText, durationString } from './format-text.ts'
import { fn, type Library, text } from './registry.ts'
import { readDuration, readTimestamp, timeText } from './times.ts'
import {
  CelError,
  CelMap,
  Duration,
  isList,
  isObjectValue,
  noOverload,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  typeName,
  Uint,
  type Value,
} from './values.ts'

const billion = 1_000_000_000n

function toInt(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return int(value.value)
  if (value instanceof Timestamp) return value.nanos / billion
  if (typeof value === 'number') {
    if (!(value > -(2 ** 63) && value < 2 ** 63)) throw new CelError('integer overflow')
    return BigInt(Math.trunc(value))
  }
  if (typeof value === 'string') {
    if (!/^[+-]?\d+$/.test(value)) throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
    return int(BigInt(value.replace(/^\+/, '')))
  }
  throw noOverload()
}

function toUint(value: Value | undefined): Uint {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return uint(value)
  if (typeof value === 'number') {
    if (!(value >= 0 && value < 2 ** 64)) throw new CelError('unsigned integer overflow')
    return uint(BigInt(Math.trunc(value)))
  }
  if (typeof value === 'string') {
    if (!/^\d+$/.test(value)) throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`)
    return uint(BigInt(value))
  }
  throw noOverload()
}

function toDouble(value: Value | undefined): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (typeof value === 'string') {
    const number = /^[+-]?inf(inity)?$/i.test(value) ? (value.startsWith('-') ? -Infinity : Infinity) : Number(value)
    if (value.trim() === '' || (Number.isNaN(number) && !/^nan$/i.test(value))) {
      throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`)
    }
    return number
  }
  throw noOverload()
}

function toText(value: Value | undefined): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return doubleText(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Timestamp) return timeText(value.nanos)
  if (value instanceof Duration) return durationString(value.nanos)
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(value)
    } catch {
      throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
    }
  }
  if (value instanceof Opaque && typeof value.value === 'object' && value.value !== null && 'text' in value.value)
    return String(value.value.text)
  throw noOverload()
}

const truths: Readonly<Record<string, boolean>> = {
  '1': true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  '0': false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
}

function toBool(value: Value | undefined): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    const truth = Object.hasOwn(truths, value) ? truths[value] : undefined
    if (truth === undefined) throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
    return truth
  }
  throw noOverload()
}

export const conversions: Library = {
  int: fn(1, ([value]) => toInt(value)),
  uint: fn(1, ([value]) => toUint(value)),
  double: fn(1, ([value]) => toDouble(value)),
  bool: fn(1, ([value]) => toBool(value)),
  string: fn(1, ([value], spend) => {
    const result = toText(value)
    spend(result.length / 10)
    return result
  }),
  bytes: fn(1, ([value], spend) => (value instanceof Uint8Array ? value : new TextEncoder().encode(text(value, spend)))),
  dyn: fn(1, ([value]) => value!),
  type: fn(1, ([value]) => new TypeValue(typeName(value!))),
  duration: fn(1, ([value]) => (value instanceof Duration ? value : readDuration(text(value)))),
  timestamp: fn(1, ([value]) => {
    if (value instanceof Timestamp) return value
    return typeof value === 'bigint' ? timestamp(value * billion) : readTimestamp(text(value))
  }),
  'base64.encode': fn(1, ([value]) => base64Text(value)),
  'base64.decode': fn(1, ([value], spend) => parseBase64(text(value, spend))),
  'optional.of': fn(1, ([value]) => new Optional(value)),
  'optional.none': fn(0, () => new Optional(undefined)),
  'optional.ofNonZeroValue': fn(1, ([value]) => new Optional(isZero(value!) ? undefined : value)),
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof CelMap) return value.size === 0
  if (value instanceof Uint8Array || isList(value)) return value.length === 0
  if (value instanceof Duration) return value.nanos === 0n
  return isObjectValue(value) && value.names().length === 0
}

function optional(value: Value | undefined): Optional {
  if (!(value instanceof Optional)) throw noOverload()
  return value
}

/** Methods of optional values. */
export const optionalMethods: Library = {
  hasValue: fn(1, ([value]) => optional(value).value !== undefined),
  value: fn(1, ([value]) => {
    const inner = optional(value).value
    if (inner === undefined) throw new CelError('optional.none() dereference')
    return inner
  }),
  or: fn(2, ([value, other]) => (optional(value).value === undefined ? optional(other) : optional(value))),
  orValue: fn(2, ([value, other]) => optional(value).value ?? other!),
}

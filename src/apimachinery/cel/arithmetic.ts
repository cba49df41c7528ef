// CEL's operators on values: arithmetic with overflow checks, concatenation, membership. Error texts are cel-go's.
import {
  CelError,
  CelMap,
  Duration,
  equalValues,
  isList,
  isObjectValue,
  type ListValue,
  noOverload,
  Timestamp,
  Uint,
  type Value,
} from './values.ts'

type Spend = (steps: number) => void

const maxInt = 2n ** 63n - 1n
const minInt = -(2n ** 63n)
const maxUint = 2n ** 64n - 1n
/** 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z. */
const firstNanos = -62_135_596_800_000_000_000n
const lastNanos = 253_402_300_799_999_999_999n

/** An int, if it is one. */
export function int(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelError('integer overflow')
  return value
}

export function uint(value: bigint): Uint {
  if (value > maxUint || value < 0n) throw new CelError('unsigned integer overflow')
  return new Uint(value)
}

export function duration(nanos: bigint): Duration {
  if (nanos > maxInt || nanos < minInt) throw new CelError('integer overflow')
  return new Duration(nanos)
}

export function timestamp(nanos: bigint): Timestamp {
  if (nanos < firstNanos || nanos > lastNanos) throw new CelError('timestamp overflow')
  return new Timestamp(nanos)
}

/** The value of a binary operator other than comparisons and logic. */
export function arithmetic(sign: string, a: Value, b: Value, spend: Spend): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return integers(sign, a, b)
  if (typeof a === 'number' && typeof b === 'number') return doubles(sign, a, b)
  if (a instanceof Uint && b instanceof Uint) return unsigned(sign, a.value, b.value)
  if (sign === '+') return sum(a, b, spend)
  if (sign === '-') return difference(a, b)
  throw noOverload()
}

function integers(sign: string, a: bigint, b: bigint): bigint {
  switch (sign) {
    case '+':
      return int(a + b)
    case '-':
      return int(a - b)
    case '*':
      return int(a * b)
    case '/':
      if (b === 0n) throw new CelError('division by zero')
      return int(a / b)
    default:
      if (b === 0n) throw new CelError('modulus by zero')
      return a % b
  }
}

function unsigned(sign: string, a: bigint, b: bigint): Uint {
  if (b === 0n && sign === '/') throw new CelError('division by zero')
  if (b === 0n && sign === '%') throw new CelError('modulus by zero')
  return uint(sign === '+' ? a + b : sign === '-' ? a - b : sign === '*' ? a * b : sign === '/' ? a / b : a % b)
}

function doubles(sign: string, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    default:
      throw noOverload()
  }
}

function sum(a: Value, b: Value, spend: Spend): Value {
  if (typeof a === 'string' && typeof b === 'string') {
    spend((a.length + b.length) / 10)
    return a + b
  }
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos + b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos + b.nanos)
  if (a instanceof Duration && b instanceof Timestamp) return timestamp(a.nanos + b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    spend((a.length + b.length) / 10)
    return Uint8Array.from([...a, ...b])
  }
  if (isList(a) && isList(b)) {
    spend(a.length + b.length)
    return joined(a, b, spend)
  }
  throw noOverload()
}

/** Lists with keys are merged by them: items of the right take the place of their like; sets gain what they lack. */
function joined(a: ListValue, b: ListValue, spend: Spend): ListValue {
  if (a.unordered !== true) return [...a, ...b]
  const { identity } = a
  const list: Value[] = [...a]
  const places = identity === undefined ? undefined : new Map(list.map((item, index) => [identity(item), index]))
  for (const item of b) {
    const place = identity === undefined ? list.findIndex((other) => equalValues(other, item, spend)) : (places?.get(identity(item)) ?? -1)
    if (identity === undefined) spend(list.length)
    if (place >= 0) list[place] = item
    else list.push(item)
  }
  return Object.assign(list, { unordered: true, ...(identity === undefined ? {} : { identity }) })
}

function difference(a: Value, b: Value): Value {
  if (a instanceof Duration && b instanceof Duration) return duration(a.nanos - b.nanos)
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.nanos - b.nanos)
  if (a instanceof Timestamp && b instanceof Timestamp) return duration(a.nanos - b.nanos)
  throw noOverload()
}

/** `-a`. */
export function negated(a: Value): Value {
  if (typeof a === 'bigint') return int(-a)
  if (typeof a === 'number') return -a
  throw noOverload()
}

/** `a in b`. */
export function isIn(a: Value, b: Value, spend: Spend): boolean {
  if (isList(b)) {
    for (const item of b) {
      spend(1)
      if (equalValues(a, item, spend)) return true
    }
    return false
  }
  if (b instanceof CelMap) return b.has(a)
  if (isObjectValue(b) && typeof a === 'string') return b.names().includes(a)
  throw noOverload()
}

/** `target[index]`; undefined when there is none. */
export function itemAt(target: Value, index: Value): Value | undefined {
  if (isList(target)) {
    const place = index instanceof Uint ? index.value : typeof index === 'number' && Number.isInteger(index) ? BigInt(index) : index
    if (typeof place !== 'bigint') throw noOverload()
    return place < 0n || place >= BigInt(target.length) ? undefined : target[Number(place)]
  }
  if (target instanceof CelMap) return target.get(index)
  if (isObjectValue(target) && typeof index === 'string') return target.field(index)
  throw noOverload()
}

/** The error of an index that is not there. */
export function missing(target: Value, index: Value): CelError {
  const shown = index instanceof Uint ? index.value : index
  return new CelError(isList(target) ? `index out of bounds: ${shown}` : `no such key: ${shown}`)
}

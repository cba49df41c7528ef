// Quantities (`100m`, `1.5Gi`, `12e6`): exact fixed-point numbers with three ways of writing. Rules and error texts are those of
// k8s.io/apimachinery/pkg/api/resource; the amount is a bigint of 10^-9 units, the smallest part upstream keeps.

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** An exact amount. `nano` counts billionths; equal amounts may differ in format. */
export interface Quantity {
  readonly nano: bigint
  readonly format: QuantityFormat
  /** The text it was read from, where that counts as canonical. */
  readonly text?: string
}

/** What is wrong with the text of a quantity, in upstream's words. */
export class QuantityError extends Error {}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongNumber = 'unable to parse numeric part of quantity'
const wrongSuffix = "unable to parse quantity's suffix"

/** No digit can be read in two ways, so that long garbage is refused in linear time. */
const shape = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eEinumkKMGTP]+[-+]?|[-+])\d*|)$/
const decimalSuffixes: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const decimalNames = new Map(Object.entries(decimalSuffixes).map(([name, exponent]) => [exponent, name]))
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** Exponents beyond this are refused: no amount is that large, and 10 to that power would be a giant number. */
const exponentLimit = 400
/** Longest text read at all: more digits only cost time. */
const textLimit = 1000
const billion = 1_000_000_000n
/** Binary amounts are capped here (2^63-1). */
const binaryMax = (2n ** 63n - 1n) * billion

const cacheLimit = 4096
const parsed = new Map<string, Quantity>()
const canonical = new Map<string, string>()

/** Reads a quantity. Amounts finer than 10^-9 are rounded away from zero. @throws QuantityError */
export function parseQuantity(text: string): Quantity {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const quantity = read(text)
  if (parsed.size >= cacheLimit) parsed.clear()
  if (text.length <= 32) parsed.set(text, quantity)
  return quantity
}

function read(text: string): Quantity {
  const match = text === '' ? null : shape.exec(text)
  if (match === null) throw new QuantityError(wrongFormat)
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match
  const { base, exponent, format } = suffixValue(suffix)
  if (text.length > textLimit) throw new QuantityError(wrongNumber)
  const digits = BigInt(whole + fraction || '0')
  let nano = base === 2 ? scaled(digits << BigInt(exponent), 9 - fraction.length) : scaled(digits, 9 + exponent - fraction.length)
  if (format === 'BinarySI' && nano > binaryMax) nano = binaryMax
  const small = format === 'BinarySI' && nano > 0n && nano < billion
  const number = { digits, whole: whole.replace(/^0+/, '') || '0', fraction, exponent }
  return {
    nano: sign === '-' ? -nano : nano,
    format: small ? 'DecimalSI' : format,
    ...(keepsText(number, format) ? { text } : {}),
  }
}

interface Written {
  digits: bigint
  whole: string
  fraction: string
  exponent: number
}

/** Upstream takes some texts for canonical without a closer look (`1.500`, `1E3`, `+5Ki`) and prints them as they came. */
function keepsText({ digits, whole, fraction, exponent }: Written, format: QuantityFormat): boolean {
  if (format === 'BinarySI') {
    const short = whole.length + Math.floor((exponent * 3) / 10) <= 14
    return fraction === '' && short && (digits & 7n) !== 0n
  }
  const scale = exponent - fraction.length
  if (whole.length + fraction.length > 18 || scale < -9 || scale % 3 !== 0) return false
  return whole !== '0' && !(whole + fraction).endsWith('000')
}

function suffixValue(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  const decimal = decimalSuffixes[suffix]
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = binarySuffixes[suffix]
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' }
  if (!/^[eE][-+]?\d+$/.test(suffix)) throw new QuantityError(wrongSuffix)
  const exponent = Number(suffix.slice(1))
  if (Math.abs(exponent) > exponentLimit) throw new QuantityError(wrongSuffix)
  return { base: 10, exponent, format: 'DecimalExponent' }
}

/** digits × 10^power for a non-negative amount, rounded up when the power is negative. */
function scaled(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (digits + divisor - 1n) / divisor
}

/** The canonical text: `1.5` → `1500m`, `0.5Gi` → `512Mi`, `1000m` → `1`. */
export function quantityText(quantity: Quantity): string {
  const { nano } = quantity
  if (quantity.text !== undefined) return quantity.text
  if (nano === 0n) return '0'
  if (quantity.format === 'BinarySI' && nano % billion === 0n) {
    const units = nano / billion
    if (units <= -1024n || units >= 1024n) return binaryText(units)
  }
  return decimalText(nano, quantity.format === 'DecimalExponent')
}

function binaryText(units: bigint): string {
  let amount = units
  let power = 0
  while (power < binaryNames.length - 1 && amount % 1024n === 0n) {
    amount /= 1024n
    power++
  }
  return `${amount}${binaryNames[power]}`
}

function decimalText(nano: bigint, withExponent: boolean): string {
  let amount = nano
  let exponent = -9
  const last = withExponent ? Infinity : 18
  while (exponent < last && amount % 1000n === 0n) {
    amount /= 1000n
    exponent += 3
  }
  if (withExponent) return exponent === 0 ? `${amount}` : `${amount}e${exponent}`
  return `${amount}${decimalNames.get(exponent)}`
}

/**
 * Canonical text of a quantity in a request: what Go prints after reading it. @throws QuantityError
 */
export function canonicalQuantity(text: string): string {
  const known = canonical.get(text)
  if (known !== undefined) return known
  const result = quantityText(parseQuantity(text.trim()))
  if (canonical.size >= cacheLimit) canonical.clear()
  if (text.length <= 32) canonical.set(text, result)
  return result
}

type Given = Quantity | string | number | bigint | undefined

/** A quantity of any form: text, number or already parsed; undefined is zero. @throws QuantityError */
export function quantity(given: Given): Quantity {
  if (given === undefined) return zero
  if (typeof given === 'string') return parseQuantity(given)
  if (typeof given === 'number' || typeof given === 'bigint') return parseQuantity(String(given))
  return given
}

export const zero: Quantity = { nano: 0n, format: 'DecimalSI' }

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareQuantities(a: Given, b: Given): number {
  const left = quantity(a).nano
  const right = quantity(b).nano
  return left < right ? -1 : left > right ? 1 : 0
}

/** a + b, written as a is (as b is, when a is zero). */
export function addQuantities(a: Given, b: Given): Quantity {
  return combined(quantity(a), quantity(b), 1n)
}

/** a - b, written as a is (as b is, when a is zero). */
export function subtractQuantities(a: Given, b: Given): Quantity {
  return combined(quantity(a), quantity(b), -1n)
}

function combined(a: Quantity, b: Quantity, factor: bigint): Quantity {
  return { nano: a.nano + factor * b.nano, format: a.nano === 0n ? b.format : a.format }
}

/** An amount of whole units (`scale` 0) or of thousandths (`scale` -3). */
export function quantityOf(value: number | bigint, scale: 0 | -3 = 0, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nano: BigInt(value) * (scale === 0 ? billion : 1_000_000n), format }
}

/** Whole units, rounded away from zero (upstream's Value()). */
export function wholeUnits(given: Given): bigint {
  return dividedUp(quantity(given).nano, billion)
}

/** Whole units as a number: exact up to 2^53, near enough for scheduling beyond. */
export function asInteger(given: Given): number {
  return Number(wholeUnits(given))
}

/** The amount as a floating-point number (upstream's AsApproximateFloat64()). */
export function asFloat(given: Given): number {
  return Number(quantity(given).nano) / 1e9
}

/** Thousandths, rounded away from zero (upstream's MilliValue()). */
export function milliValue(given: Given): number {
  return Number(dividedUp(quantity(given).nano, 1_000_000n))
}

function dividedUp(amount: bigint, divisor: bigint): bigint {
  if (amount < 0n) return -((-amount + divisor - 1n) / divisor)
  return (amount + divisor - 1n) / divisor
}

/** True when a text is a quantity. */
export function isQuantity(text: string): boolean {
  try {
    parseQuantity(text)
    return true
  } catch {
    return false
  }
}

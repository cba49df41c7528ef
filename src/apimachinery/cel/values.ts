// Values of the Common Expression Language, their types, equality and order. https://github.com/google/cel-spec
// int is bigint, double is number; what JavaScript has no type for is a class of its own.

/** An unsigned integer. */
export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** google.protobuf.Duration. */
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** google.protobuf.Timestamp: nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A type as a value: what type() returns and `int`, `list` … name. */
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** optional_type: something or nothing. */
export class Optional {
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

/** A value of a Kubernetes library (quantity, IP …), compared by its own rule. */
export class Opaque {
  readonly type: string
  readonly value: unknown
  readonly same: (a: unknown, b: unknown) => boolean
  constructor(type: string, value: unknown, same: (a: unknown, b: unknown) => boolean) {
    this.type = type
    this.value = value
    this.same = same
  }
}

/** A map with keys of any simple type. */
export class CelMap {
  readonly #entries = new Map<string, { key: Value; value: Value }>()
  set(key: Value, value: Value): void {
    this.#entries.set(keyText(key), { key, value })
  }
  get(key: Value): Value | undefined {
    return this.#entries.get(keyText(key))?.value
  }
  has(key: Value): boolean {
    return this.#entries.has(keyText(key))
  }
  get size(): number {
    return this.#entries.size
  }
  entries(): { key: Value; value: Value }[] {
    return [...this.#entries.values()]
  }
}

/** A structure with named fields (an object of a schema); read field by field. */
export interface ObjectValue {
  readonly isObject: true
  readonly typeName: string
  /** The field; undefined when it is not set. Throws CelError for a field that the type does not have. */
  field(name: string): Value | undefined
  names(): readonly string[]
}

/** A list; `unordered` ones (list types set and map) are equal in any order. */
export interface ListValue extends ReadonlyArray<Value> {
  readonly unordered?: boolean
  /** How items of a list with keys are told apart. */
  readonly identity?: (item: Value) => string
}

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Uint8Array
  | Duration
  | Timestamp
  | TypeValue
  | Optional
  | Opaque
  | CelMap
  | ObjectValue
  | ListValue

/** An evaluation that has no value. The message is cel-go's. */
export class CelError extends Error {}

/** The expression took more steps than it may. */
export class CostError extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}

export function noOverload(): CelError {
  return new CelError('no such overload')
}

export function isObjectValue(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && (value as Partial<ObjectValue>).isObject === true
}

export function isList(value: Value): value is ListValue {
  return Array.isArray(value)
}

/** The name that type() gives. */
export function typeName(value: Value): string {
  if (value === null) return 'null_type'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'string':
      return 'string'
  }
  if (value instanceof Uint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Duration) return 'google.protobuf.Duration'
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp'
  if (value instanceof TypeValue) return 'type'
  if (value instanceof Optional) return 'optional_type'
  if (value instanceof Opaque) return value.type
  if (value instanceof CelMap) return 'map'
  if (isObjectValue(value)) return value.typeName
  return 'list'
}

/** Same key, same text: 1, 1u and 1.0 are one key. */
function keyText(key: Value): string {
  if (typeof key === 'string') return `s${key}`
  if (typeof key === 'boolean') return `b${key}`
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'bigint') return `n${key}`
  if (typeof key === 'number' && Number.isInteger(key)) return `n${BigInt(key)}`
  throw new CelError(`unsupported key type: ${typeName(key)}`)
}

/** The number of a numeric value; undefined for others. */
export function numberOf(value: Value): number | bigint | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}

/** Equality across types: numbers by value, others only within their type. `spend` counts what is looked at. */
export function equalValues(a: Value, b: Value, spend: (steps: number) => void): boolean {
  if (a === b) return true
  const left = numberOf(a)
  if (left !== undefined) {
    const right = numberOf(b)
    // biome-ignore lint/suspicious/noDoubleEquals: 1n and 1 are equal, and NaN is not
    return right !== undefined && left == right
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  spend(1)
  if (isList(a)) return isList(b) && equalLists(a, b, spend)
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b, spend)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof Opaque) return b instanceof Opaque && a.type === b.type && a.same(a.value, b.value)
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b, spend)
  return isObjectValue(a) && isObjectValue(b) && equalObjects(a, b, spend)
}

function equalOptionals(a: Optional, b: Optional, spend: (steps: number) => void): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return equalValues(a.value, b.value, spend)
}

function equalLists(a: ListValue, b: ListValue, spend: (steps: number) => void): boolean {
  if (a.length !== b.length) return false
  if (a.unordered !== true) return a.every((item, index) => equalValues(item, b[index]!, spend))
  return a.every((item) => b.some((other) => equalValues(item, other, spend)))
}

function equalMaps(a: CelMap, b: CelMap, spend: (steps: number) => void): boolean {
  if (a.size !== b.size) return false
  return a.entries().every(({ key, value }) => {
    const other = b.get(key)
    return other !== undefined && equalValues(value, other, spend)
  })
}

function equalObjects(a: ObjectValue, b: ObjectValue, spend: (steps: number) => void): boolean {
  const names = a.names()
  if (names.length !== b.names().length) return false
  return names.every((name) => {
    const left = a.field(name)
    const right = b.names().includes(name) ? b.field(name) : undefined
    return left !== undefined && right !== undefined && equalValues(left, right, spend)
  })
}

/** Negative, 0, positive; undefined for NaN. Throws when the types have no order together. */
export function compareValues(a: Value, b: Value): number | undefined {
  const left = numberOf(a)
  const right = numberOf(b)
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : left >= right ? 0 : undefined
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Duration && b instanceof Duration) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  throw noOverload()
}

/** By code points, as Go compares UTF-8. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const surrogates = x >= 0xd800 && x <= 0xdfff !== (y >= 0xd800 && y <= 0xdfff)
    return surrogates ? a.codePointAt(i)! - b.codePointAt(i)! : x - y
  }
  return a.length - b.length
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

// JSON as Kubernetes means it: integers beyond 2^53 survive (as bigint), `__proto__` is an ordinary key, nesting has a limit,
// and broken input is explained in the words of Go's decoder, which clients show to users.
import { duplicateKeys, syntaxErrorText } from './json-syntax.ts'

/** Deepest nesting of objects and arrays accepted. Far above any real object, far below what recursion can bear. */
export const maxJsonDepth = 500

/** Broken JSON; the message is Go's (`invalid character 'x' looking for beginning of value`). */
export class JsonError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'JsonError'
  }
}

export interface ParseJsonOptions {
  /** Called once for each key that stands twice in one object, with its path (`spec.containers[0].image`). */
  onDuplicate?: (path: string) => void
  maxDepth?: number
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const longDigits = /\d{16}/
const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/**
 * Parses a JSON text (bytes are read as UTF-8). Integers outside the safe range but inside int64 become bigint.
 * @throws JsonError with Go's message for broken input, too deep nesting, or a number beyond float64.
 */
export function parseJson(input: string | Uint8Array, options: ParseJsonOptions = {}): unknown {
  const text = typeof input === 'string' ? input : utf8.decode(input)
  const maxDepth = options.maxDepth ?? maxJsonDepth
  let value: unknown
  try {
    value = longDigits.test(text) ? JSON.parse(text, exactIntegers as (key: string, value: unknown) => unknown) : JSON.parse(text)
  } catch {
    throw new JsonError(syntaxErrorText(text, maxDepth))
  }
  const keys = countKeys(value, maxDepth)
  if (options.onDuplicate !== undefined && keys !== keysInText(text)) {
    for (const path of duplicateKeys(text)) options.onDuplicate(path)
  }
  return value
}

function exactIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context.source === undefined) return value
  if (context.source.length > 20 || !/^-?\d+$/.test(context.source)) return value
  const exact = BigInt(context.source)
  return exact >= int64Min && exact <= int64Max ? exact : value
}

/** Number of object keys in a value; checks depth and numbers on the way. */
function countKeys(value: unknown, depthLeft: number): number {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new JsonError('json: cannot unmarshal number into Go value of type float64')
  if (typeof value !== 'object' || value === null) return 0
  if (depthLeft === 0) throw new JsonError('exceeded max depth')
  let keys = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item !== 'string') keys += countKeys(item, depthLeft - 1)
    return keys
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    keys += typeof item === 'string' ? 1 : 1 + countKeys(item, depthLeft - 1)
  }
  return keys
}

/** Number of keys written in a valid JSON text: strings followed by a colon. Hops from quote to quote. */
function keysInText(text: string): number {
  let keys = 0
  let open = text.indexOf('"')
  while (open >= 0) {
    let close = text.indexOf('"', open + 1)
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
    let next = close + 1
    while (text.charCodeAt(next) <= 32) next++
    if (text.charCodeAt(next) === 58) keys++
    open = text.indexOf('"', next)
  }
  return keys
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === 92) slashes++
  return slashes % 2 === 1
}

/** JSON text of a value; bigints are written as the integers they are. */
export function stringifyJson(value: unknown, space?: number): string {
  try {
    return JSON.stringify(value, undefined, space)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return JSON.stringify(value, rawBigInts, space)
  }
}

const rawJson = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON

function rawBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJson(value.toString()) : value
}

/** `object[key] = value`, also for the key `__proto__`: makes an own property, never a prototype. */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
  else object[key] = value
}

/** `object[key]` of own properties only: never `constructor` or `__proto__` of the prototype. */
export function getOwn<T>(object: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined
}

/** True for objects that are neither null nor arrays. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Freezes a JSON value and all within it; what is frozen already is taken as frozen throughout. Returns its argument. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const key in value) {
    const item = value[key]
    if (typeof item === 'object') deepFreeze(item)
  }
  return value
}

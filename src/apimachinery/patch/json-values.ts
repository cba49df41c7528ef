// Copies and comparisons of JSON values, for all kinds of patches: faster than structuredClone and safe for a key `__proto__`.
import { setOwn } from '../json.ts'

export type JsonObject = Record<string, unknown>

/** A deep, unfrozen copy of a JSON value. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(cloneJson) as T
  const copy: JsonObject = {}
  for (const key in value) setOwn(copy, key, cloneJson((value as JsonObject)[key]))
  return copy as T
}

/** A copy of one level, safe for a key `__proto__`. */
export function shallowCopy(object: Readonly<JsonObject>): JsonObject {
  return { ...object }
}

/** Whether two JSON values say the same; the order of object keys does not count. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return sameNumber(a, b)
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let at = 0; at < a.length; at++) if (!equalJson(a[at], b[at])) return false
    return true
  }
  if (Array.isArray(b)) return false
  let keys = 0
  for (const key in a) {
    keys++
    if (!Object.hasOwn(b, key) || !equalJson((a as JsonObject)[key], (b as JsonObject)[key])) return false
  }
  for (const _ in b) keys--
  return keys === 0
}

/** bigint stands for int64 beyond 2^53: equal to a number of the same value. */
function sameNumber(a: unknown, b: unknown): boolean {
  const numeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'
  // biome-ignore lint/suspicious/noDoubleEquals: number and bigint of the same value are equal only loosely
  return numeric(a) && numeric(b) && a == b
}

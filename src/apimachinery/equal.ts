// Equality of JSON values as the API means it: used to see that an update changes nothing, and to count generations.

/**
 * Deep equality of two JSON values: order of keys does not matter, order of list items does.
 * Absent, undefined and null are the same, and so are 1 and 1n.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    if ((a ?? null) === null) return (b ?? null) === null
    return (typeof a === 'bigint' || typeof b === 'bigint') && isNumeric(a) && isNumeric(b) && a <= b && a >= b
  }
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b)
  return !Array.isArray(b) && equalObjects(a as Record<string, unknown>, b as Record<string, unknown>)
}

/** Like {@link semanticEqual}, and an empty list, map or object equals an absent one (Go's Semantic.DeepEqual on nil and empty). */
export function semanticDeepEqual(a: unknown, b: unknown): boolean {
  return semanticEqual(a, b) || (isEmpty(a) && isEmpty(b))
}

function equalLists(a: unknown[], b: unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false
  return true
}

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  let left = 0
  for (const key in a) {
    const value = a[key]
    if (value === undefined || value === null) continue
    left++
    if (!Object.hasOwn(b, key) || !semanticEqual(value, b[key])) return false
  }
  let right = 0
  for (const key in b) if (b[key] !== undefined && b[key] !== null) right++
  return left === right
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value !== 'object') return false
  for (const _ in value) return false
  return true
}

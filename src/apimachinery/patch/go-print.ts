// Values as Go prints them with %v: some messages of the API quote whole maps that way.
import { isObject } from '../json.ts'

/** `map[a:1 b:[x y] c:<nil>]`, keys sorted. */
export function goPrint(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPrint).join(' ')}]`
  if (!isObject(value)) return String(value)
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${key}:${goPrint(value[key])}`)
  return `map[${parts.join(' ')}]`
}

/** Name of the Go type that encoding/json would give a value. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'object') return 'map[string]interface {}'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64'
}

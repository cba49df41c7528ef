// Single values of built-in types: are they of the Go type, and how does Go write them back.
import { canonicalBase64 } from '../base64.ts'
import { canonicalDuration } from '../duration.ts'
import { canonicalQuantity } from '../quantity.ts'
import { canonicalMicroTime, canonicalTime } from '../time.ts'
import type { Shape } from './walk.ts'

/** A value of the wrong JSON type: what it is (`string`, `number 1.5`) and the Go type that refused it. */
export class TypeMismatch extends Error {
  readonly value: string
  readonly goType: string
  constructor(value: string, goType: string) {
    super(`json: cannot unmarshal ${value} into Go value of type ${goType}`)
    this.value = value
    this.goType = goType
  }
}

/** What Go's decoder calls a JSON value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'number'
  return typeof value
}

/** The canonical form of a value that is neither struct, map nor list; null for Go's zero time. Throws on a value that Go refuses. */
export function canonicalScalar(value: unknown, shape: Shape, goType: string): unknown {
  switch (shape) {
    case 'string':
      if (typeof value === 'string') return value
      break
    case 'bool':
      if (typeof value === 'boolean') return value
      break
    case 'int32':
    case 'int64':
      return integer(value, shape, goType)
    case 'float':
      if (typeof value === 'number') return value
      if (typeof value === 'bigint') return Number(value)
      break
    case 'quantity':
      return canonicalQuantity(typeof value === 'string' ? value : rawText(value))
    case 'int-or-string':
      return typeof value === 'string' ? value : integer(value, 'int32', 'int32')
    case 'time':
      return canonicalTime(text(value))
    case 'micro-time':
      return canonicalMicroTime(text(value))
    case 'duration':
      return canonicalDuration(text(value))
    case 'bytes':
      if (typeof value === 'string') return canonicalBase64(value)
      break
    default:
      return value
  }
  throw new TypeMismatch(jsonTypeName(value), goType)
}

/** Types with an unmarshaller of their own read a Go string first. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeMismatch(jsonTypeName(value), 'string')
}

function rawText(value: unknown): string {
  return typeof value === 'object' ? (Array.isArray(value) ? '[]' : '{}') : String(value)
}

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

function integer(value: unknown, shape: 'int32' | 'int64', goType: string): number | bigint {
  if (typeof value === 'bigint' && shape === 'int64' && value >= int64Min && value <= int64Max) return value
  if (typeof value === 'number' && Number.isInteger(value) && (shape === 'int64' ? Number.isSafeInteger(value) : value === (value | 0))) {
    return value === 0 ? 0 : value
  }
  throw new TypeMismatch(typeof value === 'number' || typeof value === 'bigint' ? `number ${value}` : jsonTypeName(value), goType)
}

/** What Go writes for a value that was never set. undefined: nothing can stand for it. */
export function zeroScalar(shape: Shape): unknown {
  switch (shape) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'float':
    case 'int-or-string':
      return 0
    case 'quantity':
      return '0'
    case 'duration':
      return '0s'
    case 'time':
    case 'micro-time':
      return null
    default:
      return undefined
  }
}

/** Whether Go's omitempty would leave a decoded value out. */
export function isZero(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'list':
      return (value as unknown[]).length === 0
    case 'map':
    case 'struct':
      for (const _ in value as object) return false
      return true
    case 'quantity':
    case 'duration':
    case 'int-or-string':
      return false
    default:
      return value === '' || value === 0 || value === false || value === null
  }
}

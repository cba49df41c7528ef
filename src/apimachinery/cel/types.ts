// Types of CEL expressions as far as a schema declares them; what it leaves open is dyn. Names as cel-go prints them.
import type { Schema } from '../schema/schema.ts'
import { rootSchema } from './schema-values.ts'

export type Type =
  | { kind: 'scalar'; name: string }
  | { kind: 'dyn' }
  | { kind: 'null' }
  | { kind: 'list'; items: Type }
  | { kind: 'map'; keys: Type; values: Type }
  | { kind: 'object'; schema: Schema }
  | { kind: 'optional'; of: Type }

export const dyn: Type = { kind: 'dyn' }
export const bool: Type = { kind: 'scalar', name: 'bool' }
export const int: Type = { kind: 'scalar', name: 'int' }
export const text: Type = { kind: 'scalar', name: 'string' }

export function scalar(name: string): Type {
  return { kind: 'scalar', name }
}

/** The type of values of a schema. */
export function typeOfSchema(schema: Schema): Type {
  if (schema.intOrString === true) return dyn
  if (schema.embeddedResource === true) return { kind: 'object', schema: rootSchema(schema) }
  switch (schema.type) {
    case 'string':
      return scalar(stringType(schema.format))
    case 'integer':
      return int
    case 'number':
      return scalar('double')
    case 'boolean':
      return bool
    case 'array':
      return { kind: 'list', items: schema.items === undefined ? dyn : typeOfSchema(schema.items) }
    case 'object':
      return objectType(schema)
    default:
      return dyn
  }
}

function stringType(format: string | undefined): string {
  if (format === 'date' || format === 'date-time') return 'google.protobuf.Timestamp'
  if (format === 'duration') return 'google.protobuf.Duration'
  return format === 'byte' ? 'bytes' : 'string'
}

function objectType(schema: Schema): Type {
  if (schema.properties !== undefined) return { kind: 'object', schema }
  const values = schema.additionalProperties
  if (values === undefined || values === true) return dyn
  return { kind: 'map', keys: text, values: typeOfSchema(values) }
}

/** The name that error messages print. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'scalar':
      return type.name
    case 'dyn':
      return 'dyn'
    case 'null':
      return 'null'
    case 'list':
      return `list(${typeText(type.items)})`
    case 'map':
      return `map(${typeText(type.keys)}, ${typeText(type.values)})`
    case 'object':
      return 'object'
    case 'optional':
      return `optional_type(${typeText(type.of)})`
  }
}

/** Whether values of the two types may meet where one type is asked for. */
export function fits(a: Type, b: Type): boolean {
  if (a.kind === 'dyn' || b.kind === 'dyn') return true
  if (a.kind === 'null' || b.kind === 'null') return a.kind === b.kind || a.kind === 'object' || b.kind === 'object'
  if (a.kind !== b.kind) return false
  if (a.kind === 'scalar') return a.name === (b as typeof a).name
  if (a.kind === 'list') return fits(a.items, (b as typeof a).items)
  if (a.kind === 'map') return fits(a.keys, (b as typeof a).keys) && fits(a.values, (b as typeof a).values)
  return a.kind !== 'optional' || fits(a.of, (b as typeof a).of)
}

// How large values of a schema can be, and how small: what cost estimates are made of. In a request of at most three megabytes.
// Numbers: k8s.io/apiserver/pkg/cel/common schemas.go and limits.go.
import type { Schema } from '../schema/schema.ts'
import { escapedName, rootSchema } from './schema-values.ts'

export type DeclaredKind = 'string' | 'bytes' | 'scalar' | 'dyn' | 'list' | 'map' | 'object'

/** A type with the most elements (characters, items, entries) that its values can have, and the fewest bytes they take as JSON. */
export interface Declared {
  kind: DeclaredKind
  maxElements: number
  minBytes: number
  items?: Declared
  fields?: ReadonlyMap<string, Declared>
}

const maxRequestBytes = 3 * 1024 * 1024
const maxText = maxRequestBytes - 2
/** An integer, a number. */
const scalar: Declared = { kind: 'scalar', maxElements: 0, minBytes: 1 }
const boolean: Declared = { kind: 'scalar', maxElements: 0, minBytes: 4 }
/** `format` → most characters and fewest bytes. */
const formats: Readonly<Record<string, readonly [number, number]>> = {
  duration: [32, 3],
  date: [12, 12],
  'date-time': [32, 21],
}

const known = new WeakMap<Schema, Declared>()
const unknown: Declared = { kind: 'dyn', maxElements: 0, minBytes: 2 }

/** What a schema declares; undefined for what expressions cannot see. */
export function declared(schema: Schema, root = false): Declared | undefined {
  const whole = root || schema.embeddedResource === true ? rootSchema(schema) : schema
  let found = known.get(whole)
  if (found === undefined) known.set(whole, (found = made(whole) ?? unknown))
  return found === unknown ? undefined : found
}

function made(schema: Schema): Declared | undefined {
  const { validations = {} } = schema
  if (schema.intOrString === true) return { kind: 'dyn', maxElements: lengthOf(validations.maxLength), minBytes: 1 }
  switch (schema.type) {
    case 'array': {
      const items = schema.items === undefined ? undefined : declared(schema.items)
      if (items === undefined) return undefined
      const maxElements = Math.max(0, validations.maxItems ?? Math.floor(maxText / (items.minBytes + 1)))
      return { kind: 'list', maxElements, minBytes: 2, items }
    }
    case 'object':
      return objectOf(schema)
    case 'string':
      return textOf(schema)
    case 'boolean':
      return boolean
    case 'number':
    case 'integer':
      return scalar
    default:
      return undefined
  }
}

/** maxLength counts characters, of up to four bytes. */
function lengthOf(maxLength: number | undefined): number {
  return maxLength === undefined ? maxText : Math.max(0, maxLength) * 4
}

function textOf({ format, enum: values, validations = {} }: Schema): Declared {
  const fixed = format !== undefined && Object.hasOwn(formats, format) ? formats[format] : undefined
  if (fixed !== undefined) return { kind: 'scalar', maxElements: fixed[0], minBytes: fixed[1] }
  const { maxLength } = validations
  if (format === 'byte') return { kind: 'bytes', maxElements: maxLength === undefined ? maxText : Math.max(0, maxLength), minBytes: 2 }
  const longest = values === undefined || values.length === 0 ? maxText : Math.max(...values.map((value) => String(value).length))
  return { kind: 'string', maxElements: maxLength === undefined ? longest : lengthOf(maxLength), minBytes: 2 }
}

function objectOf({ additionalProperties: values, properties = {}, required = [], validations = {} }: Schema): Declared | undefined {
  if (typeof values === 'object') {
    const items = declared(values)
    if (items === undefined) return undefined
    const maxElements = Math.max(0, validations.maxProperties ?? Math.floor(maxText / (items.minBytes + 6)))
    return { kind: 'map', maxElements, minBytes: 2, items }
  }
  const fields = new Map<string, Declared>()
  let minBytes = 2
  for (const [name, property] of Object.entries(properties)) {
    const field = declared(property)
    if (field === undefined) continue
    const escaped = escapedName(name)
    if (escaped !== undefined) fields.set(escaped, field)
    if (required.includes(name) && property.default === undefined) minBytes += name.length + field.minBytes + 4
  }
  return { kind: 'object', maxElements: 0, minBytes, fields }
}

/** How often a value of this size can stand in one request. */
export function maxCardinality({ minBytes }: Declared): number {
  return Math.floor(maxRequestBytes / (minBytes + 1))
}

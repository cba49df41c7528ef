// Plans of struct types: what the decoder must know of each field, worked out once per type and kept by the identity of `properties`.
import type { Schema } from './schema.ts'

/** How the JSON form of a value is read. */
export type Shape =
  | 'struct'
  | 'map'
  | 'list'
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'float'
  | 'bytes'
  | 'time'
  | 'micro-time'
  | 'duration'
  | 'quantity'
  | 'int-or-string'
  | 'any'

export interface FieldPlan {
  name: string
  schema: Schema
  shape: Shape
  /** The Go encoder leaves a zero value out. */
  dropsZero: boolean
  /** The Go encoder writes a value even when there is none. */
  fillsZero: boolean
}

export interface StructPlan {
  /** Go name without package: `PodSpec`. */
  name: string
  fields: readonly FieldPlan[]
  known: ReadonlySet<string>
}

const plans = new WeakMap<object, StructPlan>()

/** The plan of a struct type (a schema with `properties`). */
export function planOf(schema: Schema): StructPlan {
  const properties = schema.properties ?? {}
  const known = plans.get(properties)
  if (known !== undefined) return known
  const names = Object.keys(properties)
  const plan: StructPlan = {
    name: schema.typeName?.slice(schema.typeName.lastIndexOf('.') + 1) ?? '',
    fields: names.map((name) => fieldPlan(name, properties[name] as Schema)),
    known: new Set(names),
  }
  plans.set(properties, plan)
  return plan
}

function fieldPlan(name: string, schema: Schema): FieldPlan {
  const pointer = schema.pointer === true
  const dropsZero = (schema.omitEmpty === true || schema.omitZero === true) && !pointer
  return { name, schema, shape: shapeOf(schema), dropsZero, fillsZero: !dropsZero && schema.omitEmpty !== true && !pointer }
}

const byFormat: Readonly<Record<string, Shape>> = {
  'date-time': 'time',
  'micro-time': 'micro-time',
  duration: 'duration',
  quantity: 'quantity',
  byte: 'bytes',
}

/** How values of a built-in schema are read. */
export function shapeOf(schema: Schema): Shape {
  if (schema.intOrString === true) return 'int-or-string'
  switch (schema.type) {
    case 'string':
      return byFormat[schema.format ?? ''] ?? 'string'
    case 'boolean':
      return 'bool'
    case 'integer':
      return schema.format === 'int32' ? 'int32' : 'int64'
    case 'number':
      return 'float'
    case 'array':
      return 'list'
    case 'object':
      if (schema.preserveUnknownFields === true) return 'any'
      if (schema.properties !== undefined) return 'struct'
      return schema.additionalProperties === undefined ? 'any' : 'map'
    default:
      return 'any'
  }
}

/** A place in a value, as unknown-field messages print it: `spec.containers[0].image`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}

/** Sorts paths as their fields stand in the value: the order in which a reader of the text meets them. */
export function inDocumentOrder(value: unknown, paths: readonly (string | number)[][]): (string | number)[][] {
  const ranks = new Map<object, Map<string, number>>()
  const rank = (parent: unknown, part: string | number | undefined): number => {
    if (part === undefined) return -1
    if (typeof part === 'number' || typeof parent !== 'object' || parent === null) return Number(part)
    let known = ranks.get(parent)
    if (known === undefined) ranks.set(parent, (known = new Map(Object.keys(parent).map((key, index) => [key, index]))))
    return known.get(part) ?? 0
  }
  return [...paths].sort((a, b) => {
    let parent = value
    let level = 0
    while (level < a.length && a[level] === b[level]) parent = (parent as Record<string | number, unknown>)[a[level++] as string]
    return rank(parent, a[level]) - rank(parent, b[level])
  })
}

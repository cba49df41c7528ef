// JSON of a custom resource as CEL values, by the types that its schema declares. Nothing is converted before it is looked at.
// Mapping: k8s.io/apiserver/pkg/cel/common values.go and schemas.go.
import { isObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { sortedText } from '../schema/validate-lists.ts'
import { parseBase64 } from './bytes.ts'
import { readDuration, readTimestamp } from './times.ts'
import { CelError, CelMap, type ListValue, type ObjectValue, type Value } from './values.ts'

/** Values made of one object so far, by the JSON they were made of. */
export type Session = WeakMap<object, Value>

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)
const signs: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }

/** The name by which a rule reads a field; undefined for fields that have none. */
export function escapedName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined
  return name.replace(/__|[.\-/]/g, (sign) => signs[sign] ?? sign)
}

const nameSchema: Schema = { type: 'string' }
const metaSchema: Schema = { type: 'object', properties: { name: nameSchema, generateName: nameSchema } }
const rootFields: Readonly<Record<string, Schema>> = { apiVersion: nameSchema, kind: nameSchema, metadata: metaSchema }
const roots = new WeakMap<Schema, Schema>()

/** The schema of a whole object: with its type and the part of its metadata that rules may read. */
export function rootSchema(schema: Schema): Schema {
  let root = roots.get(schema)
  if (root === undefined) roots.set(schema, (root = { ...schema, properties: { ...schema.properties, ...rootFields } }))
  return root
}

/** A JSON value as CEL sees it. Throws CelError for text that is not of its format. */
export function celValue(json: unknown, schema: Schema, session: Session): Value {
  if (json === null || json === undefined) return null
  if (typeof json !== 'object') return scalar(json as string, schema)
  const known = session.get(json)
  if (known !== undefined) return known
  const value = Array.isArray(json) ? listValue(json, schema, session) : structure(json as Record<string, unknown>, schema, session)
  session.set(json, value)
  return value
}

function scalar(json: string | number | bigint | boolean, schema: Schema): Value {
  if (typeof json === 'string') return textValue(json, schema)
  if (typeof json === 'boolean') return json
  if (schema.type === 'number') return Number(json)
  return typeof json === 'bigint' ? json : Number.isInteger(json) ? BigInt(json) : json
}

function textValue(json: string, { type, format }: Schema): Value {
  if (type !== 'string') return json
  switch (format) {
    case 'date':
      return readTimestamp(`${json}T00:00:00Z`)
    case 'date-time':
      return readTimestamp(json)
    case 'duration':
      return readDuration(json)
    case 'byte':
      return parseBase64(json)
    default:
      return json
  }
}

const dynamic: Schema = {}

function listValue(json: readonly unknown[], { items = dynamic, listType, listMapKeys = [] }: Schema, session: Session): ListValue {
  const list = json.map((item) => celValue(item, items, session))
  if (listType !== 'set' && listType !== 'map') return list
  const marks: { unordered: true; identity?: (item: Value) => string } = { unordered: true }
  if (listType === 'map') {
    const sources = new Map(list.map((item, index) => [item, json[index]]))
    marks.identity = (item) => {
      const source = sources.get(item) ?? (item instanceof SchemaObject ? item.json : item)
      return sortedText(listMapKeys.map((key) => (isObject(source) ? source[key] : null)))
    }
  }
  return Object.assign(list, marks)
}

function structure(json: Record<string, unknown>, schema: Schema, session: Session): Value {
  const values = schema.additionalProperties
  if (schema.embeddedResource === true) return new SchemaObject(json, rootSchema(schema), session)
  if (schema.properties !== undefined) return new SchemaObject(json, schema, session)
  const map = new CelMap()
  for (const [key, value] of Object.entries(json)) map.set(key, celValue(value, typeof values === 'object' ? values : dynamic, session))
  return map
}

const fieldNames = new WeakMap<Schema, ReadonlyMap<string, string>>()

/** Fields by the names that rules use. */
export function fieldsOf(schema: Schema): ReadonlyMap<string, string> {
  let names = fieldNames.get(schema)
  if (names === undefined) {
    const pairs = Object.keys(schema.properties ?? {}).flatMap((name) => {
      const escaped = escapedName(name)
      return escaped === undefined ? [] : [[escaped, name] as const, [name, name] as const]
    })
    fieldNames.set(schema, (names = new Map(pairs)))
  }
  return names
}

/** An object with declared fields. Fields that the schema does not declare cannot be read. */
class SchemaObject implements ObjectValue {
  readonly isObject = true
  readonly typeName = 'object'
  readonly json: Record<string, unknown>
  readonly #schema: Schema
  readonly #session: Session

  constructor(json: Record<string, unknown>, schema: Schema, session: Session) {
    this.json = json
    this.#schema = schema
    this.#session = session
  }

  field(name: string): Value | undefined {
    const real = fieldsOf(this.#schema).get(name)
    if (real === undefined) throw new CelError(`no such field '${name}'`)
    const property = this.#schema.properties?.[real]
    if (property === undefined || !Object.hasOwn(this.json, real)) return undefined
    const json = this.json[real]
    if (json === undefined || (json === null && property.nullable !== true)) return undefined
    return celValue(json, property, this.#session)
  }

  names(): readonly string[] {
    const { properties = {} } = this.#schema
    return Object.keys(this.json).filter((name) => Object.hasOwn(properties, name) && escapedName(name) !== undefined)
  }
}

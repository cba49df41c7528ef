// Protobuf → JSON object, by the numbers of the schema. Zero values come out as Go's JSON encoder would write the decoded struct.
import { isObject, setOwn } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { type Layout, layoutOf } from './layout.ts'
import {
  malformed,
  type Reader,
  readBytes,
  readDouble,
  readerOf,
  readFloat,
  readInt32,
  readInt64,
  readSlice,
  readString,
  readTag,
  skipField,
  wireTypes,
} from './reader.ts'
import { decodeSpecial, isSpecial } from './special.ts'

/** Limits of one decoding. The size of the body is the server's to limit. */
export interface DecodeLimits {
  /** Deepest nesting of messages. */
  depth?: number
  /** Most values (fields, list items, map entries; messages count several times): tiny bytes must not become millions of objects. */
  values?: number
}

/** What a message costs beyond its fields: defaults are filled into it, and its fields are owned and compared one by one. */
const messageWeight = 7

/** State of one decoding: what is left of the limits. */
export interface Budget {
  depth: number
  values: number
}

/**
 * Decodes the message of a type. Unknown fields are skipped.
 * @throws ApiError BadRequest for anything that is not such a message.
 */
export function decodeProtobuf(raw: Uint8Array, schema: Schema, limits: DecodeLimits = {}): Record<string, unknown> {
  const budget = { depth: limits.depth ?? 200, values: limits.values ?? 400_000 }
  return decodeMessage(readerOf(raw), schema, budget)
}

/** Decodes a message that another reader holds. */
export function decodeMessage(reader: Reader, schema: Schema, budget: Budget, into: Record<string, unknown> = {}): Record<string, unknown> {
  if (budget.depth-- <= 0) throw malformed('proto: exceeded maximum nesting depth')
  budget.values -= messageWeight
  readFields(reader, layoutOf(schema), into, schema, budget)
  budget.depth++
  return into
}

function readFields(reader: Reader, layout: Layout, into: Record<string, unknown>, owner: Schema, budget: Budget): void {
  while (reader.at < reader.end) {
    const { number, wire } = readTag(reader)
    const slot = layout.get(number)
    if (!slot) skipField(reader, wire)
    else if (slot.inline) {
      expectWire(wire, wireTypes.bytes, owner, String(number))
      readFields(readSlice(reader), slot.inline, into, owner, budget)
    } else readField(reader, wire, into, slot.name, slot.schema, owner, budget)
  }
}

function readField(
  reader: Reader,
  wire: number,
  into: Record<string, unknown>,
  name: string,
  schema: Schema,
  owner: Schema,
  budget: Budget,
): void {
  if (budget.values-- <= 0) throw malformed('the object has too many values')
  const proto = schema.proto!
  if (proto.repeated && schema.additionalProperties) {
    expectWire(wire, wireTypes.bytes, owner, name)
    const map = (into[name] ??= {}) as Record<string, unknown>
    readEntry(readSlice(reader), map, schema.additionalProperties as Schema, budget)
  } else if (proto.repeated) readItems(reader, wire, (into[name] ??= []) as unknown[], schema, owner, name, budget)
  else {
    expectWire(wire, wireTypes[proto.wire as 'varint' | 'bytes'] ?? wireTypes.varint, owner, name)
    const value = readValue(reader, schema, budget, into[name])
    if (value === undefined || isLeftOut(value, schema)) delete into[name]
    else into[name] = value
  }
}

/** One item, or (packed numbers) a run of them. */
function readItems(reader: Reader, wire: number, items: unknown[], schema: Schema, owner: Schema, name: string, budget: Budget): void {
  const item = schema.items!
  const expected = wireTypes[schema.proto!.wire as 'varint' | 'bytes']
  if (wire !== wireTypes.bytes || expected === wireTypes.bytes) {
    expectWire(wire, expected, owner, name)
    items.push(readValue(reader, item, budget) ?? null)
    return
  }
  const packed = readSlice(reader)
  while (packed.at < packed.end) {
    if (budget.values-- <= 0) throw malformed('the object has too many values')
    items.push(readValue(packed, item, budget))
  }
}

/** A map entry: a message {1: key, 2: value}. */
function readEntry(reader: Reader, into: Record<string, unknown>, schema: Schema, budget: Budget): void {
  let key = ''
  let value: unknown
  while (reader.at < reader.end) {
    const { number, wire } = readTag(reader)
    if (number === 1 && wire === wireTypes.bytes) key = readString(reader)
    else if (number === 2) {
      expectWire(wire, wireTypes[(schema.proto?.wire ?? 'bytes') as 'varint' | 'bytes'], schema, 'value')
      value = readValue(reader, schema, budget)
    } else skipField(reader, wire)
  }
  setOwn(into, key, value === undefined ? zeroOf(schema) : value)
}

function readValue(reader: Reader, schema: Schema, budget: Budget, previous?: unknown): unknown {
  if (isSpecial(schema)) return decodeSpecial(readSlice(reader), schema, budget)
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? base64(readBytes(reader)) : readString(reader)
    case 'boolean':
      return readInt64(reader) !== 0
    case 'integer':
      return schema.format === 'int64' ? readInt64(reader) : readInt32(reader)
    case 'number':
      return schema.format === 'float' ? readFloat(reader) : readDouble(reader)
    case 'array': // a list that is a message of its own
      return readWrapped(readSlice(reader), schema, budget)
    default: // a message; a second occurrence is merged into the first, as protobuf wants it
      return decodeMessage(readSlice(reader), schema, budget, isObject(previous) ? previous : {})
  }
}

function readWrapped(reader: Reader, schema: Schema, budget: Budget): unknown[] {
  const items: unknown[] = []
  while (reader.at < reader.end) {
    if (budget.values-- <= 0) throw malformed('the object has too many values')
    const { number, wire } = readTag(reader)
    if (number === 1) {
      expectWire(wire, wireTypes.bytes, schema, 'items')
      items.push(readValue(reader, schema.items!, budget))
    } else skipField(reader, wire)
  }
  return items
}

/** Go encodes every field that is no pointer; its JSON encoder then leaves out the zero ones marked omitempty. */
function isLeftOut(value: unknown, schema: Schema): boolean {
  if (schema.pointer || !schema.omitEmpty) return false
  if (schema.omitZero && isObject(value)) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0)
}

function zeroOf(schema: Schema): unknown {
  if (isSpecial(schema)) return schema.format === 'quantity' ? '0' : null
  if (schema.type === 'object') return {}
  if (schema.type === 'array') return []
  if (schema.type === 'string') return ''
  return schema.type === 'boolean' ? false : 0
}

function expectWire(wire: number, expected: number, owner: Schema, field: string): void {
  if (wire === expected) return
  if (wire > 5) throw malformed(`proto: illegal wireType ${wire}`)
  const goField = field.charAt(0).toUpperCase() + field.slice(1)
  throw malformed(`proto: wrong wireType = ${wire} for field ${owner.properties ? goField : field}`)
}

function base64(bytes: Uint8Array): string {
  return (bytes as Uint8Array & { toBase64(): string }).toBase64()
}

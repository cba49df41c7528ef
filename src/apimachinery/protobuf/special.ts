// Types whose protobuf message is not the struct of their JSON form: times, quantities, int-or-string, raw JSON, CRD schema unions.
import { isObject, parseJson, stringifyJson } from '../json.ts'
import { schemaOf } from '../schema/from-openapi.ts'
import type { Schema } from '../schema/schema.ts'
import { type Budget, decodeMessage } from './decode.ts'
import { encodeMessage } from './encode.ts'
import { malformed, type Reader, readInt64, readSlice, readTag, skipField } from './reader.ts'
import { durationNanoseconds, durationText, timeParts, timeText } from './time.ts'
import { newWriter, type Writer, writeMessageField, writeStringField, writeVarintField } from './writer.ts'

const formats = new Set([
  'date-time',
  'micro-time',
  'duration',
  'quantity',
  'int-or-string',
  'fields-v1',
  'raw-extension',
  'json',
  'json-schema-or-bool',
  'json-schema-or-array',
  'json-schema-or-string-array',
])

/** Whether a value of this schema travels as one of the messages of this file. */
export function isSpecial(schema: Schema): boolean {
  return schema.format !== undefined && formats.has(schema.format)
}

/** The JSON form, or undefined for a zero value that JSON leaves out (a zero time, no raw bytes). */
export function decodeSpecial(reader: Reader, schema: Schema, budget: Budget): unknown {
  const empty = reader.at === reader.end
  const fields = readSimple(reader)
  switch (schema.format) {
    case 'date-time':
    case 'micro-time':
      return empty ? undefined : timeText(integer(fields, 1), Number(integer(fields, 2)), schema.format === 'micro-time')
    case 'duration':
      return durationText(integer(fields, 1))
    case 'quantity':
      return text(fields, 1) || '0'
    case 'int-or-string':
      return integer(fields, 1) === 0 ? Number(BigInt.asIntN(32, BigInt(integer(fields, 2)))) : text(fields, 3)
    case 'fields-v1':
    case 'raw-extension':
    case 'json':
      return rawJson(fields.get(1)?.at(-1))
    default:
      return decodeUnion(fields, schema, budget)
  }
}

/** Writes the message of a JSON value as field `number`. */
export function encodeSpecial(writer: Writer, number: number, value: unknown, schema: Schema): void {
  const message = newWriter()
  switch (schema.format) {
    case 'date-time':
    case 'micro-time': {
      const { seconds, nanos } = timeParts(String(value), schema.format === 'micro-time')
      writeVarintField(message, 1, seconds)
      writeVarintField(message, 2, nanos)
      break
    }
    case 'duration':
      writeVarintField(message, 1, durationNanoseconds(String(value)))
      break
    case 'quantity':
      writeStringField(message, 1, String(value))
      break
    case 'int-or-string':
      writeVarintField(message, 1, typeof value === 'number' ? 0 : 1)
      writeVarintField(message, 2, typeof value === 'number' ? value : 0)
      writeStringField(message, 3, typeof value === 'number' ? '' : String(value))
      break
    case 'fields-v1':
    case 'raw-extension':
    case 'json':
      writeStringField(message, 1, stringifyJson(value))
      break
    default:
      encodeUnion(message, value, schema)
  }
  writeMessageField(writer, number, message)
}

/** JSONSchemaPropsOrBool {1: allows, 2: schema}; the others {1: schema, 2: list}. `typeName` of the node is the JSONSchemaProps meant. */
function decodeUnion(fields: Simple, schema: Schema, budget: Budget): unknown {
  const props = (reader: unknown) => decodeMessage(readerOfValue(reader), schemaOf(schema.typeName!), budget)
  if (schema.format === 'json-schema-or-bool') {
    const inner = fields.get(2)?.at(-1)
    return inner === undefined ? integer(fields, 1) !== 0 : props(inner)
  }
  const list = fields.get(2)
  if (list === undefined) return fields.has(1) ? props(fields.get(1)!.at(-1)) : undefined
  return schema.format === 'json-schema-or-array' ? list.map(props) : list.map((item) => readText(item))
}

function encodeUnion(message: Writer, value: unknown, schema: Schema): void {
  const props = schemaOf(schema.typeName!)
  if (schema.format === 'json-schema-or-bool') {
    writeVarintField(message, 1, value !== false)
    if (isObject(value)) writeMessageField(message, 2, encodeMessage(value, props))
  } else if (Array.isArray(value)) {
    for (const item of value) {
      if (schema.format === 'json-schema-or-array') writeMessageField(message, 2, encodeMessage(item, props))
      else writeStringField(message, 2, String(item))
    }
  } else if (isObject(value)) writeMessageField(message, 1, encodeMessage(value, props))
}

/** All fields of a small message: varints as numbers, the rest as readers of their bytes. */
type Simple = Map<number, (number | bigint | Reader)[]>

function readSimple(reader: Reader): Simple {
  const fields: Simple = new Map()
  while (reader.at < reader.end) {
    const { number, wire } = readTag(reader)
    if (wire === 0) append(fields, number, readInt64(reader))
    else if (wire === 2) append(fields, number, readSlice(reader))
    else skipField(reader, wire)
  }
  return fields
}

function append(fields: Simple, number: number, value: number | bigint | Reader): void {
  const list = fields.get(number)
  if (list) list.push(value)
  else fields.set(number, [value])
}

function integer(fields: Simple, number: number): number | bigint {
  const value = fields.get(number)?.at(-1) ?? 0
  if (typeof value === 'object') throw malformed('proto: wrong wireType = 2 for field')
  return value
}

function text(fields: Simple, number: number): string {
  const value = fields.get(number)?.at(-1)
  return value === undefined ? '' : readText(value)
}

function readText(value: unknown): string {
  const { bytes, at, end } = readerOfValue(value)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(at, end))
}

function readerOfValue(value: unknown): Reader {
  if (typeof value !== 'object') throw malformed('proto: wrong wireType = 0 for field')
  return { ...(value as Reader) }
}

/** The JSON inside a RawExtension or FieldsV1. */
function rawJson(value: number | bigint | Reader | undefined): unknown {
  const raw = value === undefined ? '' : readText(value)
  if (raw === '') return undefined
  try {
    return parseJson(raw) ?? undefined
  } catch (error) {
    throw malformed((error as Error).message)
  }
}

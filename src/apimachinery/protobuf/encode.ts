// JSON object → protobuf, by the numbers of the schema: for clients that accept nothing else, and for round-trip tests.
import { isObject } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { type Layout, layoutOf } from './layout.ts'
import { encodeSpecial, isSpecial } from './special.ts'
import {
  finish,
  newWriter,
  type Writer,
  writeBytesField,
  writeDoubleField,
  writeFloatField,
  writeMessageField,
  writeStringField,
  writeVarintField,
} from './writer.ts'

/** The message of a valid object. Values that are absent or null are not written; unknown fields neither. */
export function encodeProtobuf(object: Record<string, unknown>, schema: Schema): Uint8Array {
  return finish(encodeMessage(object, schema))
}

/** As {@link encodeProtobuf}, still as a writer, for nesting. */
export function encodeMessage(object: Record<string, unknown>, schema: Schema): Writer {
  return encodeFields(object, layoutOf(schema))
}

function encodeFields(object: Record<string, unknown>, layout: Layout): Writer {
  const writer = newWriter()
  for (const [number, slot] of [...layout].sort(([a], [b]) => a - b)) {
    if (slot.inline) writeMessageField(writer, number, encodeFields(object, slot.inline))
    else if (Object.hasOwn(object, slot.name) && object[slot.name] != null) encodeField(writer, number, object[slot.name], slot.schema)
  }
  return writer
}

function encodeField(writer: Writer, number: number, value: unknown, schema: Schema): void {
  if (schema.proto?.repeated && schema.additionalProperties) {
    for (const key of Object.keys(value as object).sort()) {
      const entry = newWriter()
      writeStringField(entry, 1, key)
      const item = (value as Record<string, unknown>)[key]
      if (item != null) encodeValue(entry, 2, item, schema.additionalProperties as Schema)
      writeMessageField(writer, number, entry)
    }
  } else if (schema.proto?.repeated) for (const item of value as unknown[]) encodeValue(writer, number, item, schema.items!)
  else encodeValue(writer, number, value, schema)
}

function encodeValue(writer: Writer, number: number, value: unknown, schema: Schema): void {
  if (isSpecial(schema)) encodeSpecial(writer, number, value, schema)
  else if (schema.type === 'string') {
    if (schema.format === 'byte') writeBytesField(writer, number, fromBase64(String(value)))
    else writeStringField(writer, number, String(value))
  } else if (schema.type === 'boolean' || schema.type === 'integer') writeVarintField(writer, number, value as number | bigint | boolean)
  else if (schema.type === 'number') (schema.format === 'float' ? writeFloatField : writeDoubleField)(writer, number, Number(value))
  else if (schema.type === 'array') {
    const list = newWriter()
    for (const item of value as unknown[]) encodeValue(list, 1, item, schema.items!)
    writeMessageField(writer, number, list)
  } else writeMessageField(writer, number, encodeMessage(isObject(value) ? value : {}, schema))
}

function fromBase64(text: string): Uint8Array {
  return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64(text)
}

// The envelope of a protobuf body: four magic bytes, then runtime.Unknown {1: TypeMeta, 2: raw, 3: contentEncoding, 4: contentType}.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
import { malformed, type Reader, readBytes, readerOf, readSlice, readString, readTag, skipField } from './reader.ts'
import { finish, newWriter, writeBytesField, writeMessageField, writeStringField } from './writer.ts'

const magic = [0x6b, 0x38, 0x73, 0x00] // "k8s\0"

export interface Envelope {
  apiVersion: string
  kind: string
  /** The object's own message. */
  raw: Uint8Array
  contentEncoding: string
  contentType: string
}

/** True when `bytes` begin with the magic of a protobuf envelope. */
export function isEnvelope(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)
}

/** Opens a request body. Throws BadRequest when it is no envelope. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw malformed('empty data')
  if (!isEnvelope(bytes)) {
    throw malformed(`provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`)
  }
  const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array(0), contentEncoding: '', contentType: '' }
  const reader = { ...readerOf(bytes), at: magic.length }
  while (reader.at < reader.end) {
    const { number, wire } = readTag(reader)
    if (wire !== 2) skipField(reader, wire)
    else if (number === 1) readTypeMeta(readSlice(reader), envelope)
    else if (number === 2) envelope.raw = readBytes(reader)
    else if (number === 3) envelope.contentEncoding = readString(reader)
    else if (number === 4) envelope.contentType = readString(reader)
    else skipField(reader, wire)
  }
  return envelope
}

/** Wraps an encoded object. */
export function encodeEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const typeMeta = newWriter()
  writeStringField(typeMeta, 1, apiVersion)
  writeStringField(typeMeta, 2, kind)
  const writer = newWriter()
  writer.chunks.push(Uint8Array.from(magic))
  writer.length = magic.length
  writeMessageField(writer, 1, typeMeta)
  writeBytesField(writer, 2, raw)
  writeStringField(writer, 3, '')
  writeStringField(writer, 4, '')
  return finish(writer)
}

function readTypeMeta(reader: Reader, envelope: Envelope): void {
  while (reader.at < reader.end) {
    const { number, wire } = readTag(reader)
    if (wire === 2 && number === 1) envelope.apiVersion = readString(reader)
    else if (wire === 2 && number === 2) envelope.kind = readString(reader)
    else skipField(reader, wire)
  }
}

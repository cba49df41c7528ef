// Reads protobuf wire format from bytes a client sent: every read is checked, so that garbage ends in 400 and never in a crash or a hang.
// The words of the errors are those of Go's generated code.
import { type ApiError, badRequest } from '../api-error.ts'

/** A cursor over one message. `end` is the first byte that no longer belongs to it. */
export interface Reader {
  bytes: Uint8Array
  at: number
  end: number
}

/** Wire types of the protobuf encoding. */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A reader over the whole of `bytes`. */
export function readerOf(bytes: Uint8Array): Reader {
  return { bytes, at: 0, end: bytes.length }
}

/** The next field's number and wire type. Throws BadRequest for number 0 or an unknown wire type. */
export function readTag(reader: Reader): { number: number; wire: number } {
  const tag = readVarint32(reader)
  const number = tag >>> 3
  const wire = tag & 7
  if (number === 0) throw malformed(`proto: illegal tag 0 (wire type ${wire})`)
  return { number, wire }
}

/** A varint as unsigned 64-bit integer: a number while it is safe, else a bigint. */
export function readVarint(reader: Reader): number | bigint {
  let value = 0
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = readByte(reader)
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return value
  }
  let big = BigInt(value)
  for (let shift = 49n; shift < 70n; shift += 7n) {
    const byte = readByte(reader)
    if (shift === 63n && byte > 1) break
    big |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big
  }
  throw malformed('proto: integer overflow')
}

/** A varint as signed 64-bit integer: a number while it is safe, else a bigint. */
export function readInt64(reader: Reader): number | bigint {
  const value = readVarint(reader)
  if (typeof value === 'number') return value
  const signed = BigInt.asIntN(64, value)
  return signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(signed) : signed
}

/** A varint as signed 32-bit integer (higher bits are dropped, as Go's conversion does). */
export function readInt32(reader: Reader): number {
  return Number(BigInt.asIntN(32, BigInt(readVarint(reader))))
}

/** The bytes of a length-delimited field, as a reader of its own; the outer cursor moves behind them. */
export function readSlice(reader: Reader): Reader {
  const length = readVarint32(reader)
  const end = reader.at + length
  if (end > reader.end) throw malformed('unexpected EOF')
  const slice = { bytes: reader.bytes, at: reader.at, end }
  reader.at = end
  return slice
}

/** A length-delimited field as bytes (a view, not a copy). */
export function readBytes(reader: Reader): Uint8Array {
  const slice = readSlice(reader)
  return slice.bytes.subarray(slice.at, slice.end)
}

/** A length-delimited field as text; broken UTF-8 becomes U+FFFD, as Go's JSON encoder makes it. */
export function readString(reader: Reader): string {
  return decoder.decode(readBytes(reader))
}

/** Eight bytes as double. */
export function readDouble(reader: Reader): number {
  const at = advance(reader, 8)
  return new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getFloat64(at, true)
}

/** Four bytes as float. */
export function readFloat(reader: Reader): number {
  const at = advance(reader, 4)
  return new DataView(reader.bytes.buffer, reader.bytes.byteOffset).getFloat32(at, true)
}

/** Moves behind a field nobody knows. Groups are skipped without recursion. */
export function skipField(reader: Reader, wire: number): void {
  let depth = 0
  let current = wire
  while (true) {
    if (current === wireTypes.varint) readVarint(reader)
    else if (current === wireTypes.fixed64) advance(reader, 8)
    else if (current === wireTypes.bytes) readSlice(reader)
    else if (current === wireTypes.startGroup) depth++
    else if (current === wireTypes.endGroup) {
      if (depth === 0) throw malformed('proto: unexpected end of group')
      depth--
    } else if (current === wireTypes.fixed32) advance(reader, 4)
    else throw malformed(`proto: illegal wireType ${current}`)
    if (depth === 0) return
    current = readTag(reader).wire
  }
}

/** 400 with the words of Go's decoder. */
export function malformed(message: string): ApiError {
  return badRequest(message)
}

function advance(reader: Reader, length: number): number {
  const at = reader.at
  if (at + length > reader.end) throw malformed('unexpected EOF')
  reader.at += length
  return at
}

function readByte(reader: Reader): number {
  if (reader.at >= reader.end) throw malformed('unexpected EOF')
  return reader.bytes[reader.at++]!
}

function readVarint32(reader: Reader): number {
  const value = readVarint(reader)
  if (typeof value === 'bigint' || value > 0xffffffff) throw malformed('proto: integer overflow')
  return value
}

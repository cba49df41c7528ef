// Writes protobuf wire format. Messages are trees of chunks with known lengths, joined once at the end.

const encoder = new TextEncoder()

/** A message under construction. */
export interface Writer {
  chunks: (Uint8Array | Writer)[]
  length: number
}

/** An empty message. */
export function newWriter(): Writer {
  return { chunks: [], length: 0 }
}

/** The message as bytes. */
export function finish(writer: Writer): Uint8Array {
  const result = new Uint8Array(writer.length)
  copyInto(result, 0, writer)
  return result
}

function copyInto(target: Uint8Array, start: number, writer: Writer): number {
  let at = start
  for (const chunk of writer.chunks) {
    if (chunk instanceof Uint8Array) {
      if (chunk.length > 16) target.set(chunk, at)
      else for (let i = 0; i < chunk.length; i++) target[at + i] = chunk[i]!
      at += chunk.length
    } else at = copyInto(target, at, chunk)
  }
  return at
}

/** A varint field (bool, int32, int64); negative numbers take ten bytes. */
export function writeVarintField(writer: Writer, number: number, value: number | bigint | boolean): void {
  push(writer, varint((number << 3) | 0))
  push(writer, varint(typeof value === 'boolean' ? Number(value) : value))
}

/** A length-delimited field. */
export function writeBytesField(writer: Writer, number: number, value: Uint8Array): void {
  pushHead(writer, number, value.length)
  push(writer, value)
}

/** A string field. */
export function writeStringField(writer: Writer, number: number, value: string): void {
  writeBytesField(writer, number, encoder.encode(value))
}

/** A message field whose body another writer holds. */
export function writeMessageField(writer: Writer, number: number, message: Writer): void {
  pushHead(writer, number, message.length)
  push(writer, message)
}

/** A double field. */
export function writeDoubleField(writer: Writer, number: number, value: number): void {
  push(writer, varint((number << 3) | 1))
  push(writer, new Uint8Array(new Float64Array([value]).buffer))
}

/** A float field. */
export function writeFloatField(writer: Writer, number: number, value: number): void {
  push(writer, varint((number << 3) | 5))
  push(writer, new Uint8Array(new Float32Array([value]).buffer))
}

/** Tag and length of a length-delimited field; small ones, nearly all, as one chunk that is made once. */
function pushHead(writer: Writer, number: number, length: number): void {
  if (number < 16 && length < 0x80) {
    const key = (number << 7) | length
    push(writer, (heads[key] ??= Uint8Array.of((number << 3) | 2, length)))
  } else {
    push(writer, varint(((number << 3) | 2) >>> 0))
    push(writer, varint(length))
  }
}

const heads: Uint8Array[] = []

function push(writer: Writer, chunk: Uint8Array | Writer): void {
  writer.chunks.push(chunk)
  writer.length += chunk.length
}

/** Varints of one and two bytes, nearly all, made once when they are first needed. */
const small: Uint8Array[] = []
const smallEnd = 0x4000

function varint(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < smallEnd)
    return (small[value] ??= value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >> 7))
  const bytes: number[] = []
  if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) {
    let rest = value
    while (rest > 0x7f) {
      bytes.push((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    bytes.push(rest)
    return Uint8Array.from(bytes)
  }
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

// A small DER writer and reader: just what X.509 certificates and PKCS#10 requests are made of (ITU-T X.690).

const classContext = 0x80
const constructed = 0x20

/** One tag-length-value: `content` is joined. */
export function tlv(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body])
}

export const sequence = (...items: Uint8Array[]): Buffer => tlv(0x30, ...items)
/** SET OF: DER wants the members sorted by their encoding. */
export const setOf = (...items: Uint8Array[]): Buffer => tlv(0x31, ...[...items].sort(Buffer.compare))
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]))
export const octetString = (bytes: Uint8Array): Buffer => tlv(0x04, bytes)
export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text, 'utf8'))
export const printableString = (text: string): Buffer => tlv(0x13, Buffer.from(text, 'latin1'))
/** BIT STRING; `unusedBits` are the trailing bits of the last byte that do not count. */
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => tlv(0x03, Buffer.from([unusedBits]), bytes)
/** [n] EXPLICIT. */
export const explicit = (n: number, ...content: Uint8Array[]): Buffer => tlv(classContext | constructed | n, ...content)
/** [n] IMPLICIT of a primitive type. */
export const implicit = (n: number, content: Uint8Array): Buffer => tlv(classContext | n, content)

/** INTEGER of big-endian magnitude bytes (never negative). */
export function unsignedInteger(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const magnitude = Buffer.from(bytes.subarray(start))
  const first = magnitude[0] ?? 0
  return tlv(0x02, first & 0x80 ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude.length === 0 ? Buffer.from([0]) : magnitude)
}

/** OBJECT IDENTIFIER of its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f]
    for (let value = Math.floor(arc / 128); value > 0; value = Math.floor(value / 128)) groups.unshift((value & 0x7f) | 0x80)
    octets.push(...groups)
  }
  return tlv(0x06, Buffer.from(octets))
}

/** Time: UTCTime up to 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return Number(digits.slice(0, 4)) < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits))
}

/** One value as read. `content` is the bytes without the header, `raw` with it. */
export interface DerNode {
  tag: number
  content: Buffer
  raw: Buffer
}

/** Reads the one value at `offset`. Throws on lengths that leave the buffer. */
export function readNode(bytes: Buffer, offset = 0): DerNode {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f)
    throw new Error('asn1: structure error: truncated or unsupported tag')
  let length = first
  let start = offset + 2
  if (first & 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw new Error('asn1: structure error: unsupported length')
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += count
  }
  if (start + length > bytes.length) throw new Error('asn1: syntax error: data truncated')
  return { tag, content: bytes.subarray(start, start + length), raw: bytes.subarray(offset, start + length) }
}

/** The members of a constructed value. */
export function children(node: DerNode): DerNode[] {
  const found: DerNode[] = []
  for (let offset = 0; offset < node.content.length; ) {
    const child = readNode(node.content, offset)
    found.push(child)
    offset += child.raw.length
  }
  return found
}

/** The dotted form of an OBJECT IDENTIFIER's content. */
export function dottedId(content: Buffer): string {
  const arcs: number[] = []
  let value = 0
  for (const octet of content) {
    value = value * 128 + (octet & 0x7f)
    if ((octet & 0x80) === 0) {
      arcs.push(value)
      value = 0
    }
  }
  const first = arcs.shift() ?? 0
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...arcs].join('.')
}

/** Text of any of the string types that occur in names. */
export function stringValue(node: DerNode): string {
  if (node.tag === 0x1e) return Buffer.from(node.content).swap16().toString('utf16le') // BMPString
  return node.content.toString(node.tag === 0x0c ? 'utf8' : 'latin1')
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return Buffer.from([0x80 | octets.length, ...octets])
}

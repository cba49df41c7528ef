// IP addresses and ranges as numbers: parsing, canonical texts, membership and counting, for validation and for allocators.
import { type FieldError, invalidValue, type Path } from './field-errors.ts'

export type Family = 4 | 6

export interface Address {
  readonly family: Family
  readonly value: bigint
}

/** A range: its first address and the length of its prefix. */
export interface Cidr {
  readonly family: Family
  readonly first: bigint
  readonly prefix: number
}

const v4Bits = 32
const v6Bits = 128
const decimalByte = /^(?:0|[1-9]\d{0,2})$/
const hexGroup = /^[0-9a-fA-F]{1,4}$/
const v4Mapped = 0xffff00000000n

/** Bits of an address of a family: 32 or 128. */
export function bitsOf(family: Family): number {
  return family === 4 ? v4Bits : v6Bits
}

/** Reads an address; undefined when the text is none (leading zeros and zones are refused, as by Go's netip). */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = v4Value(text)
    return value === undefined ? undefined : { family: 4, value }
  }
  const value = v6Value(text)
  return value === undefined ? undefined : { family: 6, value }
}

function v4Value(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => decimalByte.test(part) && Number(part) <= 255)) return undefined
  return BigInt(parts.reduce((sum, part) => sum * 256 + Number(part), 0))
}

function v6Value(text: string): bigint | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...head, ...new Array<bigint>(missing).fill(0n), ...tail]
  return all.reduce((sum, group) => (sum << 16n) | group, 0n)
}

/** 16-bit groups of one side of `::`; an IPv4 tail counts as two. */
function groups(text: string, last: boolean): bigint[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const result: bigint[] = []
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const v4 = v4Value(part)
      if (v4 === undefined) return undefined
      result.push(v4 >> 16n, v4 & 0xffffn)
    } else if (hexGroup.test(part)) result.push(BigInt(Number.parseInt(part, 16)))
    else return undefined
  }
  return result
}

/** The canonical text of an address (RFC 5952). */
export function addressText({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  if (value >> 32n === 0xffffn) return `::ffff:${addressText({ family: 4, value: value & 0xffffffffn })}`
  const parts = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn)
  const { start, length } = longestZeros(parts)
  const hex = parts.map((part) => part.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

function longestZeros(parts: bigint[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < parts.length; start++) {
    let length = 0
    while (parts[start + length] === 0n) length++
    if (length > best.length) best = { start, length }
  }
  return best
}

/** Reads a range such as 10.0.0.0/8; bits beyond the prefix are cleared. Undefined when the text is none. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf('/')
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash))
  const prefix = text.slice(slash + 1)
  if (address === undefined || !decimalByte.test(prefix) || Number(prefix) > bitsOf(address.family)) return undefined
  return cidrOf(address, Number(prefix))
}

/** The range of a prefix length that holds an address. */
export function cidrOf({ family, value }: Address, prefix: number): Cidr {
  const host = BigInt(bitsOf(family) - prefix)
  return { family, first: (value >> host) << host, prefix }
}

/** `10.0.0.0/8`. */
export function cidrText({ family, first, prefix }: Cidr): string {
  return `${addressText({ family, value: first })}/${prefix}`
}

/** Number of addresses in a range. */
export function cidrSize({ family, prefix }: Cidr): bigint {
  return 1n << BigInt(bitsOf(family) - prefix)
}

/** Whether a range holds an address (never across families). */
export function contains(cidr: Cidr, address: Address): boolean {
  return cidr.family === address.family && address.value >= cidr.first && address.value < cidr.first + cidrSize(cidr)
}

/** Whether two ranges share an address. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, { family: b.family, value: b.first }) || contains(b, { family: a.family, value: a.first })
}

/** The n-th address of a range, counted from 0 at its first; undefined beyond its end. */
export function nthAddress(cidr: Cidr, n: number | bigint): Address | undefined {
  const index = BigInt(n)
  return index < 0n || index >= cidrSize(cidr) ? undefined : { family: cidr.family, value: cidr.first + index }
}

/** Place of an address in a range, counted from 0. */
export function addressIndex(cidr: Cidr, address: Address): bigint {
  return address.value - cidr.first
}

/** The n-th part of a range cut into ranges of a longer prefix (pod ranges of nodes); undefined beyond the last. */
export function nthSubnet(cidr: Cidr, prefix: number, n: number | bigint): Cidr | undefined {
  const index = BigInt(n)
  if (prefix < cidr.prefix || index < 0n || index >= 1n << BigInt(prefix - cidr.prefix)) return undefined
  return { family: cidr.family, first: cidr.first + (index << BigInt(bitsOf(cidr.family) - prefix)), prefix }
}

/** Whether a text is an IPv6 address or range. */
export function isIpv6(text: string): boolean {
  return text.includes(':')
}

/** Loose reading for messages only: does it become an address when leading zeros are dropped? */
function sloppyAddress(text: string): Address | undefined {
  return parseAddress(text.replace(/\b0+(?=\d+(?:\.|$))/g, ''))
}

/** An IP address in a field: upstream's strict rule (no leading zeros, no IPv4 in IPv6). */
export function validateAddress(text: string, path: Path): FieldError[] {
  const address = parseAddress(text)
  if (address === undefined) {
    const detail = sloppyAddress(text) ? 'must not have leading 0s' : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    return [invalidValue(path, text, detail)]
  }
  if (isMapped(address)) return [invalidValue(path, text, 'must not be an IPv4-mapped IPv6 address')]
  return []
}

function isMapped({ family, value }: Address): boolean {
  return family === 6 && (value & ~0xffffffffn) === v4Mapped
}

/** A range in a field: upstream's strict rule (as for addresses, and no bits beyond the prefix). */
export function validateCidr(text: string, path: Path): FieldError[] {
  const cidr = parseCidr(text)
  const address = parseAddress(text.slice(0, text.lastIndexOf('/')))
  if (cidr === undefined || address === undefined) {
    const sloppy = text.split('/').length === 2 && sloppyAddress(text.split('/')[0] ?? '') && /^\d{1,3}$/.test(text.split('/')[1] ?? '')
    const length = Number(text.split('/')[1] ?? 'x')
    const detail =
      sloppy && length <= bitsOf(isIpv6(text) ? 6 : 4)
        ? 'must not have leading 0s in IP or prefix length'
        : 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
    return [invalidValue(path, text, detail)]
  }
  if (isMapped(address)) return [invalidValue(path, text, 'must not have an IPv4-mapped IPv6 address')]
  if (address.value !== cidr.first) return [invalidValue(path, text, 'must not have bits set beyond the prefix length')]
  return []
}

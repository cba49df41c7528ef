// IP addresses and CIDRs as values: parsing as lenient as Go's sloppy parser, with notes on what strict rules refuse.

/** A parsed address. IPv4-mapped IPv6 addresses count as IPv4, as in Go. */
export interface IPAddress {
  family: 4 | 6
  /** 4 or 16 bytes. */
  bytes: readonly number[]
  /** Written as ::ffff:1.2.3.4. */
  mapped: boolean
  /** An IPv4 octet has leading zeros. */
  leadingZeros: boolean
}

/** Reads an address, or undefined. */
export function parseIP(text: string): IPAddress | undefined {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text)
}

function parseIPv4(text: string): IPAddress | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,20}$/.test(part) && Number(part) <= 255)) return undefined
  return { family: 4, bytes: parts.map(Number), mapped: false, leadingZeros: parts.some((part) => part.length > 1 && part.startsWith('0')) }
}

function parseIPv6(text: string): IPAddress | undefined {
  if (text.length > 64) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const v4 = tail.includes('.') ? parseIPv4(tail) : undefined
  if (tail.includes('.') && v4 === undefined) return undefined
  const groups = halves.map((half, index) => groupsOf(half, index === halves.length - 1 ? v4 : undefined))
  const [head, rest] = groups
  if (head === undefined || groups.includes(undefined)) return undefined
  const known = head.length + (rest?.length ?? 0)
  if (rest === undefined ? known !== 8 : known > 7) return undefined
  const words = rest === undefined ? head : [...head, ...new Array<number>(8 - known).fill(0), ...rest]
  const bytes = words.flatMap((word) => [word >> 8, word & 255])
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  const leadingZeros = v4?.leadingZeros ?? false
  return mapped ? { family: 4, bytes: bytes.slice(12), mapped, leadingZeros } : { family: 6, bytes, mapped, leadingZeros }
}

function groupsOf(half: string, v4: IPAddress | undefined): number[] | undefined {
  if (half === '') return []
  const parts = half.split(':')
  if (v4 !== undefined) parts.pop()
  if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return undefined
  const [a = 0, b = 0, c = 0, d = 0] = v4?.bytes ?? []
  const words = parts.map((part) => Number.parseInt(part, 16))
  return v4 === undefined ? words : [...words, (a << 8) | b, (c << 8) | d]
}

/** The canonical text (RFC 5952): the longest run of zero groups is `::`. */
export function ipText({ family, bytes }: Pick<IPAddress, 'family' | 'bytes'>): string {
  if (family === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0))
  let [start, length] = [-1, 1]
  for (let from = 0; from < 8; from++) {
    let run = 0
    while (from + run < 8 && words[from + run] === 0) run++
    if (run > length) [start, length] = [from, run]
  }
  const hex = words.map((word) => word.toString(16))
  if (start < 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** 4 or 6, or undefined for what is no address. */
export function ipFamily(text: string): 4 | 6 | undefined {
  return parseIP(text)?.family
}

/** A parsed CIDR. */
export interface CIDR {
  address: IPAddress
  prefix: number
  /** The prefix length is written with leading zeros. */
  leadingZeros: boolean
}

/** Reads `10.0.0.0/8`, or undefined. */
export function parseCIDR(text: string): CIDR | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? undefined : parseIP(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (address === undefined || !/^\d{1,20}$/.test(length)) return undefined
  const bits = text.slice(0, slash).includes(':') ? 128 : 32
  const prefix = Number(length)
  return prefix > bits ? undefined : { address, prefix, leadingZeros: length.length > 1 && length.startsWith('0') }
}

/** The address with all bits after the prefix cleared. */
export function maskedAddress({ address, prefix }: CIDR): Pick<IPAddress, 'family' | 'bytes'> {
  const bits = address.mapped ? prefix - 96 : prefix
  const bytes = address.bytes.map((byte, index) => byte & (0xff << Math.min(8, Math.max(0, 8 - (bits - 8 * index)))) & 0xff)
  return { family: address.family, bytes }
}

/** Whether a list holds exactly the two families, one address (or CIDR) each; undefined when one cannot be read. */
export function isDualStack(texts: readonly string[]): boolean | undefined {
  const families = texts.map((text) => (text.includes('/') ? parseCIDR(text)?.address.family : ipFamily(text)))
  if (families.includes(undefined)) return undefined
  return families.includes(4) && families.includes(6)
}

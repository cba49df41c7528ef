// Kubernetes' CEL libraries of addresses, ranges and URLs. Names and texts: k8s.io/apiserver/pkg/cel/library.
import { type Address, addressText, type Cidr, cidrOf, contains, parseAddress, parseCidr } from '../cidr.ts'
import { fn, type Library, opaque, text } from './registry.ts'
import { CelError, CelMap, Opaque, type Value } from './values.ts'

const ipType = 'net.IP'
const cidrType = 'net.CIDR'
const urlType = 'kubernetes.URL'

interface Named {
  /** What string() prints. */
  text: string
}

const sameText = (a: unknown, b: unknown): boolean => (a as Named).text === (b as Named).text

type Ip = Address & Named
/** The address is as it was written; `range` has the bits beyond the prefix cleared. */
type Range = { address: Address; range: Cidr } & Named

function ip(address: Address): Opaque {
  return new Opaque(ipType, { ...address, text: addressText(address) } satisfies Ip, sameText)
}

/** Mapped IPv4 addresses are refused, as upstream does. */
function readAddress(given: string): Address | undefined {
  return given.toLowerCase().startsWith('::ffff:') && given.includes('.') ? undefined : parseAddress(given)
}

function readIp(value: Value | undefined): Address {
  if (value instanceof Opaque) return opaque<Ip>(value, ipType)
  const given = text(value)
  const address = readAddress(given)
  if (address === undefined)
    throw new CelError(
      `IP Address ${JSON.stringify(given)} parse error during conversion from string: ParseAddr(${JSON.stringify(given)}): unable to parse IP`,
    )
  return address
}

function cidr(address: Address, prefix: number): Opaque {
  const range = cidrOf(address, prefix)
  return new Opaque(cidrType, { address, range, text: `${addressText(address)}/${prefix}` } satisfies Range, sameText)
}

function readCidr(value: Value | undefined): Range {
  if (value instanceof Opaque) return opaque<Range>(value, cidrType)
  const given = text(value)
  const range = parseCidr(given)
  const address = readAddress(given.slice(0, given.lastIndexOf('/')))
  if (range === undefined || address === undefined) {
    throw new CelError(
      `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(given)}): invalid CIDR`,
    )
  }
  return { address, range, text: given }
}

/** A range of reserved addresses. */
function within(range: string): (address: Address) => boolean {
  const parsed = parseCidr(range)
  return (address) => parsed !== undefined && contains(parsed, address)
}

const any =
  (...tests: ((address: Address) => boolean)[]) =>
  (address: Address) =>
    tests.some((test) => test(address))
const isLoopback = any(within('127.0.0.0/8'), within('::1/128'))
const isUnspecified = any(within('0.0.0.0/32'), within('::/128'))
const isLinkLocalMulticast = any(within('224.0.0.0/24'), within('ff02::/16'))
const isLinkLocalUnicast = any(within('169.254.0.0/16'), within('fe80::/10'))
const isMulticast = any(within('224.0.0.0/4'), within('ff00::/8'))
const isBroadcast = within('255.255.255.255/32')
const isGlobal = (address: Address) =>
  ![isLoopback, isUnspecified, isLinkLocalUnicast, isMulticast, isBroadcast].some((test) => test(address))

const asks = (test: (address: Address) => boolean) => fn(1, ([value]) => test(opaque<Ip>(value, ipType)))

type Url = { url: URL | undefined; path: string; query: string } & Named

/** Absolute URLs and absolute paths, as Go's ParseRequestURI takes them. */
function parseUrl(given: string): Url | undefined {
  if (/[\x00-\x20\x7f]/.test(given)) return undefined
  const path = given.startsWith('/')
  if (!path && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(given)) return undefined
  try {
    const url = new URL(given, 'relative://host')
    const query = /\?([^#]*)/.exec(given)?.[1] ?? ''
    const own = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/[^/?#]*)?([^?#]*)/.exec(given)?.[1] ?? ''
    return { url: path ? undefined : url, path: own, query, text: given }
  } catch {
    return undefined
  }
}

function url(value: Value | undefined): Url {
  return opaque<Url>(value, urlType)
}

/** The host as it was written: URL drops default ports. */
function hostOf({ text: given }: Url): string {
  return /^[^/?#]*:\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(given)?.[1] ?? ''
}

function queryOf({ query }: Url): CelMap {
  const map = new CelMap()
  for (const [name, values] of Map.groupBy(new URLSearchParams(query), ([key]) => key))
    map.set(
      name,
      values.map(([, value]) => value),
    )
  return map
}

export const networkFunctions: Library = {
  ip: fn(1, ([value]) => ip(readIp(value))),
  isIP: fn(1, ([value]) => readAddress(text(value)) !== undefined),
  'ip.isCanonical': fn(1, ([value]) => addressText(readIp(value)) === text(value)),
  cidr: fn(1, ([value]) => {
    const { address, range } = readCidr(value)
    return cidr(address, range.prefix)
  }),
  isCIDR: fn(1, ([value]) => parseCidr(text(value)) !== undefined),
  url: fn(1, ([value]) => {
    const given = text(value)
    const parsed = parseUrl(given)
    if (parsed === undefined)
      throw new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(given)}: invalid URI for request`)
    return new Opaque(urlType, parsed, sameText)
  }),
  isURL: fn(1, ([value], spend) => parseUrl(text(value, spend)) !== undefined),
}

export const networkMethods: Library = {
  family: fn(1, ([value]) => BigInt(opaque<Ip>(value, ipType).family)),
  isUnspecified: asks(isUnspecified),
  isLoopback: asks(isLoopback),
  isLinkLocalMulticast: asks(isLinkLocalMulticast),
  isLinkLocalUnicast: asks(isLinkLocalUnicast),
  isGlobalUnicast: asks(isGlobal),
  containsIP: fn(2, ([range, address]) => contains(opaque<Range>(range, cidrType).range, readIp(address))),
  containsCIDR: fn(2, ([range, other]) => {
    const outer = opaque<Range>(range, cidrType).range
    const inner = readCidr(other).range
    return contains(outer, { family: inner.family, value: inner.first }) && inner.prefix >= outer.prefix
  }),
  ip: fn(1, ([value]) => ip(opaque<Range>(value, cidrType).address)),
  masked: fn(1, ([value]) => {
    const { range } = opaque<Range>(value, cidrType)
    return cidr({ family: range.family, value: range.first }, range.prefix)
  }),
  prefixLength: fn(1, ([value]) => BigInt(opaque<Range>(value, cidrType).range.prefix)),
  getScheme: fn(1, ([value]) => url(value).url?.protocol.slice(0, -1) ?? ''),
  getHost: fn(1, ([value]) => hostOf(url(value))),
  getHostname: fn(1, ([value]) =>
    hostOf(url(value))
      .replace(/:\d*$/, '')
      .replace(/^\[(.*)\]$/, '$1'),
  ),
  getPort: fn(1, ([value]) => /:(\d+)$/.exec(hostOf(url(value)))?.[1] ?? ''),
  getEscapedPath: fn(1, ([value]) => url(value).path),
  getQuery: fn(1, ([value]) => queryOf(url(value))),
}

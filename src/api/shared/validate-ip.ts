// Rules of IP addresses and CIDRs in fields: k8s.io/apimachinery/pkg/util/validation/ip.go, strict as since v1.36.
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue } from '../../apimachinery/field-errors.ts'
import { ipText, maskedAddress, parseCIDR, parseIP } from './ip-addresses.ts'

/** An address in a field that is older than the strict rules: any spelling but leading zeros and IPv4-mapped. */
export function validateIP(value: string, path: Path): FieldError[] {
  const ip = parseIP(value)
  if (ip === undefined) return [invalidValue(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (ip.leadingZeros) return [invalidValue(path, value, 'must not have leading 0s')]
  return ip.mapped ? [invalidValue(path, value, 'must not be an IPv4-mapped IPv6 address')] : []
}

/** An address in a newer field: canonical as well. */
export function validateCanonicalIP(value: string, path: Path): FieldError[] {
  const errors = validateIP(value, path)
  const ip = parseIP(value)
  if (errors.length > 0 || ip === undefined || ipText(ip) === value) return errors
  return [invalidValue(path, value, `must be in canonical form ("${ipText(ip)}")`)]
}

/** A CIDR in a field that is older than the strict rules. */
export function validateCIDR(value: string, path: Path): FieldError[] {
  const cidr = parseCIDR(value)
  if (cidr === undefined) return [invalidValue(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  if (cidr.leadingZeros || cidr.address.leadingZeros) {
    return [invalidValue(path, value, 'must not have leading 0s in IP or prefix length')]
  }
  if (cidr.address.mapped) return [invalidValue(path, value, 'must not have an IPv4-mapped IPv6 address')]
  const masked = maskedAddress(cidr)
  if (ipText(masked) !== ipText(cidr.address)) return [invalidValue(path, value, 'must not have bits set beyond the prefix length')]
  return []
}

/** A CIDR in a newer field: canonical as well. */
export function validateCanonicalCIDR(value: string, path: Path): FieldError[] {
  const errors = validateCIDR(value, path)
  const cidr = parseCIDR(value)
  if (errors.length > 0 || cidr === undefined) return errors
  const text = `${ipText(maskedAddress(cidr))}/${cidr.prefix}`
  return text === value ? [] : [invalidValue(path, value, `must be in canonical form ("${text}")`)]
}

/** An address that can stand for an endpoint: not unspecified, loopback, link-local or link-local multicast. */
export function validateNonSpecialIP(value: string, path: Path): FieldError[] {
  const ip = parseIP(value)
  if (ip === undefined) return [invalidValue(path, value, 'must be a valid IP address')]
  const detail = specialRange(ip.family, ip.bytes, value)
  return detail === undefined ? [] : [invalidValue(path, value, detail)]
}

function specialRange(family: 4 | 6, bytes: readonly number[], value: string): string | undefined {
  const [a = 0, b = 0, c = 0] = bytes
  if (bytes.every((byte) => byte === 0)) return `may not be unspecified (${value})`
  const isLoopback = family === 4 ? a === 127 : bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1
  if (isLoopback) return 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
  if (family === 4 ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
  }
  if (family === 4 ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 0x02) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
  }
  return undefined
}

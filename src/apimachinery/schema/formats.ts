// The string formats that a CRD schema may ask for. What each accepts: kube-openapi's strfmt; unknown formats are not checked.
import { canonicalBase64 } from '../base64.ts'
import { parseAddress, parseCidr } from '../cidr.ts'
import { parseDurationNanos } from '../duration.ts'
import { dns1123Label, dns1123Subdomain } from '../names.ts'
import { parseTime } from '../time.ts'

type Check = (value: string) => boolean

const uuid = (version: string, variant: string): Check => {
  const pattern = new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i')
  return (value) => pattern.test(value)
}
const any = '[0-9a-f]'

const checks: Readonly<Record<string, Check>> = {
  bsonobjectid: (value) => /^[0-9a-fA-F]{24}$/.test(value),
  uri: (value) => /^(?:\/|[A-Za-z][A-Za-z0-9+.-]*:)[^\s<>"{}|\\^`]*$/.test(value),
  email: (value) => /^(?:[^@<>]* <)?[^\s@<>]+@[^\s@<>]+>?$/.test(value),
  hostname: (value) =>
    value.length <= 255 &&
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/.test(value),
  ipv4: (value) => parseAddress(value)?.family === 4,
  ipv6: (value) => parseAddress(value)?.family === 6,
  cidr: (value) => parseCidr(value) !== undefined,
  mac: (value) =>
    /^[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}(?:(?:[0-9a-fA-F]{2}\1){2})?[0-9a-fA-F]{2}$/.test(value) ||
    /^(?:[0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4}$/.test(value),
  uuid: uuid(any, any),
  uuid3: uuid('3', any),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
  isbn: (value) => isbn10(value) || isbn13(value),
  isbn10,
  isbn13,
  creditcard: (value) => {
    const digits = value.replace(/[^0-9]/g, '')
    return /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/.test(
      digits,
    )
  },
  ssn: (value) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(value),
  hexcolor: (value) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(value),
  rgbcolor: (value) => {
    const match = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(value)
    return match?.slice(1).every((part) => Number(part) <= 255) ?? false
  },
  byte: (value) => succeeds(() => canonicalBase64(value)),
  password: () => true,
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value) && succeeds(() => parseTime(`${value}T00:00:00Z`)),
  duration: (value) => succeeds(() => parseDurationNanos(value)) || scalaDuration.test(value),
  datetime: (value) => succeeds(() => parseTime(value.toUpperCase())),
  k8sshortname: (value) => dns1123Label(value).length === 0,
  k8slongname: (value) => dns1123Subdomain(value).length === 0,
}

const scalaDuration =
  /^\d+(?:\.\d+)?\s*(?:ns|nano|nanosecond|us|µs|μs|micro|microsecond|ms|milli|millisecond|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?$/i

function succeeds(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch {
    return false
  }
}

function isbn10(value: string): boolean {
  const digits = value.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (10 - index) * (digit === 'X' ? 10 : Number(digit)), 0)
  return sum % 11 === 0
}

function isbn13(value: string): boolean {
  const digits = value.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, index) => total + (index % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

/** Whether a string has the format; formats that are not known accept everything. Dashes in format names do not count. */
export function hasFormat(value: string, format: string): boolean {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(checks, name) ? (checks[name] as Check)(value) : true
}

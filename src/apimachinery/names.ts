// How names may look. Rules and message texts are those of k8s.io/apimachinery/pkg/util/validation and pkg/api/validate/content.
// Each check returns messages, none when the value is good.
import type { NameRule } from './kind.ts'

type Check = (value: string) => string[]

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoreSubdomain = `${underscoreLabel}(\\.${underscoreLabel})*`
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelValue = `(${labelKey})?`
const subdomainMax = 253
const labelMax = 63

const labelPattern = whole(label)
const subdomainPattern = whole(subdomain)
const labelKeyPattern = whole(labelKey)
const labelValuePattern = whole(labelValue)
const subdomainRule =
  "must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"

function whole(pattern: string, flags?: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, flags)
}

/** `must be no more than N characters`. */
export function maxLengthText(length: number): string {
  return `must be no more than ${length} characters`
}

/** `must be between A and B, inclusive`. */
export function rangeText(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`
}

/** `<rule> (e.g. 'a',  or 'b', regex used for validation is '…')`. */
export function regexText(rule: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`
}

function byPattern(pattern: string, rule: string, examples: string[], max = 0, unit = 'characters'): Check {
  const regex = whole(pattern)
  return (value) => {
    const errors: string[] = []
    if (max > 0 && byteLength(value) > max) errors.push(`must be no more than ${max} ${unit}`)
    if (!regex.test(value)) errors.push(regexText(rule, pattern, ...examples))
    return errors
  }
}

/** Length as Go counts it: bytes of UTF-8. */
export function byteLength(value: string): number {
  let bytes = value.length
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x80) continue
    bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return bytes
}

/** A DNS subdomain (RFC 1123), at most 253 characters: the names of most kinds. */
export const dns1123Subdomain: Check = byPattern(
  subdomain,
  `a lowercase RFC 1123 subdomain ${subdomainRule}`,
  ['example.com'],
  subdomainMax,
)

/** The same, with underscores allowed in labels. */
export const dns1123SubdomainWithUnderscore: Check = byPattern(
  underscoreSubdomain,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
  subdomainMax,
)

/** A DNS label (RFC 1123), at most 63 characters: namespaces, container names. */
export function dns1123Label(value: string): string[] {
  const errors = byteLength(value) > labelMax ? [maxLengthText(labelMax)] : []
  if (labelPattern.test(value)) return errors
  if (subdomainPattern.test(value)) return [...errors, 'must not contain dots']
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
  return [...errors, regexText(rule, label, 'my-name', '123-abc')]
}

/** A DNS label of RFC 1035: it starts with a letter (Service names). */
export const dns1035Label: Check = byPattern(
  label1035,
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  ['my-name', 'abc-123'],
  labelMax,
)

/** `*.example.com`. */
export const wildcardDns1123Subdomain: Check = byPattern(
  `\\*\\.${subdomain}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  ['*.example.com'],
  subdomainMax,
)

/** `[prefix/]name`: keys of labels, annotations and taints, finalizers, resource names. */
export function qualifiedName(value: string): string[] {
  const rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  // made only for a fault: it costs more than the check
  const text = () => regexText(rule, labelKey, 'MyName', 'my.name', '123-abc')
  const parts = value.split('/')
  if (parts.length > 2) return [`a valid label key ${text()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  const name = parts.at(-1) ?? ''
  const errors: string[] = []
  if (parts.length === 2) errors.push(...prefixErrors(parts[0] ?? ''))
  if (name === '') errors.push('name part must be non-empty')
  else if (byteLength(name) > labelMax) errors.push(`name part must be no more than ${labelMax} bytes`)
  if (!labelKeyPattern.test(name)) errors.push(`name part ${text()}`)
  return errors
}

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  return contentSubdomain(prefix).map((message) => `prefix part ${message}`)
}

/** Newer checks count "bytes" where the older say "characters". */
const contentSubdomain = byPattern(subdomain, `a lowercase RFC 1123 subdomain ${subdomainRule}`, ['example.com'], subdomainMax, 'bytes')

/** The value of a label: empty, or at most 63 of `[A-Za-z0-9_.-]`. */
export function labelValueErrors(value: string): string[] {
  if (value.length <= labelMax && labelValuePattern.test(value)) return []
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
  const errors = byteLength(value) > labelMax ? [`must be no more than ${labelMax} bytes`] : []
  return labelValuePattern.test(value) ? errors : [...errors, regexText(rule, labelValue, 'MyValue', 'my_value', '12345')]
}

/** A name that fits into a URL path: anything but `.`, `..`, `/` and `%`. */
export function pathSegmentName(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return pathSegmentPrefix(name)
}

function pathSegmentPrefix(name: string): string[] {
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

/** A C identifier. */
export const cIdentifier: Check = byPattern(
  '[A-Za-z_][A-Za-z0-9_]*',
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  ['my_name', 'MY_NAME', 'MyName'],
)

/** An environment variable's name: printable ASCII without `=` (the rule since v1.34). */
export function envVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty']
  if (/^[\x20-\x3c\x3e-\x7e]*$/.test(value)) return []
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

const configKey = byPattern(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  ['key.name', 'KEY_NAME', 'key-name'],
  subdomainMax,
)

/** A key of a ConfigMap or Secret. */
export function configMapKey(value: string): string[] {
  return [...configKey(value), ...changeDirectoryPrefix(value)]
}

function changeDirectoryPrefix(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? [`must not start with '..'`] : []
}

/** A port's name (IANA_SVC_NAME). */
export function portName(value: string): string[] {
  const errors: string[] = []
  if (byteLength(value) > 15) errors.push(maxLengthText(15))
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen')
  return errors
}

/** 1 to 65535. */
export function portNumber(port: number): string[] {
  return inRange(port, 1, 65535)
}

/** Between two numbers, both included. */
export function inRange(value: number | bigint, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeText(low, high)]
}

/** A Unix user or group id: 0 to 2^31-1. */
export function unixId(id: number | bigint): string[] {
  return inRange(id, 0, 2147483647)
}

/** `25%`. */
export const percent: Check = byPattern('[0-9]+%', "a valid percent string must be a numeric string followed by an ending '%'", [
  '1%',
  '93%',
])

/** The name of an HTTP header. */
export const httpHeaderName: Check = byPattern('[-A-Za-z0-9]+', "a valid HTTP header must consist of alphanumeric characters or '-'", [
  'X-Header-Name',
])

const nameRules: Record<Exclude<NameRule, (...args: never) => unknown>, Check> = {
  'dns-subdomain': dns1123Subdomain,
  'dns-label': dns1123Label,
  'dns-1035-label': dns1035Label,
  'path-segment': pathSegmentName,
}

/** Checks metadata.name by the rule of a kind; `prefix` = it is a generateName, to which a suffix comes. */
export function nameErrors(rule: NameRule, name: string, prefix: boolean): string[] {
  if (typeof rule === 'function') return rule(name, prefix)
  if (rule === 'path-segment') return prefix ? pathSegmentPrefix(name) : pathSegmentName(name)
  // A trailing dash will not be the last character; upstream drops one more than it need.
  return nameRules[rule](prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name)
}

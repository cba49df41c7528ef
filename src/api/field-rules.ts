// How Go prints values in messages, and rules that a few groups outside the core need.
import type { FieldError, Path } from '../apimachinery/field-errors.ts'
import { invalidValue, required } from '../apimachinery/field-errors.ts'
import { dnsSubdomain } from './shared/checks.ts'

/** An Invalid error that does not show the value. */
export function invalidUnshown(path: Path, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: String(path), title: 'Invalid value', detail }
}

/** A map as Go prints it in messages: keys in order; null when absent. */
export function printedMap(map: Readonly<Record<string, unknown>> | undefined): unknown {
  if (map === undefined) return null
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A list of words as Go's %v prints it: `[a b]`. */
export function printedList(words: readonly unknown[]): string {
  return `[${words.join(' ')}]`
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+"
const httpPathPattern = new RegExp(`^${httpPath}$`)

/** `example.com/path`: a subdomain, a slash, and a path of RFC 3986 characters. */
export function domainPrefixedPath(value: string, path: Path): FieldError[] {
  if (value === '') return [required(path)]
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    return [invalidValue(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const host = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  const errors = dnsSubdomain(host, path)
  if (!httpPathPattern.test(rest)) {
    errors.push(invalidValue(path, rest, `Invalid path (regex used for validation is '${httpPath}')`))
  }
  return errors
}

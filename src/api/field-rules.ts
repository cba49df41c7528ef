// Small rules that validation of many kinds repeats. Words: k8s.io/apimachinery/pkg/{api/validation,util/validation}.
import type { FieldError, Path } from '../apimachinery/field-errors.ts'
import { invalidValue, notSupported, required } from '../apimachinery/field-errors.ts'
import { dns1123Subdomain } from '../apimachinery/names.ts'

/** `must be greater than or equal to 0`; an absent number is fine. */
export function nonNegative(value: number | undefined, path: Path): FieldError[] {
  return value !== undefined && value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : []
}

/** One Invalid error per message of a name check. */
export function invalidBy(messages: readonly string[], value: unknown, path: Path): FieldError[] {
  return messages.map((message) => invalidValue(path, value, message))
}

/** An Invalid error that does not show the value. */
export function invalidUnshown(path: Path, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: String(path), title: 'Invalid value', detail }
}

/** Unsupported unless the value is one of the words. */
export function oneOf(value: string | undefined, words: readonly string[], path: Path): FieldError[] {
  return value !== undefined && words.includes(value) ? [] : [notSupported(path, value ?? '', words)]
}

/** Required when empty, Unsupported when not one of the words. */
export function requiredOneOf(value: string | undefined, words: readonly string[], path: Path, detail = ''): FieldError[] {
  return value === undefined || value === '' ? [required(path, detail)] : oneOf(value, words, path)
}

/** Required when the text is empty. */
export function requiredText(value: string | undefined, path: Path, detail = ''): FieldError[] {
  return value === undefined || value === '' ? [required(path, detail)] : []
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
  const errors = invalidBy(dns1123Subdomain(host), host, path)
  if (!httpPathPattern.test(rest)) {
    errors.push(invalidValue(path, rest, `Invalid path (regex used for validation is '${httpPath}')`))
  }
  return errors
}

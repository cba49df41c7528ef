// Small checks that validation of many kinds is made of. Each returns the errors found, none when the value is good.
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1123Label, dns1123Subdomain, nameErrors, qualifiedName } from '../../apimachinery/names.ts'

type Count = number | bigint | undefined

/** One `Invalid value` for each message of a name check. */
export function invalidFor(path: Path, value: unknown, messages: readonly string[]): FieldError[] {
  return messages.map((message) => invalidValue(path, value, message))
}

/** Zero or more (absent counts as zero). */
export function nonNegative(value: Count, path: Path): FieldError[] {
  return (value ?? 0) < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : []
}

/** One of the given words; absent or empty is `Required value`. */
export function oneOf(value: string | undefined, allowed: readonly string[], path: Path): FieldError[] {
  if (!value) return [required(path)]
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

/** One of the given words, if there is a value. */
export function oneOfIfSet(value: string | undefined, allowed: readonly string[], path: Path): FieldError[] {
  return value === undefined || allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

/** `Required value` when empty. */
export function requireText(value: string | undefined, path: Path, detail = ''): FieldError[] {
  return value ? [] : [required(path, detail)]
}

/** A DNS label (RFC 1123). */
export function dnsLabel(value: string, path: Path): FieldError[] {
  return invalidFor(path, value, dns1123Label(value))
}

/** A DNS subdomain (RFC 1123). */
export function dnsSubdomain(value: string, path: Path): FieldError[] {
  return invalidFor(path, value, dns1123Subdomain(value))
}

/** `[prefix/]name`. */
export function qualified(value: string, path: Path): FieldError[] {
  return invalidFor(path, value, qualifiedName(value))
}

/** The name of an object whose kind has the usual rule (a DNS subdomain). */
export function objectName(value: string, path: Path): FieldError[] {
  return invalidFor(path, value, nameErrors('dns-subdomain', value, false))
}

/** The name of a namespace. */
export function namespaceName(value: string, path: Path): FieldError[] {
  return invalidFor(path, value, nameErrors('dns-label', value, false))
}

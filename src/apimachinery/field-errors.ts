// Field errors and the path builder of validation. Words and cause reasons: k8s.io/apimachinery/pkg/util/validation/field.
import type { FieldError } from './api-error.ts'

export type { FieldError } from './api-error.ts'

/** An immutable field path: `at('spec').child('ports').index(0).child('name')` prints `spec.ports[0].name`. */
export class Path {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  child(...names: string[]): Path {
    if (names.length === 1 && names[0] !== '' && this.text !== '') return new Path(`${this.text}.${names[0]}`)
    return new Path([this.text, ...names].filter((part) => part !== '').join('.'))
  }
  index(index: number): Path {
    return new Path(`${this.text}[${index}]`)
  }
  key(key: string): Path {
    return new Path(`${this.text}[${key}]`)
  }
  toString(): string {
    return this.text
  }
}

/** Starts a path: `at('spec', 'replicas')`. */
export function at(...names: string[]): Path {
  return new Path(names.join('.'))
}

type Where = Path | string

/** `Required value[: detail]`. */
export function required(where: Where, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field: String(where), title: 'Required value', detail }
}
/** `Invalid value: <value>: detail`. */
export function invalidValue(where: Where, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: String(where), title: `Invalid value: ${printed(value)}`, detail }
}
/** `Unsupported value: "x": supported values: "A", "B"`. */
export function notSupported(where: Where, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map((s) => JSON.stringify(s)).join(', ')}`
  return { type: 'FieldValueNotSupported', field: String(where), title: `Unsupported value: ${printed(value)}`, detail }
}
/** `Duplicate value: "x"`. */
export function duplicate(where: Where, value: unknown): FieldError {
  return { type: 'FieldValueDuplicate', field: String(where), title: `Duplicate value: ${printed(value)}`, detail: '' }
}
/** `Forbidden: detail`. */
export function forbiddenField(where: Where, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field: String(where), title: 'Forbidden', detail }
}
/** `Not found: "x"`. */
export function notFoundValue(where: Where, value: unknown): FieldError {
  return { type: 'FieldValueNotFound', field: String(where), title: `Not found: ${printed(value)}`, detail: '' }
}
/** `Too long: may not be more than N bytes`. */
export function tooLong(where: Where, _value: unknown, maxBytes: number): FieldError {
  return { type: 'FieldValueTooLong', field: String(where), title: 'Too long', detail: `may not be more than ${maxBytes} bytes` }
}
/** `Too many: N: must have at most M items`. */
export function tooMany(where: Where, actual: number, max: number): FieldError {
  return { type: 'FieldValueTooMany', field: String(where), title: `Too many: ${actual}`, detail: `must have at most ${max} items` }
}
/** `Invalid value: "x": detail` with the cause FieldValueTypeInvalid. */
export function typeInvalid(where: Where, value: unknown, detail: string): FieldError {
  return { type: 'FieldValueTypeInvalid', field: String(where), title: `Invalid value: ${printed(value)}`, detail }
}
/** `Internal error: detail`. */
export function internalError(where: Where, detail: string): FieldError {
  return { type: 'InternalError', field: String(where), title: 'Internal error', detail }
}

/** How Go prints a value in these messages: strings quoted, numbers and booleans bare, structures as JSON, nil as null. */
function printed(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'bigint') return value.toString()
  return JSON.stringify(value)
}

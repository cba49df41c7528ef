// Values against the schema of a CRD: types, ranges, lengths, formats, combinations, unique lists. Words of kube-openapi's validation,
// as the API server turns them into field errors. Patterns are matched in linear time (apimachinery/regex).
import { semanticEqual } from '../equal.ts'
import { type FieldError, invalidValue, notSupported, required, tooLong, tooMany, typeInvalid } from '../field-errors.ts'
import { isObject } from '../json.ts'
import { compileRegex } from '../regex/match.ts'
import { hasFormat } from './formats.ts'
import type { Schema, SchemaValidations } from './schema.ts'
import { counterparts, validateUniqueLists } from './validate-lists.ts'

export interface ValidateOptions {
  /** Called for each value whose schema has rules (x-kubernetes-validations): the place where CEL comes in. */
  rules?: (value: unknown, schema: Schema, path: string) => FieldError[]
  /** The object before an update: values in it that have not changed are not judged anew (KEP-4008). */
  old?: unknown
  /** False: uniqueness in lists is left to the caller. */
  lists?: boolean
}

/** Path of errors that belong to no field: upstream prints its nil path. */
const noPath = '<nil>'

/** Errors of a custom resource (or a part of it) against its schema, list uniqueness included. Paths start at the value given. */
export function validateValue(value: unknown, schema: Schema, options: ValidateOptions = {}): FieldError[] {
  let { errors } = check(value, schema, '', options, undefined)
  if (errors.length > 0 && options.old !== undefined) ({ errors } = check(value, schema, '', options, options.old))
  return options.lists === false ? errors : [...errors, ...validateUniqueLists(value, schema)]
}

interface Result {
  errors: FieldError[]
  /** Values looked at: of several failing alternatives the one that got furthest is reported. */
  looked: number
}

/** `old` is the value's counterpart in the object before; undefined when there is none. */
function check(value: unknown, schema: Schema, path: string, options: ValidateOptions, old: unknown): Result {
  if (old !== undefined && semanticEqual(value, old)) return { errors: [], looked: 1 }
  const result: Result = { errors: typeErrors(value, schema, path), looked: 1 }
  const { validations } = schema
  if (value === null || value === undefined) {
    if (schema.nullable !== true) result.errors.push(...enumErrors(value, schema, path))
    return result
  }
  if (validations !== undefined) checkCombinations(value, validations, path, options, old, result)
  if (typeof value === 'string') result.errors.push(...stringErrors(value, schema, path))
  else if (typeof value === 'number' || typeof value === 'bigint') result.errors.push(...numberErrors(value, validations, path))
  else if (Array.isArray(value)) checkList(value, schema, path, options, old, result)
  result.errors.push(...enumErrors(value, schema, path))
  if (isObject(value)) checkObject(value, schema, path, options, old, result)
  if (validations?.rules !== undefined && options.rules !== undefined) result.errors.push(...options.rules(value, schema, path))
  return result
}

function merge(into: Result, part: Result): void {
  for (const error of part.errors) into.errors.push(error)
  into.looked += part.looked
}

function typeErrors(value: unknown, schema: Schema, path: string): FieldError[] {
  const types = schema.intOrString === true ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type]
  if (types.length === 0) return []
  const actual = jsonType(value)
  if (actual === 'null') return schema.nullable === true ? [] : [wrongType(path, types.join(','), actual)]
  if (types.includes(actual as 'string') || (actual === 'integer' && types.includes('number'))) return []
  return [wrongType(path, types.join(','), actual)]
}

function wrongType(path: string, wanted: string, actual: string): FieldError {
  return typeInvalid(where(path), actual, `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`)
}

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function where(path: string): string {
  return path === '' ? noPath : path
}

function enumErrors(value: unknown, schema: Schema, path: string): FieldError[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => same(allowed, value))) return []
  const allowed = schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
  return [notSupported(where(path), value, allowed)]
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

function stringErrors(value: string, schema: Schema, path: string): FieldError[] {
  const { minLength, maxLength, pattern } = schema.validations ?? {}
  const errors: FieldError[] = []
  if (maxLength !== undefined && value.length > maxLength && codePoints(value) > maxLength)
    errors.push(tooLong(where(path), value, maxLength))
  if (minLength !== undefined && codePoints(value) < minLength) {
    errors.push(invalidValue(where(path), value, `${path} in body should be at least ${minLength} chars long`))
  }
  if (pattern !== undefined && !matchesPattern(pattern, value)) {
    errors.push(invalidValue(where(path), value, `${path} in body should match '${pattern}'`))
  }
  const { format } = schema
  if (schema.type === 'string' && format !== undefined && !hasFormat(value, format)) {
    errors.push(typeInvalid(where(path), value, `${path} in body must be of type ${format.replaceAll('-', '')}: ${JSON.stringify(value)}`))
  }
  return errors
}

function codePoints(value: string): number {
  let count = value.length
  for (let at = 0; at < value.length; at++) if ((value.charCodeAt(at) & 0xfc00) === 0xdc00) count--
  return count
}

/** A pattern that does not compile was refused when the CRD was written; should one be left, nothing matches it. */
function matchesPattern(pattern: string, value: string): boolean {
  try {
    return compileRegex(pattern).test(value)
  } catch {
    return false
  }
}

function numberErrors(value: number | bigint, rules: SchemaValidations | undefined, path: string): FieldError[] {
  if (rules === undefined) return []
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = rules
  const bad = (text: string) => invalidValue(where(path), value, `${path} in body should be ${text}`)
  const errors: FieldError[] = []
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) errors.push(bad(`a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    errors.push(bad(exclusiveMaximum === true ? `less than ${maximum}` : `less than or equal to ${maximum}`))
  }
  if (minimum !== undefined && (exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    errors.push(bad(exclusiveMinimum === true ? `greater than ${minimum}` : `greater than or equal to ${minimum}`))
  }
  return errors
}

function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === 'bigint') return Number.isInteger(factor) && value % BigInt(factor) === 0n
  const ratio = value / factor
  return Math.abs(ratio - Math.round(ratio)) < 1e-9
}

function checkList(value: unknown[], schema: Schema, path: string, options: ValidateOptions, old: unknown, result: Result): void {
  const { items } = schema
  if (items !== undefined) {
    const before = counterparts(schema, old)
    for (let index = 0; index < value.length; index++)
      merge(result, check(value[index], items, `${path}[${index}]`, options, before(value[index])))
  }
  const { minItems, maxItems, uniqueItems } = schema.validations ?? {}
  if (minItems !== undefined && value.length < minItems) {
    result.errors.push(invalidValue(where(path), value.length, `${path} in body should have at least ${minItems} items`))
  }
  if (maxItems !== undefined && value.length > maxItems) result.errors.push(tooMany(where(path), value.length, maxItems))
  if (uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) {
    result.errors.push(invalidValue(where(path), '', `${path} in body shouldn't contain duplicates`))
  }
}

function checkObject(
  value: Record<string, unknown>,
  schema: Schema,
  path: string,
  options: ValidateOptions,
  old: unknown,
  result: Result,
): void {
  const { minProperties, maxProperties } = schema.validations ?? {}
  const keys = Object.keys(value)
  if (minProperties !== undefined && keys.length < minProperties) {
    result.errors.push(invalidValue(where(path), keys.length, `${path} in body should have at least ${minProperties} properties`))
    return
  }
  if (maxProperties !== undefined && keys.length > maxProperties) {
    result.errors.push(tooMany(where(path), keys.length, maxProperties))
    return
  }
  const values = schema.additionalProperties
  for (const key of keys) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    const child = known ?? (typeof values === 'object' ? values : undefined)
    if (child === undefined) continue
    const before = isObject(old) && Object.hasOwn(old, key) ? old[key] : undefined
    merge(result, check(value[key], child, path === '' ? key : `${path}.${key}`, options, before))
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) result.errors.push(required(path === '' ? name : `${path}.${name}`))
  }
  if (schema.embeddedResource !== true) return
  for (const name of ['apiVersion', 'kind']) {
    if (!Object.hasOwn(value, name)) result.errors.push(required(path === '' ? name : `${path}.${name}`))
    else if (value[name] === '') result.errors.push(invalidValue(path === '' ? name : `${path}.${name}`, '', 'must not be empty'))
  }
}

function checkCombinations(
  value: unknown,
  rules: SchemaValidations,
  path: string,
  options: ValidateOptions,
  old: unknown,
  result: Result,
): void {
  const fail = (text: string) => result.errors.push(invalidValue(noPath, '', `${JSON.stringify(path)} ${text}`))
  const outcomes = (schemas: readonly Schema[]) => schemas.map((schema) => check(value, schema, path, options, old))
  if (rules.anyOf !== undefined && rules.anyOf.length > 0) {
    const results = outcomes(rules.anyOf)
    if (!results.some(isValid)) {
      fail('must validate at least one schema (anyOf)')
      merge(result, furthest(results))
    }
  }
  if (rules.oneOf !== undefined && rules.oneOf.length > 0) {
    const results = outcomes(rules.oneOf)
    const valid = results.filter(isValid).length
    if (valid !== 1) {
      fail(`must validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`)
      if (valid === 0) merge(result, furthest(results))
    }
  }
  if (rules.allOf !== undefined && rules.allOf.length > 0) {
    const results = outcomes(rules.allOf)
    for (const one of results) merge(result, one)
    const valid = results.filter(isValid).length
    if (valid < results.length) fail(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`)
  }
  if (rules.not !== undefined && isValid(check(value, rules.not, path, options, old))) fail('must not validate the schema (not)')
}

function isValid(result: Result): boolean {
  return result.errors.length === 0
}

function furthest(results: Result[]): Result {
  return results.reduce((best, next) => (next.looked > best.looked ? next : best))
}

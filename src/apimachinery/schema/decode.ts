// A JSON value becomes an object of a kind: types are checked, unknown fields reported and dropped, values written as Go would write
// them after a round trip. Built-in kinds follow their Go structs; kinds of a CRD are pruned by their schema instead.
import { badRequest } from '../api-error.ts'
import { Base64Error } from '../base64.ts'
import { DurationError } from '../duration.ts'
import { isObject, JsonError, maxJsonDepth, setOwn } from '../json.ts'
import type { KubeObject } from '../meta.ts'
import { QuantityError } from '../quantity.ts'
import { TimeError } from '../time.ts'
import { canonicalScalar, isZero, jsonTypeName, TypeMismatch, zeroScalar } from './canonical.ts'
import { schemaOf } from './from-openapi.ts'
import { pruned } from './prune.ts'
import type { Schema } from './schema.ts'
import { type FieldPlan, inDocumentOrder, pathText, planOf, type Shape, shapeOf } from './walk.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface DecodeOptions {
  /** What becomes of unknown and duplicate fields; they are dropped in any case. Default Warn, as the server's. */
  fieldValidation?: FieldValidation
  /** What the body says it is and what it must be, for messages: `Deployment in version "v1" cannot be handled as a Deployment: …`. */
  kind?: string
  version?: string
  expectedKind?: string
  /** Paths of keys that stood twice in the text (parseJson's onDuplicate). */
  duplicates?: readonly string[]
  /** Further problems of a strict reading, such as duplicate keys of a YAML body; already worded. */
  strictErrors?: readonly string[]
}

export interface Decoded<T = KubeObject> {
  object: T
  /** For Warning headers: `unknown field "spec.foo"`, `duplicate field "spec.foo"`. Empty unless fieldValidation is Warn. */
  warnings: string[]
}

/** A value that cannot be an object of its kind; the message is Go's, without the frame that {@link decode} puts around it. */
export class DecodeError extends Error {}

/** Upstream reports no more problems of one body. */
const maxStrictErrors = 100

/**
 * Decodes a request body (already parsed) by its schema. The input is not changed; the result shares no struct with it.
 * @throws ApiError BadRequest with upstream's words: wrong types and malformed values, and unknown or duplicate fields when Strict.
 */
export function decode<T = KubeObject>(value: unknown, schema: Schema, options: DecodeOptions = {}): Decoded<T> {
  const mode = options.fieldValidation ?? 'Warn'
  const unknown: string[] = []
  try {
    const object = decodeValue<T>(value, schema, mode === 'Ignore' ? undefined : unknown)
    if (mode === 'Ignore') return { object, warnings: [] }
    const problems = new Set([
      ...(options.strictErrors ?? []),
      ...(options.duplicates ?? []).map((path) => `duplicate field ${JSON.stringify(path)}`),
      ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
    ])
    const list = [...problems].slice(0, maxStrictErrors)
    if (mode === 'Strict' && list.length > 0) throw new DecodeError(`strict decoding error: ${list.join(', ')}`)
    return { object, warnings: list }
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(framed(error.message, options))
    throw error
  }
}

/** `Deployment in version "v1" cannot be handled as a Deployment: …`, when the options name the kind. */
export function framed(message: string, { kind, version, expectedKind }: DecodeOptions): string {
  if (kind === undefined) return message
  return `${kind} in version ${JSON.stringify(version ?? '')} cannot be handled as a ${expectedKind ?? kind}: ${message}`
}

/** Decodes without a frame; paths of unknown fields are pushed to `unknown`. @throws DecodeError */
export function decodeValue<T>(value: unknown, schema: Schema, unknown?: string[]): T {
  const paths: (string | number)[][] = []
  const state: State = { path: [], fields: [], struct: '', unknown: unknown && paths, depth: 0 }
  try {
    let dropped: string[] = []
    let result: Record<string, unknown>
    if (schema.typeName === undefined) ({ object: result, dropped } = customObject(value, schema, state))
    else result = rootStruct(value, schema, state)
    if (paths.length > 0) unknown?.push(...(paths.length === 1 ? paths : inDocumentOrder(value, paths)).map(pathText))
    unknown?.push(...dropped)
    return result as T
  } catch (error) {
    throw decodeError(error, state)
  }
}

function decodeError(error: unknown, { struct, fields }: State): unknown {
  if (error instanceof TypeMismatch) {
    if (fields.length === 0) return new DecodeError(error.message)
    return new DecodeError(
      `json: cannot unmarshal ${error.value} into Go struct field ${struct}.${fields.join('.')} of type ${error.goType}`,
    )
  }
  const worded = [QuantityError, TimeError, DurationError, Base64Error, JsonError].some((type) => error instanceof type)
  return worded ? new DecodeError((error as Error).message) : error
}

interface State {
  /** Where the decoder stands, with list indices and map keys. */
  path: (string | number)[]
  /** The same with struct fields only, as Go's type errors print it. */
  fields: string[]
  /** Innermost struct, for the same errors. */
  struct: string
  /** Paths of unknown fields; undefined when nobody asks. */
  unknown: (string | number)[][] | undefined
  depth: number
}

function rootStruct(value: unknown, schema: Schema, state: State): Record<string, unknown> {
  if (value !== null && !isObject(value)) throw new TypeMismatch(jsonTypeName(value), schema.goType ?? 'interface {}')
  return struct(value ?? {}, schema, state)
}

function struct(value: Record<string, unknown>, schema: Schema, state: State): Record<string, unknown> {
  const plan = planOf(schema)
  const outer = state.struct
  const result: Record<string, unknown> = {}
  let seen = 0
  for (const field of plan.fields) {
    const given = value[field.name]
    if (given !== undefined) seen++
    const decoded = given === undefined || given === null ? undefined : fieldValue(given, field, plan.name, state)
    if (decoded === undefined || decoded === null) {
      const zero = field.fillsZero ? zeroOf(field.shape, field.schema, state) : undefined
      if (zero !== undefined) result[field.name] = zero
    } else if (!(field.dropsZero && isZero(decoded, field.shape))) result[field.name] = decoded
  }
  if (state.unknown !== undefined) reportUnknown(value, seen, plan.known, state)
  state.struct = outer
  return result
}

function fieldValue(given: unknown, field: FieldPlan, structName: string, state: State): unknown {
  state.path.push(field.name)
  state.fields.push(field.name)
  state.struct = structName
  const decoded = member(given, field.shape, field.schema, state)
  state.path.pop()
  state.fields.pop()
  return decoded
}

function reportUnknown(value: Record<string, unknown>, seen: number, known: ReadonlySet<string>, state: State): void {
  const keys = Object.keys(value)
  if (keys.length === seen) return
  for (const key of keys) {
    if (!known.has(key) && state.unknown!.length < maxStrictErrors) state.unknown!.push([...state.path, key])
  }
}

function member(value: unknown, shape: Shape, schema: Schema, state: State): unknown {
  if (shape === 'any') return value
  if (shape !== 'struct' && shape !== 'map' && shape !== 'list') return canonicalScalar(value, shape, schema.goType ?? shape)
  if (shape === 'list' ? !Array.isArray(value) : !isObject(value)) throw new TypeMismatch(jsonTypeName(value), schema.goType ?? shape)
  if (++state.depth > maxJsonDepth) throw new DecodeError('exceeded max depth')
  let result: unknown
  if (shape === 'struct') result = struct(value as Record<string, unknown>, schema, state)
  else result = shape === 'list' ? list(value as unknown[], schema, state) : map(value as Record<string, unknown>, schema, state)
  state.depth--
  return result
}

function list(value: unknown[], schema: Schema, state: State): unknown[] {
  const items = schema.items ?? {}
  const shape = shapeOf(items)
  const result = new Array<unknown>(value.length)
  for (let index = 0; index < value.length; index++) {
    state.path.push(index)
    const item = value[index]
    result[index] = item === null || item === undefined ? (zeroOf(shape, items, state) ?? null) : member(item, shape, items, state)
    state.path.pop()
  }
  return result
}

function map(value: Record<string, unknown>, schema: Schema, state: State): Record<string, unknown> {
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
  const shape = shapeOf(values)
  const result: Record<string, unknown> = {}
  for (const key in value) {
    const item = value[key]
    state.path.push(key)
    setOwn(result, key, item === null || item === undefined ? (zeroOf(shape, values, state) ?? '') : member(item, shape, values, state))
    state.path.pop()
  }
  return result
}

/** What stands for a value that is not there; structs are filled in turn. */
function zeroOf(shape: Shape, schema: Schema, state: State): unknown {
  if (shape === 'list') return []
  if (shape === 'map') return {}
  return shape === 'struct' ? struct({}, schema, state) : zeroScalar(shape)
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** An object of a CRD: apiVersion, kind and metadata as for every kind, the rest pruned by the schema. Types are left to validation. */
function customObject(value: unknown, schema: Schema, state: State): { object: Record<string, unknown>; dropped: string[] } {
  if (!isObject(value)) throw new TypeMismatch(jsonTypeName(value), 'map[string]interface {}')
  const { object, unknown } = pruned(value, schema, true)
  for (const word of ['apiVersion', 'kind']) {
    if (object[word] !== undefined && typeof object[word] !== 'string') throw new TypeMismatch(jsonTypeName(object[word]), 'string')
  }
  if (object['metadata'] !== undefined && object['metadata'] !== null) {
    const meta: FieldPlan = { name: 'metadata', schema: schemaOf(objectMeta), shape: 'struct', dropsZero: false, fillsZero: true }
    object['metadata'] = fieldValue(object['metadata'], meta, 'ObjectMeta', state)
  } else object['metadata'] = {}
  return { object, dropped: unknown }
}

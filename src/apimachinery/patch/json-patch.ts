// JSON Patch (RFC 6902) with the liberties the Go server takes: negative indices, `replace` and `copy` of absent keys, leading text before
// the first slash ignored. Limits: 10,000 operations, 3 MiB of copies (CVE-2019-1002100), and a bound on shifted array elements.
import { ApiError, badRequest } from '../api-error.ts'
import { isObject, maxJsonDepth, setOwn, stringifyJson } from '../json.ts'
import { cloneJson, equalJson } from './json-values.ts'

const maxOperations = 10_000
const maxCopyBytes = 3 * 1024 * 1024
/** Tiny values, copied and copied again, cost more than their bytes. */
const maxCopyValues = 50_000
/** Bound on the work of inserting at the front of long arrays; no honest patch comes near. */
const maxShiftedElements = 1 << 26

interface Operation {
  op?: unknown
  path?: unknown
  from?: unknown
  value?: unknown
}

interface Run {
  document: unknown
  copiedBytes: number
  copiedValues: number
  shiftedElements: number
}

/** A refusal of one operation: its text is lost on the wire (422 says the same for all), as upstream. */
class Refused extends Error {}

/**
 * Applies the operations to a copy of the document; neither argument is changed.
 * @throws ApiError 400 (not a list of operations), 413 (more than 10,000), 422 (an operation does not apply, a test failed)
 */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  const list = decodeOperations(operations)
  const run: Run = { document: cloneJson(document), copiedBytes: 0, copiedValues: 0, shiftedElements: 0 }
  try {
    for (const operation of list) applyOperation(run, operation)
    countValues(run.document, maxJsonDepth)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw Object.assign(new ApiError('Invalid', 'the server rejected our request due to an error in our request', { details: {} }), {
      cause: error,
    })
  }
  return run.document
}

/** Why an operation was refused, which the error of {@link applyJsonPatch} does not tell; undefined for other errors. */
export function refusalOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Refused ? cause.message : undefined
}

export const testFailed = 'test failed'

/** Texts for fieldValidation Warn or Strict: members of operations that RFC 6902 does not know. */
export function jsonPatchWarnings(operations: unknown): string[] {
  if (!Array.isArray(operations)) return []
  return operations.flatMap((operation, index) =>
    isObject(operation)
      ? Object.keys(operation)
          .filter((key) => !['op', 'path', 'from', 'value'].includes(key))
          .map((key) => `json patch unknown field "[${index}].${key}"`)
      : [],
  )
}

function decodeOperations(operations: unknown): Operation[] {
  if (operations === null) return []
  const bad = (text: string) => badRequest(`error decoding patch: json: cannot unmarshal ${text}`)
  if (!Array.isArray(operations)) throw bad(`${goJsonType(operations)} into Go value of type []handlers.jsonPatchOp`)
  for (const operation of operations) {
    if (operation === null) continue
    if (!isObject(operation)) throw bad(`${goJsonType(operation)} into Go value of type handlers.jsonPatchOp`)
    for (const name of ['op', 'path', 'from']) {
      const value = operation[name]
      if (value === undefined || value === null || typeof value === 'string') continue
      throw bad(`${goJsonType(value)} into Go struct field jsonPatchOp.${name} of type string`)
    }
  }
  if (operations.length <= maxOperations) return operations.map((operation) => operation ?? {})
  const text = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`
  throw new ApiError('RequestEntityTooLarge', `Request entity too large: ${text}`)
}

function goJsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'bigint' ? 'number' : typeof value
}

function applyOperation(run: Run, operation: Operation): void {
  switch (operation.op) {
    case 'add':
      return insert(run, find(run, pointer(operation.path)), cloneJson(operation.value ?? null))
    case 'remove':
      return take(run, find(run, pointer(operation.path)))
    case 'replace':
      return replace(run, pointer(operation.path), cloneJson(operation.value ?? null))
    case 'move': {
      const from = find(run, pointer(operation.from))
      const value = read(from)
      take(run, from)
      return insert(run, find(run, pointer(operation.path)), value ?? null)
    }
    case 'copy': {
      const value = read(find(run, pointer(operation.from))) ?? null
      const target = find(run, pointer(operation.path))
      run.copiedValues += countValues(value, maxJsonDepth)
      if (run.copiedValues > maxCopyValues) throw new Refused('accumulated copy size')
      run.copiedBytes += new TextEncoder().encode(stringifyJson(value)).length
      if (run.copiedBytes > maxCopyBytes) throw new Refused('accumulated copy size')
      return insert(run, target, cloneJson(value))
    }
    case 'test':
      return test(run, pointer(operation.path), operation.value ?? null)
    default:
      throw new Refused('unexpected kind')
  }
}

/** Number of values; moves and copies can nest deeper than any text that is read. */
function countValues(value: unknown, depthLeft: number): number {
  if (typeof value !== 'object' || value === null) return 1
  if (depthLeft === 0) throw new Refused('exceeded max depth')
  let count = 1
  for (const key in value) count += countValues((value as Record<string, unknown>)[key], depthLeft - 1)
  return count
}

function pointer(path: unknown): string {
  if (typeof path !== 'string') throw new Refused('missing path')
  return path
}

/** A place in the document: its container and the last key of the path. */
interface Place {
  container: Record<string, unknown> | unknown[]
  key: string
}

function find(run: Run, path: string): Place {
  const parts = path.split('/')
  if (parts.length < 2) throw new Refused('missing path')
  let container = run.document
  for (let at = 1; at < parts.length - 1; at++) {
    container = isContainer(container) ? read({ container, key: unescaped(parts[at]!) }) : undefined
  }
  if (!isContainer(container)) throw new Refused('missing path')
  return { container, key: unescaped(parts.at(-1)!) }
}

function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null
}

function unescaped(part: string): string {
  return part.includes('~') ? part.replace(/~[01]/g, (escaped) => (escaped === '~1' ? '/' : '~')) : part
}

/** The value at a place; an absent key of an object reads as undefined, an index out of range is refused. */
function read({ container, key }: Place): unknown {
  if (Array.isArray(container)) return container[index(key, container.length, container.length - 1)]
  return Object.hasOwn(container, key) ? container[key] : undefined
}

function insert(run: Run, { container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) return setOwn(container, key, value)
  if (key === '-') {
    container.push(value)
    return
  }
  const at = index(key, container.length + 1, container.length)
  shift(run, container.length - at)
  container.splice(at, 0, value)
}

function take(run: Run, { container, key }: Place): void {
  if (Array.isArray(container)) {
    const at = index(key, container.length, container.length - 1)
    shift(run, container.length - at)
    container.splice(at, 1)
  } else if (Object.hasOwn(container, key)) delete container[key]
  else throw new Refused('nonexistent key')
}

function replace(run: Run, path: string, value: unknown): void {
  if (path === '') {
    if (!isContainer(value)) throw new Refused('value must be object or array')
    run.document = value
    return
  }
  const place = find(run, path)
  read(place)
  const { container, key } = place
  if (Array.isArray(container)) container[index(key, container.length, container.length - 1)] = value
  else setOwn(container, key, value)
}

function test(run: Run, path: string, value: unknown): void {
  const actual = path === '' ? run.document : read(find(run, path))
  if (!equalJson(actual ?? null, value)) throw new Refused(testFailed)
}

/** A Go integer as array index; negative ones count from the end of `size`. */
function index(key: string, size: number, max: number): number {
  if (!/^[+-]?\d{1,15}$/.test(key)) throw new Refused('not an index')
  const at = Number(key)
  if (at > max || at < -size) throw new Refused('invalid index')
  return at < 0 ? at + size : at
}

function shift(run: Run, elements: number): void {
  run.shiftedElements += elements
  if (run.shiftedElements > maxShiftedElements) throw new Refused('too many shifted elements')
}

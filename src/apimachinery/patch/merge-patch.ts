// JSON Merge Patch (RFC 7396): null deletes, objects merge, everything else replaces.
import { badRequest } from '../api-error.ts'
import { isObject, setOwn } from '../json.ts'
import { cloneJson, equalJson, type JsonObject, shallowCopy } from './json-values.ts'

/**
 * The document with the patch merged into it. Neither argument is changed; untouched parts are shared with the document.
 * @throws ApiError 400 when the patch is not an object
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest(patchTypeError(patch))
  return merge(document, patch)
}

function patchTypeError(patch: unknown): string {
  const type = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch === 'bigint' ? 'number' : typeof patch
  return patch === null
    ? 'Invalid JSON Patch'
    : `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return withoutNulls(patch)
  const merged = isObject(target) ? shallowCopy(target) : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete merged[key]
    else setOwn<unknown>(merged, key, merge(Object.hasOwn(merged, key) ? merged[key] : undefined, value))
  }
  return merged
}

/** Objects within arrays lose their nulls too, as in the Go library. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn<unknown>(copy, key, withoutNulls(value[key]))
  return copy
}

/** The smallest merge patch that turns `from` into `to` (nulls inside `to` cannot be expressed and read as absent). */
export function createMergePatch(from: Readonly<JsonObject>, to: Readonly<JsonObject>): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setOwn<unknown>(patch, key, null)
  for (const key of Object.keys(to)) {
    const [before, after] = [Object.hasOwn(from, key) ? from[key] : undefined, to[key]]
    if (isObject(before) && isObject(after)) {
      const inner = createMergePatch(before, after)
      if (Object.keys(inner).length > 0) setOwn<unknown>(patch, key, inner)
    } else if (!equalJson(before, after)) setOwn<unknown>(patch, key, cloneJson(after))
  }
  return patch
}

// Strategic merge patch: the merge patch that knows the schema. Lists with a merge key are merged item by item, and the directives $patch,
// $deleteFromPrimitiveList, $setElementOrder and $retainKeys say what plain merging cannot. Rules: k8s.io/apimachinery/pkg/util/strategicpatch.
import { isObject, setOwn } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { type JsonObject, shallowCopy } from './json-values.ts'
import { badArgument, badElementOrder, badPatchType, badPrimitiveList, badRetainKeys } from './strategic-errors.ts'
import { listInOrder, mergeList, removeFromList } from './strategic-lists.ts'
import { fieldMeta, itemMeta, type PatchMeta } from './strategic-meta.ts'

const deletePrefix = '$deleteFromPrimitiveList'
const orderPrefix = '$setElementOrder'

/**
 * The object with the patch merged into it. Neither argument is changed; untouched parts are shared with the original.
 * @throws ApiError 400 (malformed directives), 422 (lists of lists), 500 without reason (missing merge keys and the like), as upstream
 */
export function applyStrategicPatch(original: Readonly<JsonObject>, patch: Readonly<JsonObject>, schema: Schema): JsonObject {
  return mergeMap(original, patch, schema)
}

function mergeMap(original: Readonly<JsonObject>, patch: Readonly<JsonObject>, schema: Schema | undefined): JsonObject {
  if (Object.hasOwn(patch, '$patch')) return wholeMap(patch)
  const merged = retainKeys(original, patch)
  const done = new Set<string>(['$retainKeys'])
  for (const key of Object.keys(patch)) {
    if (key.startsWith(orderPrefix)) mergeInOrder(merged, patch, key, schema, done)
  }
  for (const key of Object.keys(patch)) {
    if (done.has(key)) continue
    if (key.startsWith(deletePrefix)) deleteFromList(merged, key, patch[key])
    else mergeField(merged, key, patch[key], schema)
  }
  return merged
}

/** `$patch: replace` takes the rest of the patch as it is, `$patch: delete` empties the map. */
function wholeMap(patch: Readonly<JsonObject>): JsonObject {
  const { $patch: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw badPatchType(directive, patch)
}

function mergeField(merged: JsonObject, key: string, value: unknown, schema: Schema | undefined): void {
  if (value === null || value === undefined) {
    delete merged[key]
    return
  }
  const before = Object.hasOwn(merged, key) ? merged[key] : undefined
  if (isObject(before) && isObject(value)) {
    const meta = fieldMeta(schema, key)
    setOwn<unknown>(merged, key, meta.strategy === 'replace' ? value : mergeMap(before, value, meta.schema))
  } else if (Array.isArray(before) && Array.isArray(value)) {
    const meta = itemMeta(schema, key)
    setOwn<unknown>(merged, key, mergeLists(before, value, meta))
  } else {
    const added = withoutDirectives(withoutNulls(value))
    if (added === undefined) delete merged[key]
    else setOwn<unknown>(merged, key, added)
  }
}

function mergeLists(before: readonly unknown[], patch: readonly unknown[], meta: PatchMeta): unknown[] {
  return meta.strategy === 'merge' ? mergeList(before, patch, meta, (a, b) => mergeMap(a, b, meta.schema)) : [...patch]
}

/** `$deleteFromPrimitiveList/finalizers: [x]`: the named list loses these items. */
function deleteFromList(merged: JsonObject, directive: string, items: unknown): void {
  const key = directiveField(directive, deletePrefix, badPrimitiveList)
  if (items === null) {
    delete merged[key]
    return
  }
  const before = Object.hasOwn(merged, key) ? merged[key] : undefined
  if (!Array.isArray(before) || !Array.isArray(items)) return
  setOwn<unknown>(merged, key, removeFromList(before, items))
}

/** `$retainKeys: [type]`: other fields of the original go. Returns a fresh copy of the original, thinned or not. */
function retainKeys(original: Readonly<JsonObject>, patch: Readonly<JsonObject>): JsonObject {
  if (!Object.hasOwn(patch, '$retainKeys')) return shallowCopy(original)
  const list = patch.$retainKeys
  if (!Array.isArray(list)) throw badRetainKeys()
  const retained = new Set<unknown>(list)
  for (const key of Object.keys(patch)) {
    const exempt = key === '$retainKeys' || patch[key] === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)
    if (!exempt && !retained.has(key)) throw badRetainKeys()
  }
  const kept: JsonObject = {}
  for (const key of Object.keys(original)) if (retained.has(key)) setOwn<unknown>(kept, key, original[key])
  return kept
}

/** `$setElementOrder/env: […]` together with the patch of that list: merged, then ordered; items only the server knows keep their place. */
function mergeInOrder(
  merged: JsonObject,
  patch: Readonly<JsonObject>,
  directive: string,
  schema: Schema | undefined,
  done: Set<string>,
): void {
  done.add(directive)
  const order = patch[directive]
  if (!Array.isArray(order)) throw badArgument('list', order)
  const key = directiveField(directive, orderPrefix, badElementOrder)
  const before = listOf(merged, key)
  const items = listOf(patch, key)
  const meta = itemMeta(schema, key)
  if (before === undefined && items === undefined) return
  done.add(key)
  const merge = (a: readonly unknown[], b: readonly unknown[]) => mergeLists(a, b, meta)
  const added = items === undefined ? undefined : (withoutDirectives(items) as unknown[])
  setOwn<unknown>(merged, key, listInOrder({ before, items, added, order, mergeKey: meta.mergeKey, merge }))
}

function listOf(object: Readonly<JsonObject>, key: string): unknown[] | undefined {
  if (!Object.hasOwn(object, key)) return undefined
  const list = object[key]
  if (!Array.isArray(list)) throw badArgument('list', list)
  return list
}

function directiveField(directive: string, prefix: string, error: () => Error): string {
  const slash = directive.indexOf('/')
  if (slash !== prefix.length) throw error()
  return directive.slice(slash + 1)
}

/** A copy without null fields, at every depth: what a patch adds never carries deletions. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn<unknown>(copy, key, withoutNulls(value[key]))
  return copy
}

/** A copy without the maps that carry a `$patch` directive: undefined when the value itself is one. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (Object.hasOwn(value, '$patch')) return undefined
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key])
    if (kept !== undefined) setOwn<unknown>(copy, key, kept)
  }
  return copy
}

// Makes the strategic merge patch between two objects (what `kubectl apply` computes on the client), with all directives needed.
import { isObject, setOwn } from '../json.ts'
import type { Schema } from '../schema/schema.ts'
import { goType } from './go-print.ts'
import { equalJson, type JsonObject } from './json-values.ts'
import { noMergeKey } from './strategic-errors.ts'
import { elementsAreMaps } from './strategic-lists.ts'
import { fieldMeta, itemMeta, type PatchMeta } from './strategic-meta.ts'

/** The patch which, applied to `original`, yields `modified`; empty when they are the same. */
export function createStrategicPatch(original: Readonly<JsonObject>, modified: Readonly<JsonObject>, schema: Schema): JsonObject {
  return diffMaps(original, modified, schema, false)
}

function diffMaps(
  original: Readonly<JsonObject>,
  modified: Readonly<JsonObject>,
  schema: Schema | undefined,
  retainKeys: boolean,
): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(modified)) {
    const after = modified[key]
    if (!Object.hasOwn(original, key)) setOwn<unknown>(patch, key, after)
    else diffField(patch, key, original[key], after, schema)
  }
  const removed = Object.keys(original).filter((key) => !Object.hasOwn(modified, key))
  for (const key of removed) setOwn<unknown>(patch, key, null)
  const retained = retainKeys ? Object.keys(modified).filter((key) => modified[key] !== null) : []
  const grown = Object.keys(modified).some((key) => !Object.hasOwn(original, key))
  if (retained.length > 0 && (Object.keys(patch).length > 0 || grown)) patch.$retainKeys = retained.sort()
  return patch
}

function diffField(patch: JsonObject, key: string, before: unknown, after: unknown, schema: Schema | undefined): void {
  if (equalJson(before, after)) return
  if (isObject(before) && isObject(after)) {
    const meta = fieldMeta(schema, key)
    if (meta.strategy === 'replace') return setOwn<unknown>(patch, key, after)
    const inner = diffMaps(before, after, meta.schema, meta.retainKeys)
    if (Object.keys(inner).length > 0) setOwn<unknown>(patch, key, inner)
  } else if (Array.isArray(before) && Array.isArray(after)) {
    const meta = itemMeta(schema, key)
    if (meta.strategy === 'merge') diffLists(patch, key, before, after, meta)
    else setOwn<unknown>(patch, key, after)
  } else setOwn<unknown>(patch, key, after)
}

function diffLists(patch: JsonObject, key: string, before: unknown[], after: unknown[], meta: PatchMeta): void {
  if (before.length === 0) {
    if (after.length > 0) setOwn<unknown>(patch, key, after)
    return
  }
  if (!elementsAreMaps(before, after)) return diffScalars(patch, key, before, after)
  const name = meta.mergeKey
  const old = new Map((before as JsonObject[]).map((item) => [keyOf(item, name), item]))
  const present = new Set((after as JsonObject[]).map((item) => keyOf(item, name)))
  const items: JsonObject[] = []
  for (const item of after as JsonObject[]) {
    const previous = old.get(item[name])
    const change = previous === undefined ? item : diffMaps(previous, item, meta.schema, meta.retainKeys)
    if (Object.keys(change).length > 0) items.push(previous === undefined ? item : { ...change, [name]: item[name] })
  }
  for (const value of [...old.keys()].filter((id) => !present.has(id)).sort(byText)) items.push({ $patch: 'delete', [name]: value })
  const sameOrder = before.length === after.length && after.every((item, at) => keyOf(item, name) === keyOf(before[at], name))
  if (items.length > 0) setOwn<unknown>(patch, key, items)
  if ((items.length > 0 || !sameOrder) && after.length > 0) {
    patch[`$setElementOrder/${key}`] = (after as JsonObject[]).map((item) => ({ [name]: item[name] }))
  }
}

function diffScalars(patch: JsonObject, key: string, before: unknown[], after: unknown[]): void {
  const [old, present] = [new Set(before), new Set(after)]
  const added = after.filter((item) => !old.has(item))
  const removed = [...old].filter((item) => !present.has(item)).sort(byText)
  if (added.length > 0) setOwn<unknown>(patch, key, added)
  if (removed.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = removed
  if (after.length > 0) patch[`$setElementOrder/${key}`] = after
}

function keyOf(item: unknown, name: string): unknown {
  if (!isObject(item) || !Object.hasOwn(item, name)) throw noMergeKey(item, name)
  return item[name]
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [goText(a), goText(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

const goText = (value: unknown): string => (goType(value) === 'string' ? (value as string) : String(value))

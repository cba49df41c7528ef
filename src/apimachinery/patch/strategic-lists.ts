// Lists in strategic merge patches: merging by key, deletions, and the order of the result. Lookups go through maps, so long lists stay cheap.
import { isObject } from '../json.ts'
import { goPrint, goType } from './go-print.ts'
import type { JsonObject } from './json-values.ts'
import { badElementOrder, badPatchType, noListOfLists, noMergeKey, unclassified } from './strategic-errors.ts'
import type { PatchMeta } from './strategic-meta.ts'

type MergeItem = (before: JsonObject, patch: JsonObject) => JsonObject

/** The list with a patch list merged into it; the result follows the patch, items only in `before` keep their relative place. */
export function mergeList(before: readonly unknown[], patch: readonly unknown[], meta: PatchMeta, mergeItem: MergeItem): unknown[] {
  if (before.length === 0 && patch.length === 0) return []
  const maps = elementsAreMaps(before, patch)
  if (!maps) return inOrder([...new Set([...before, ...patch])], patch, before, '')
  const key = meta.mergeKey
  if (key === '') throw unclassified('cannot merge lists without merge key for struct')
  const { kept, items } = withoutSpecialItems(before as JsonObject[], patch as JsonObject[], key)
  return inOrder(mergeItems(kept, items, key, mergeItem), items, kept, key)
}

/** The list without the given scalars. */
export function removeFromList(before: readonly unknown[], remove: readonly unknown[]): unknown[] {
  const gone = new Set(remove)
  return before.filter((item) => !gone.has(item))
}

/** What `$setElementOrder` needs: the list before, the patch of it (raw, and with directives removed), the order wanted. */
export interface OrderedMerge {
  before: unknown[] | undefined
  items: unknown[] | undefined
  added: unknown[] | undefined
  order: unknown[]
  mergeKey: string
  merge: (before: readonly unknown[], items: readonly unknown[]) => unknown[]
}

/** The merged list in the wanted order. */
export function listInOrder({ before, items, added, order, mergeKey, merge }: OrderedMerge): unknown[] {
  checkOrder(items ?? [], order, mergeKey)
  const merged = before === undefined ? added! : items === undefined ? before : merge(before, items)
  elementsAreMaps(before ?? [], items ?? [])
  return inOrder(merged, order, before ?? [], mergeKey)
}

/** Deletes and replacements (`$patch` items) come first: what is left of either list. */
function withoutSpecialItems(before: JsonObject[], patch: JsonObject[], key: string): { kept: JsonObject[]; items: JsonObject[] } {
  const items: JsonObject[] = []
  const deleted = new Set<unknown>()
  let replace = false
  for (const item of patch) {
    if (!Object.hasOwn(item, '$patch')) items.push(item)
    else if (item.$patch === 'replace') replace = true
    else if (item.$patch === 'delete') deleted.add(keyOf(item, key))
    else if (item.$patch === 'merge') throw unclassified('merging lists cannot yet be specified in the patch')
    else throw badPatchType(item.$patch, item)
  }
  if (replace) return { kept: items, items: [] }
  return { kept: deleted.size === 0 ? before : before.filter((item) => !(Object.hasOwn(item, key) && deleted.has(item[key]))), items }
}

function mergeItems(before: JsonObject[], items: JsonObject[], key: string, mergeItem: MergeItem): JsonObject[] {
  const merged = [...before]
  const places = new Map<unknown, number>()
  before.forEach((item, at) => {
    if (Object.hasOwn(item, key) && !places.has(item[key])) places.set(item[key], at)
  })
  for (const item of items) {
    const value = keyOf(item, key)
    const at = places.get(value)
    if (at !== undefined) merged[at] = mergeItem(merged[at]!, item)
    else places.set(value, merged.push(item) - 1)
  }
  return merged
}

/** Items named by `order` in that order, the others in the order of `server`; interleaved where both have a place in `server`. */
function inOrder(merged: readonly unknown[], order: readonly unknown[], server: readonly unknown[], key: string): unknown[] {
  const idOf = key === '' ? (item: unknown) => item : (item: unknown) => keyOf(item, key)
  const wanted = firstPlaces(order, idOf)
  const live = firstPlaces(server, idOf)
  const named = sorted(
    merged.filter((item) => wanted.has(idOf(item))),
    (item) => wanted.get(idOf(item))!,
  )
  const others = sorted(
    merged.filter((item) => !wanted.has(idOf(item))),
    (item) => live.get(idOf(item)) ?? -1,
  )
  const result: unknown[] = []
  let [left, right] = [0, 0]
  while (left < others.length || right < named.length) {
    if (left < others.length && (right >= named.length || precedes(live, idOf(others[left]), idOf(named[right]))))
      result.push(others[left++])
    else result.push(named[right++])
  }
  return result
}

function precedes(places: Map<unknown, number>, a: unknown, b: unknown): boolean {
  const [left, right] = [places.get(a), places.get(b)]
  return left !== undefined && right !== undefined && left < right
}

function firstPlaces(list: readonly unknown[], idOf: (item: unknown) => unknown): Map<unknown, number> {
  const places = new Map<unknown, number>()
  list.forEach((item, at) => {
    const id = idOf(item)
    if (!places.has(id)) places.set(id, at)
  })
  return places
}

function sorted(items: unknown[], placeOf: (item: unknown) => number): unknown[] {
  return items
    .map((item) => ({ item, place: placeOf(item) }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

/** The patch list (deletions aside) must follow the order list. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], key: string): void {
  if (items.length === 0 || order.length === 0) return
  const isSpecial = (item: unknown) => isObject(item) && Object.hasOwn(item, '$patch')
  const idOf = (item: unknown) => (key === '' ? item : keyOf(item, key))
  const plain = items.filter((item) => !isSpecial(item)).map(idOf)
  let at = 0
  for (const item of order) if (at < plain.length && idOf(item) === plain[at]) at++
  if (at < plain.length) {
    throw unclassified(`The order in patch list:\n${goPrint(items)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`)
  }
}

function keyOf(item: unknown, key: string): unknown {
  if (!isObject(item)) throw badElementOrder()
  if (!Object.hasOwn(item, key)) throw noMergeKey(item, key)
  return item[key]
}

/** All elements must be maps, or all scalars of one type. */
export function elementsAreMaps(...lists: readonly (readonly unknown[])[]): boolean {
  let first: string | undefined
  for (const list of lists) {
    for (const item of list) {
      const type = goType(item)
      if (first === undefined && Array.isArray(item)) throw noListOfLists()
      first ??= type
      if (type !== first) throw unclassified(`list element types are not identical: ${goPrint(lists)}`)
    }
  }
  if (first === undefined) throw unclassified('no elements in any of the given slices')
  return first === 'map[string]interface {}'
}

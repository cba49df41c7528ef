// Merging an applied configuration into the live object, and taking fields out of an object again
// (structured-merge-diff, typed.Merge and typed.RemoveItems).
import { setOwn } from '../json.ts'
import { type Atom, formOf, itemElement, type ListAtom, type MapAtom } from './atoms.ts'
import { type FieldSet, isEmpty, isMember } from './field-set.ts'
import { elementOrNothing, isEmptyMap, isMap } from './typed-fields.ts'

/**
 * The live value with the applied one merged into it: fields of `applied` win, nothing is removed. Lists follow the order of `applied` where
 * it names items, and keep live items between them in place. Untouched parts are shared.
 * @throws Error when an applied list has an item without a usable key
 */
export function mergeValues(live: unknown, applied: unknown, atom: Atom): unknown {
  if (applied === undefined) return live
  if (live === undefined || live === applied) return applied
  const form = formOf(atom, applied)
  if (form === 'map' && !atom.map!.atomic) {
    const [left, right] = [isMap(live) ? live : undefined, isMap(applied) ? applied : undefined]
    if ((left === undefined || isEmptyMap(left)) && (right === undefined || isEmptyMap(right))) return applied
    return mergeMaps(left ?? {}, right ?? {}, atom.map!)
  }
  if (form === 'list' && !atom.list!.atomic) {
    const [left, right] = [Array.isArray(live) ? live : [], Array.isArray(applied) ? applied : []]
    return left.length + right.length === 0 ? applied : mergeLists(left, right, atom.list!)
  }
  return applied
}

function mergeMaps(live: Readonly<Record<string, unknown>>, applied: Readonly<Record<string, unknown>>, map: MapAtom): unknown {
  const merged: Record<string, unknown> = { ...live }
  for (const key in applied) {
    const field = map.field(key)
    const before = Object.hasOwn(live, key) ? live[key] : undefined
    setOwn<unknown>(merged, key, field === undefined ? applied[key] : mergeValues(before, applied[key], field.atom))
  }
  return merged
}

function mergeLists(live: readonly unknown[], applied: readonly unknown[], list: ListAtom): unknown[] {
  const left = live.map((item) => itemElement(list, item))
  const right = applied.map((item) => itemElement(list, item))
  const liveItems = new Map<string, unknown>()
  left.forEach((element, at) => {
    // Duplicates are not merged with the applied item.
    liveItems.set(element, liveItems.has(element) ? null : live[at])
  })
  const appliedItems = new Map(right.map((element, at) => [element, applied[at]]))
  const shared = right.filter((element) => liveItems.has(element))
  let next = 0
  const done = new Set<string>()
  const merged: unknown[] = []
  const atom = list.element()
  const take = (element: string): void => {
    done.add(element)
    merged.push(mergeValues(liveItems.get(element), appliedItems.get(element), atom))
    if (shared[next] === element) next++
  }
  let [l, r] = [0, 0]
  while (l < left.length || r < right.length) {
    const element = left[l]
    if (element !== undefined && r < right.length && element === right[r]) {
      take(element)
      l++
      r++
      continue
    }
    if (element !== undefined) {
      const named = appliedItems.has(element)
      if (!named) merged.push(live[l])
      if (!named || (r < right.length && next < shared.length && shared[next] !== element)) {
        l++
        continue
      }
      if (done.has(element)) l++
    }
    if (r < right.length) take(right[r++]!)
  }
  return merged
}

/**
 * The value without the fields and items of a set. A container that loses everything becomes null, an atomic one is left alone unless named.
 */
export function removeFields(value: unknown, fields: FieldSet, atom: Atom): unknown {
  if (isEmpty(fields)) return value
  switch (formOf(atom, value)) {
    case 'scalar':
      return value
    case 'list':
      return Array.isArray(value) && !atom.list!.atomic ? listWithout(value, fields, atom.list!) : null
    case 'map':
      return isMap(value) && !atom.map!.atomic ? mapWithout(value, fields, atom.map!) : null
  }
}

function listWithout(items: readonly unknown[], fields: FieldSet, list: ListAtom): unknown {
  const kept: unknown[] = []
  const atom = list.element()
  for (const item of items) {
    const element = elementOrNothing(list, item)
    const below = element === undefined ? undefined : fields[element]
    if (below === undefined) kept.push(item)
    else if (!isMember(below)) kept.push(removeFields(item, below, atom))
  }
  return kept.length === 0 ? null : kept
}

function mapWithout(value: Readonly<Record<string, unknown>>, fields: FieldSet, map: MapAtom): unknown {
  const kept: Record<string, unknown> = {}
  for (const key in value) {
    const field = map.field(key)
    const below = field === undefined ? undefined : fields[field.element]
    if (below === undefined) setOwn(kept, key, value[key])
    else if (!isMember(below)) setOwn<unknown>(kept, key, removeFields(value[key], below, field!.atom))
  }
  return isEmptyMap(kept) ? null : kept
}

// What changed between two values of a type, as field sets (structured-merge-diff, typed.Compare).
import { type Atom, formOf, hasForms, itemElement, type ListAtom, type MapAtom } from './atoms.ts'
import { asMember, type FieldSet, type FieldSetDraft, isEmpty, leaf, recursiveDifference, union } from './field-set.ts'
import { equalJson } from './json-values.ts'
import { addedFields, isEmptyMap, isMap } from './typed-fields.ts'

/** No path is in more than one of the three. */
export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** Of one level: sets are made when first needed; `self` tells that the place itself is modified. */
interface Level {
  added?: FieldSetDraft
  modified?: FieldSetDraft
  removed?: FieldSetDraft
  self?: boolean
}

/**
 * Compares two values of a type. Parts that are the same object are skipped.
 * @throws Error when a list item has no usable key
 */
export function compareValues(before: unknown, after: unknown, atom: Atom): Comparison {
  const level: Level = {}
  compare(before, after, atom, level)
  return { added: level.added ?? leaf, modified: level.modified ?? leaf, removed: level.removed ?? leaf }
}

/** The comparison without some fields and all below them. */
export function excludeFields(comparison: Comparison, fields: FieldSet | undefined): Comparison {
  if (fields === undefined || isEmpty(fields)) return comparison
  return {
    added: recursiveDifference(comparison.added, fields),
    modified: recursiveDifference(comparison.modified, fields),
    removed: recursiveDifference(comparison.removed, fields),
  }
}

function compare(before: unknown, after: unknown, atom: Atom, level: Level): void {
  if (before === after) return
  const form = formOf(atom, after)
  if (hasForms(atom)) {
    const old = formOf(atom, before)
    if (old !== form) compareAs(old, before, after, atom, level)
  }
  compareAs(form, before, after, atom, level)
}

function compareAs(form: 'map' | 'list' | 'scalar', before: unknown, after: unknown, atom: Atom, level: Level): void {
  if (form === 'map') {
    const [left, right] = [isMap(before) ? before : undefined, isMap(after) ? after : undefined]
    const hollow = (left === undefined || isEmptyMap(left)) && (right === undefined || isEmptyMap(right))
    if (!atom.map!.atomic && !hollow) return compareMaps(left ?? {}, right ?? {}, atom.map!, level)
  } else if (form === 'list') {
    const [left, right] = [Array.isArray(before) ? before : [], Array.isArray(after) ? after : []]
    if (!atom.list!.atomic && left.length + right.length > 0) return compareLists(left, right, atom.list!, level)
  }
  if (!equalJson(before, after)) level.self = true
}

function compareMaps(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  map: MapAtom,
  level: Level,
): void {
  for (const key in before) {
    const field = map.field(key)
    if (field === undefined) continue
    if (!Object.hasOwn(after, key)) add(level, 'removed', field.element, addedFields(before[key], field.atom))
    else if (before[key] !== after[key]) descend(before[key], after[key], field.element, field.atom, level)
  }
  for (const key in after) {
    if (Object.hasOwn(before, key)) continue
    const field = map.field(key)
    if (field !== undefined) add(level, 'added', field.element, addedFields(after[key], field.atom))
  }
}

function compareLists(before: readonly unknown[], after: readonly unknown[], list: ListAtom, level: Level): void {
  const old = indexed(before, list)
  const present = indexed(after, list)
  const atom = list.element()
  for (const [element, left] of old) {
    const right = present.get(element) ?? []
    if (left.length === 1 && right.length === 1) descend(left[0], right[0], element, atom, level)
    else if (left.length === 1 && right.length === 0) add(level, 'removed', element, addedFields(left[0], atom))
    else compareDuplicates(left, right, element, atom, level)
  }
  for (const [element, right] of present) {
    if (old.has(element)) continue
    add(level, 'added', element, right.length === 1 ? addedFields(right[0], atom) : leaf)
  }
}

/** Items of one key are owned as a whole while there are several of them. */
function compareDuplicates(left: readonly unknown[], right: readonly unknown[], element: string, atom: Atom, level: Level): void {
  if (left.length > 1 && right.length > 1) {
    if (!equalJson(left, right)) add(level, 'modified', element, leaf)
  } else if (left.length > 1) {
    if (right.length === 1) add(level, 'added', element, addedFields(right[0], atom))
    add(level, 'removed', element, leaf)
  } else {
    add(level, 'removed', element, addedFields(left[0], atom))
    add(level, 'added', element, leaf)
  }
}

function indexed(items: readonly unknown[], list: ListAtom): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>()
  for (const item of items) {
    const element = itemElement(list, item)
    const same = index.get(element)
    if (same === undefined) index.set(element, [item])
    else same.push(item)
  }
  return index
}

function descend(before: unknown, after: unknown, element: string, atom: Atom, parent: Level): void {
  const level: Level = {}
  compare(before, after, atom, level)
  if (level.added !== undefined) add(parent, 'added', element, level.added)
  if (level.removed !== undefined) add(parent, 'removed', element, level.removed)
  if (level.modified !== undefined) add(parent, 'modified', element, level.self ? asMember(level.modified) : level.modified)
  else if (level.self) add(parent, 'modified', element, leaf)
}

function add(level: Level, kind: 'added' | 'modified' | 'removed', element: string, below: FieldSet): void {
  let draft = level[kind]
  if (draft === undefined) level[kind] = draft = {}
  const known = draft[element]
  draft[element] = known === undefined ? below : union({ x: known }, { x: below }).x!
}

// The field set of a value: every leaf and item that it mentions (structured-merge-diff, typed.ToFieldSet).
import { type Atom, formOf, itemElement, type ListAtom, type MapAtom } from './atoms.ts'
import { asMember, type FieldSet, type FieldSetDraft, leaf } from './field-set.ts'

/** The set of a value. Items that have no usable key are left out (validation reports them). */
export function fieldSetOf(value: unknown, atom: Atom): FieldSet {
  return fieldsOf(value, atom) ?? leaf
}

/** The node of a value; undefined when it mentions nothing by itself. */
function fieldsOf(value: unknown, atom: Atom): FieldSet | undefined {
  switch (formOf(atom, value)) {
    case 'scalar':
      return leaf
    case 'list':
      if (atom.list!.atomic) return leaf
      return Array.isArray(value) ? listFields(value, atom.list!) : undefined
    case 'map':
      if (atom.map!.atomic) return leaf
      return isMap(value) ? mapFields(value, atom.map!) : undefined
  }
}

function listFields(items: readonly unknown[], list: ListAtom): FieldSet | undefined {
  const fields: FieldSetDraft = {}
  const atom = list.element()
  let count = 0
  for (const item of items) {
    const element = elementOrNothing(list, item)
    if (element === undefined) continue
    count++
    const known = fields[element]
    fields[element] = known === undefined ? asMember(fieldsOf(item, atom) ?? leaf) : leaf
  }
  return count === 0 ? undefined : fields
}

function mapFields(value: Readonly<Record<string, unknown>>, map: MapAtom): FieldSet | undefined {
  const fields: FieldSetDraft = {}
  let count = 0
  for (const key in value) {
    const field = map.field(key)
    if (field === undefined) continue
    const inner = value[key]
    const below = fieldsOf(inner, field.atom)
    const member = !field.declared || inner === null || (isMap(inner) && isEmptyMap(inner))
    if (below === undefined && !member) continue
    count++
    fields[field.element] = member ? asMember(below ?? leaf) : below!
  }
  return count === 0 ? undefined : fields
}

/** The node of a value that was not there before: it and every part of it are members. */
export function addedFields(value: unknown, atom: Atom): FieldSet {
  switch (formOf(atom, value)) {
    case 'scalar':
      return leaf
    case 'list':
      if (atom.list!.atomic || !Array.isArray(value) || value.length === 0) return leaf
      return addedItems(value, atom.list!)
    case 'map': {
      if (atom.map!.atomic || !isMap(value)) return leaf
      const fields: FieldSetDraft = { '.': leaf }
      let empty = true
      for (const key in value) {
        const field = atom.map!.field(key)
        if (field === undefined) continue
        empty = false
        fields[field.element] = addedFields(value[key], field.atom)
      }
      return empty ? leaf : fields
    }
  }
}

function addedItems(items: readonly unknown[], list: ListAtom): FieldSet {
  const fields: FieldSetDraft = { '.': leaf }
  const atom = list.element()
  for (const item of items) {
    const element = itemElement(list, item)
    fields[element] = fields[element] === undefined ? addedFields(item, atom) : leaf
  }
  return fields
}

/** The element of an item, or nothing when it has no usable key. */
export function elementOrNothing(list: ListAtom, item: unknown): string | undefined {
  try {
    return itemElement(list, item)
  } catch {
    return undefined
  }
}

/** True for objects that are no lists. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for an object without keys. */
export function isEmptyMap(value: object): boolean {
  for (const _ in value) return false
  return true
}

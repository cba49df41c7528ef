// Uniqueness in lists of CRDs: items of a set, keys of a map-list (x-kubernetes-list-type), with upstream's Duplicate errors.
import { at, duplicate, type FieldError, invalidValue, type Path } from '../field-errors.ts'
import { isObject, stringifyJson } from '../json.ts'
import type { Schema } from './schema.ts'

/** Duplicate errors of all set and map lists within a value. */
export function validateUniqueLists(value: unknown, schema: Schema, path: Path = at()): FieldError[] {
  if (Array.isArray(value)) return listErrors(value, schema, path)
  if (!isObject(value)) return []
  const errors: FieldError[] = []
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
  for (const key of Object.keys(value)) {
    const property = schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (property !== undefined) errors.push(...validateUniqueLists(value[key], property, path.child(key)))
    else if (values !== undefined) errors.push(...validateUniqueLists(value[key], values, path.key(key)))
  }
  return errors
}

function listErrors(list: unknown[], schema: Schema, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (schema.listType === 'set') {
    for (const index of repeated(list)) errors.push(duplicate(path.index(index), list[index]))
  } else if (schema.listType === 'map') errors.push(...mapErrors(list, schema.listMapKeys ?? [], path))
  const items = schema.items
  if (items !== undefined) for (const [index, item] of list.entries()) errors.push(...validateUniqueLists(item, items, path.index(index)))
  return errors
}

function mapErrors(list: unknown[], keys: readonly string[], path: Path): FieldError[] {
  const odd = list.findIndex((item) => item !== null && !isObject(item))
  if (odd >= 0) return [invalidValue(path.index(odd), list[odd], 'must be an object for an array of list-type map')]
  const identities = list.map((item) =>
    Object.fromEntries(
      keys.filter((key) => isObject(item) && Object.hasOwn(item, key)).map((key) => [key, (item as Record<string, unknown>)[key]]),
    ),
  )
  return repeated(identities).map((index) => duplicate(path.index(index), identities[index]))
}

/** Indices where a value stands for the second time. */
function repeated(list: readonly unknown[]): number[] {
  const seen = new Map<string, number>()
  const indices: number[] = []
  for (const [index, value] of list.entries()) {
    const text = sortedText(value)
    const times = (seen.get(text) ?? 0) + 1
    seen.set(text, times)
    if (times === 2) indices.push(index)
  }
  return indices
}

/** Finds for an item of a list the one with the same keys in the list before the update; nothing unless it is a map-list. */
export function counterparts({ listType, listMapKeys = [] }: Schema, old: unknown): (item: unknown) => unknown {
  if (listType !== 'map' || !Array.isArray(old)) return () => undefined
  const identity = (item: unknown) => (isObject(item) ? sortedText(listMapKeys.map((key) => item[key])) : '')
  const items = new Map<string, unknown>()
  for (const item of old) if (!items.has(identity(item))) items.set(identity(item), item)
  return (item) => (isObject(item) ? items.get(identity(item)) : undefined)
}

/** JSON with sorted keys: equal values have equal texts. */
export function sortedText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedText).join()}]`
  if (!isObject(value)) return stringifyJson(value ?? null)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${sortedText(value[key])}`).join()}}`
}

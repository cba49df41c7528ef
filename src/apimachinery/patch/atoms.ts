// What server-side apply must know of a type: may a value be a scalar, a list, a map; are its parts owned one by one or as a whole.
// Derived from schemas as kube-openapi does it (schemaconv), lazily, once per schema node.
import type { Schema } from '../schema/schema.ts'
import { fieldElement, keyElement, valueElement } from './path-element.ts'

export interface Atom {
  readonly scalar?: Scalar
  readonly list?: ListAtom
  readonly map?: MapAtom
}

export type Scalar = 'numeric' | 'string' | 'boolean' | 'untyped'

export interface ListAtom {
  /** False: a set or a list with keys. */
  readonly atomic: boolean
  /** Sorted; empty for sets. */
  readonly keys: readonly string[]
  /** In the order of the schema, as messages list them. */
  readonly declaredKeys: readonly string[]
  readonly element: () => Atom
  readonly keyDefault: (key: string) => unknown
}

export interface MapAtom {
  readonly atomic: boolean
  /** The type of a value and the path element of its key; undefined for a field the schema does not declare. */
  readonly field: (name: string) => MapField | undefined
  /** Free-form values: type deduced from the value. */
  readonly untyped: boolean
}

export interface MapField {
  readonly element: string
  readonly atom: Atom
  /** A struct field, not an item of a map. */
  readonly declared: boolean
}

/** Free-form fields of built-in types (ControllerRevision.data): owned as a whole. */
const untypedAtomic: Atom = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], declaredKeys: [], element: () => untypedAtomic, keyDefault: () => undefined },
  map: { atomic: true, untyped: false, field: (name) => ({ element: fieldElement(name), atom: untypedAtomic, declared: false }) },
}

/** The type of free-form values: maps are owned key by key, lists as a whole. */
export const deduced: Atom = {
  scalar: 'untyped',
  list: { atomic: true, keys: [], declaredKeys: [], element: () => untypedAtomic, keyDefault: () => undefined },
  map: { atomic: false, untyped: true, field: (name) => ({ element: fieldElement(name), atom: deduced, declared: false }) },
}

const atoms = new WeakMap<Schema, Atom>()
const structFields = new WeakMap<object, Map<string, MapField>>()

/** The atom of a schema. */
export function atomOf(schema: Schema): Atom {
  const known = atoms.get(schema)
  if (known !== undefined) return known
  const atom = makeAtom(schema)
  atoms.set(schema, atom)
  return atom
}

function makeAtom(schema: Schema): Atom {
  if (schema.intOrString === true) return { scalar: 'untyped' }
  if (schema.format === 'raw-extension' || schema.format?.startsWith('json')) return untypedAtomic
  switch (schema.type) {
    case 'object':
      return objectAtom(schema)
    case 'array':
      return { list: listAtom(schema) }
    case 'integer':
    case 'number':
      return { scalar: 'numeric' }
    case 'boolean':
      return { scalar: 'boolean' }
    case 'string':
      return { scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped' }
    default:
      return schema.properties === undefined ? deduced : objectAtom(schema)
  }
}

function objectAtom(schema: Schema): Atom {
  const values = schema.additionalProperties
  const free = values === true || schema.preserveUnknownFields === true || (values === undefined && schema.properties === undefined)
  if (free && schema.properties === undefined) {
    return schema.mapType === 'atomic' ? { map: { ...deduced.map!, atomic: true, untyped: false } } : { map: deduced.map! }
  }
  const properties = schema.properties ?? {}
  let fields = structFields.get(properties)
  if (fields === undefined) structFields.set(properties, (fields = new Map()))
  const known = schema.properties === undefined ? undefined : fields
  const rest = free ? deduced : undefined
  const field = (name: string): MapField | undefined => {
    const found = known?.get(name)
    if (found !== undefined) return found
    if (known !== undefined && Object.hasOwn(properties, name)) {
      const made: MapField = { element: fieldElement(name), atom: atomOf(properties[name]!), declared: true }
      known.set(name, made)
      return made
    }
    const item = rest ?? (typeof values === 'object' ? atomOf(values) : undefined)
    return item === undefined ? undefined : { element: fieldElement(name), atom: item, declared: false }
  }
  return { map: { atomic: schema.mapType === 'atomic', untyped: false, field } }
}

function listAtom(schema: Schema): ListAtom {
  const items = schema.items
  const { atomic, keys } = listKind(schema)
  return {
    atomic,
    keys: [...keys].sort(),
    declaredKeys: keys,
    element: () => (items === undefined ? deduced : atomOf(items)),
    keyDefault: (key) => keyDefault(items?.properties?.[key]),
  }
}

/** Without x-kubernetes-list-type the patch strategy decides, as in the published documents of old. */
function listKind(schema: Schema): { atomic: boolean; keys: readonly string[] } {
  if (schema.listType === 'map') return { atomic: false, keys: schema.listMapKeys ?? [] }
  if (schema.listType === 'set') return { atomic: false, keys: [] }
  if (schema.listType === 'atomic' || !schema.patchStrategy?.includes('merge')) return { atomic: true, keys: [] }
  return { atomic: false, keys: schema.patchMergeKey === undefined ? [] : [schema.patchMergeKey] }
}

/** Go fields that are always written default to their zero value; others only to what `+default` says. */
function keyDefault(field: Schema | undefined): unknown {
  if (field === undefined || field.default !== undefined) return field?.default
  if (field.proto === undefined || field.omitEmpty === true || field.pointer === true) return undefined
  if (field.type === 'string') return field.format === undefined ? '' : undefined
  return field.type === 'integer' || field.type === 'number' ? 0 : field.type === 'boolean' ? false : undefined
}

/**
 * The path element of an item of an associative list.
 * @throws Error with upstream's words when the item has no usable key
 */
export function itemElement(list: ListAtom, item: unknown): string {
  if (list.declaredKeys.length === 0) return setElement(item)
  if (item === null) throw new Error('associative list with keys may not have a null element')
  if (typeof item !== 'object' || Array.isArray(item)) throw new Error('associative list with keys may not have non-map elements')
  const names: string[] = []
  const values: unknown[] = []
  for (const key of list.keys) {
    const own = Object.hasOwn(item, key) ? (item as Record<string, unknown>)[key] : undefined
    const value = own === undefined ? list.keyDefault(key) : own
    if (value === undefined || (own === undefined && value === null)) continue
    names.push(key)
    values.push(value)
  }
  if (names.length > 0) return keyElement(names, values)
  const keys = list.declaredKeys.map((key) => JSON.stringify(key)).join(' ')
  throw new Error(
    `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
  )
}

function setElement(item: unknown): string {
  if (item === null) throw new Error("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements')
  if (typeof item === 'object') throw new Error("associative list without keys has an element that's a map type")
  return valueElement(item)
}

/** Which of its forms a value takes; a value of none of them is treated as the first: map, scalar, list. */
export function formOf(atom: Atom, value: unknown): 'map' | 'list' | 'scalar' {
  if (value !== null && value !== undefined) {
    if (typeof value !== 'object') {
      if (atom.scalar !== undefined) return 'scalar'
    } else if (Array.isArray(value)) {
      if (atom.list !== undefined) return 'list'
    } else if (atom.map !== undefined) return 'map'
  }
  return atom.map !== undefined ? 'map' : atom.scalar !== undefined ? 'scalar' : 'list'
}

/** Whether values of different forms are possible. */
export function hasForms(atom: Atom): boolean {
  return Number(atom.map !== undefined) + Number(atom.list !== undefined) + Number(atom.scalar !== undefined) > 1
}

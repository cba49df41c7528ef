// Defaults as data: by field path for built-in kinds (KindSpec.defaults), by schema for CRDs and for marks of built-in types.
// A default fills an absent field of a parent that is there; it never makes parents.

import { isObject, setOwn } from '../json.ts'
import { cloneJson } from '../patch/json-values.ts'
import type { Schema } from './schema.ts'

/** Defaults by field path, worked into a tree so that an object is walked once. */
export interface CompiledDefaults {
  readonly fields: readonly DefaultNode[]
}

interface DefaultNode {
  /** Field name; `*` = every key of a map. */
  name: string
  /** The field is a list and the rest of the path goes on in its items. */
  each: boolean
  value?: unknown
  children: DefaultNode[]
}

/**
 * Compiles `{ 'spec.replicas': 1, 'spec.ports[*].protocol': 'TCP' }`. A path may go through lists (`[*]`) and through all values of a map (`*`).
 * Parents are filled before their children, whatever the order of the paths.
 */
export function compileDefaults(defaults: Readonly<Record<string, unknown>>): CompiledDefaults {
  const root: DefaultNode = { name: '', each: false, children: [] }
  for (const [path, value] of Object.entries(defaults)) {
    const parts = path.split('.')
    let node = root
    for (const [index, part] of parts.entries()) {
      const each = part.endsWith('[*]')
      const name = each ? part.slice(0, -3) : part
      node = childNode(node, name, each)
      if (index === parts.length - 1) node.value = value
    }
  }
  return { fields: root.children }
}

function childNode(node: DefaultNode, name: string, each: boolean): DefaultNode {
  const known = node.children.find((child) => child.name === name && child.each === each)
  if (known !== undefined) return known
  const child: DefaultNode = { name, each, children: [] }
  node.children.push(child)
  // `spec.ports` must be filled before `spec.ports[*].protocol` looks into it.
  node.children.sort((a, b) => Number(a.each) - Number(b.each))
  return child
}

const compiled = new WeakMap<object, CompiledDefaults>()

/** Fills absent fields of a draft. Takes compiled defaults, or the record itself (compiled once and kept). */
export function applyPathDefaults(object: object, defaults: CompiledDefaults | Readonly<Record<string, unknown>>): void {
  fill(object as Record<string, unknown>, (isCompiled(defaults) ? defaults : compiledOf(defaults)).fields)
}

function isCompiled(defaults: CompiledDefaults | Readonly<Record<string, unknown>>): defaults is CompiledDefaults {
  return Array.isArray((defaults as CompiledDefaults).fields)
}

function compiledOf(defaults: Readonly<Record<string, unknown>>): CompiledDefaults {
  let known = compiled.get(defaults)
  if (known === undefined) compiled.set(defaults, (known = compileDefaults(defaults)))
  return known
}

function fill(object: Record<string, unknown>, nodes: readonly DefaultNode[]): void {
  for (const node of nodes) {
    if (node.name === '*') {
      for (const key of Object.keys(object)) descend(object[key], node)
      continue
    }
    const value = object[node.name]
    if (node.value !== undefined && (value === undefined || value === null)) object[node.name] = copied(node.value)
    if (node.children.length > 0) descend(object[node.name], node)
  }
}

function descend(value: unknown, node: DefaultNode): void {
  if (node.each) {
    if (Array.isArray(value)) for (const item of value) if (isObject(item)) fill(item, node.children)
  } else if (isObject(value)) fill(value, node.children)
}

function copied(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? cloneJson(value) : value
}

/**
 * Fills absent fields of a draft from `default` of its schema. For CRDs a null is also replaced where the field is not nullable, and removed
 * where there is no default.
 */
export function applySchemaDefaults(draft: unknown, schema: Schema): void {
  if (!mayFill(schema)) return
  if (Array.isArray(draft)) fillItems(draft, schema)
  else if (isObject(draft)) fillObject(draft, schema)
}

function fillItems(list: unknown[], schema: Schema): void {
  const items = schema.items
  if (items === undefined) return
  for (const [index, item] of list.entries()) {
    if (item === null && items.nullable !== true && hasDefault(items)) list[index] = copied(items.default)
    applySchemaDefaults(list[index], items)
  }
}

function fillObject(draft: Record<string, unknown>, schema: Schema): void {
  const properties = schema.properties ?? {}
  for (const name of Object.keys(properties)) {
    const property = properties[name] as Schema
    const value = Object.hasOwn(draft, name) ? draft[name] : undefined
    const unwantedNull = value === null && property.nullable !== true
    if ((value === undefined || unwantedNull) && hasDefault(property)) setOwn(draft, name, copied(property.default))
    else if (unwantedNull && property.goType === undefined) delete draft[name]
    if (Object.hasOwn(draft, name)) applySchemaDefaults(draft[name], property)
  }
  const values = schema.additionalProperties
  if (typeof values !== 'object') return
  for (const key of Object.keys(draft)) {
    if (Object.hasOwn(properties, key)) continue
    if (draft[key] === null && values.nullable !== true && hasDefault(values)) setOwn(draft, key, copied(values.default))
    applySchemaDefaults(draft[key], values)
  }
}

/** A zero default of a built-in field says nothing that decoding has not said already; where Go leaves zeros out it must not appear at all. */
function hasDefault(schema: Schema): boolean {
  if (schema.default === undefined || schema.default === null) return false
  if (schema.omitEmpty === true && schema.pointer !== true && (schema.default === 0 || schema.default === false)) return false
  return schema.goType === undefined || (schema.default !== '' && !(isObject(schema.default) && Object.keys(schema.default).length === 0))
}

const fillable = new WeakMap<object, boolean>()

/** Whether a schema has defaults (or, for CRDs, nulls to remove) anywhere within; types are cyclic, so each is looked at once. */
function mayFill(schema: Schema): boolean {
  if (schema.goType === undefined) return true
  const key =
    schema.properties ?? schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined)
  if (key === undefined) return false
  const known = fillable.get(key)
  if (known !== undefined) return known
  fillable.set(key, true)
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  const found = inner.some((child) => typeof child === 'object' && (hasDefault(child) || mayFill(child)))
  fillable.set(key, found)
  return found
}

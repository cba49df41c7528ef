// An object in one API version with the type that belongs to it, and what never counts as owned.
import { isObject } from '../json.ts'
import { schemaOf } from '../schema/from-openapi.ts'
import type { Schema } from '../schema/schema.ts'
import { type Atom, atomOf, type MapField } from './atoms.ts'
import type { JsonObject } from './json-values.ts'
import { fieldElement } from './path-element.ts'

export interface Versioned {
  readonly object: Readonly<JsonObject>
  readonly apiVersion: string
  readonly atom: Atom
}

/**
 * Gives an object in another of its versions with that version's schema; undefined when the version is no longer served (its owners are
 * forgotten). Without a converter all versions are taken as the same.
 */
export type Convert = (object: Readonly<JsonObject>, apiVersion: string) => { object: Readonly<JsonObject>; schema: Schema } | undefined

/** The object in a version; undefined when that version is gone. */
export function inVersion(value: Versioned, apiVersion: string, convert: Convert | undefined): Versioned | undefined {
  if (value.apiVersion === apiVersion) return value
  if (convert === undefined) return { ...value, apiVersion }
  const converted = convert(value.object, apiVersion)
  return converted && { object: converted.object, apiVersion, atom: rootAtom(converted.schema) }
}

/** Fields of metadata that belong to the server or name the object. */
const unownedMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** The object without what nobody can own: kind, apiVersion and the server's metadata. */
export function ownable(object: Readonly<JsonObject>): JsonObject {
  const { apiVersion: _version, kind: _kind, ...rest }: JsonObject = object
  if (isObject(rest.metadata)) {
    const metadata: JsonObject = { ...rest.metadata }
    for (const name of unownedMetadata) if (name in metadata) delete metadata[name]
    rest.metadata = metadata
  }
  return rest
}

const customRoots = new WeakMap<Schema, Atom>()

/** The atom of a whole object: custom kinds get the metadata of all others, whatever their schema says of it. */
export function rootAtom(schema: Schema): Atom {
  const atom = atomOf(schema)
  if (schema.typeName !== undefined) return atom
  const known = customRoots.get(schema)
  if (known !== undefined) return known
  const metadata = atomOf(schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'))
  const common = new Map<string, MapField>([
    ['metadata', { element: fieldElement('metadata'), atom: metadata, declared: true }],
    ['apiVersion', { element: fieldElement('apiVersion'), atom: { scalar: 'string' }, declared: true }],
    ['kind', { element: fieldElement('kind'), atom: { scalar: 'string' }, declared: true }],
  ])
  const map = atom.map ?? { atomic: false, untyped: false, field: () => undefined }
  const root: Atom = { map: { atomic: false, untyped: false, field: (name) => common.get(name) ?? map.field(name) } }
  customRoots.set(schema, root)
  return root
}

const zeroObjects = new WeakMap<Schema, JsonObject>()

/** The object that is compared with on create: of a Go type, the fields its encoder always writes; of a custom kind, nothing. */
export function zeroObject(schema: Schema): Readonly<JsonObject> {
  let zero = zeroObjects.get(schema)
  if (zero === undefined) zeroObjects.set(schema, (zero = schema.typeName === undefined ? {} : (zeroOf(schema, 0) as JsonObject)))
  return zero
}

/** Struct values nest at most this deep in Go types (they cannot contain themselves). */
const maxZeroDepth = 12

function zeroOf(schema: Schema, depth: number): unknown {
  if (schema.pointer === true || schema.type === 'array' || schema.format === 'date-time' || schema.format === 'micro-time') return null
  if (schema.properties !== undefined && depth < maxZeroDepth) {
    const zero: JsonObject = {}
    for (const name of Object.keys(schema.properties)) {
      const field = schema.properties[name]!
      if (field.omitEmpty !== true && field.omitZero !== true) zero[name] = zeroOf(field, depth + 1)
    }
    return zero
  }
  if (schema.type === 'object' || schema.type === undefined) return schema.intOrString === true ? 0 : null
  if (schema.type === 'string') return schema.format === 'quantity' ? '0' : schema.format === 'byte' ? null : ''
  return schema.type === 'boolean' ? false : 0
}

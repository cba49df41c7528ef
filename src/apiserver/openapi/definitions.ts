// Definitions of the built-in types as the published documents show them, made of the facts of openapi/schema.json.
// v2 and v3 differ in how a reference carries neighbours, in defaults, and in the union types.
import { type FieldFacts, resolveReference, type TypeFacts } from '../../apimachinery/schema/facts.ts'
import { factsOf } from '../../apimachinery/schema/from-openapi.ts'
import type { GroupVersionKind } from './operations.ts'

export type Json = Record<string, unknown>
/** Definition name → { '': text of the type, field: text } (openapi/descriptions.json). */
export type Descriptions = Record<string, Record<string, string>>

/** How one document is written. */
export interface Style {
  version: 2 | 3
  descriptions: Descriptions
  /** Group versions whose options kinds (DeleteOptions, WatchEvent) the document declares. */
  groupVersions: readonly { group: string; version: string }[]
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const everywhere = new Set([`${meta}.DeleteOptions`, `${meta}.WatchEvent`])
const inGroups = new Set(['DeleteOptions', 'WatchEvent', 'Status', 'APIGroup', 'APIGroupList', 'APIVersions', 'APIResourceList'])
const specials: Record<string, string> = {
  'date-time': `${meta}.Time`,
  'micro-time': `${meta}.MicroTime`,
  duration: `${meta}.Duration`,
  'fields-v1': `${meta}.FieldsV1`,
  'raw-extension': 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
}
const unions: Record<string, string> = {
  json: 'JSON',
  'json-schema-or-bool': 'JSONSchemaPropsOrBool',
  'json-schema-or-array': 'JSONSchemaPropsOrArray',
  'json-schema-or-string-array': 'JSONSchemaPropsOrStringArray',
}

/** Adds the definitions named and all they refer to, sorted by name. */
export function definitionsOf(names: Iterable<string>, style: Style): Record<string, Json> {
  const found = new Map<string, Json>()
  const open = [...names]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const facts = factsOf(name)
    if (!facts || found.has(name)) continue
    found.set(
      name,
      definitionOf(name, facts, style, (reference) => open.push(reference)),
    )
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The prefix of a reference in a document. */
export function referenceTo(definition: string, version: 2 | 3): string {
  return `${version === 2 ? '#/definitions/' : '#/components/schemas/'}${definition}`
}

function definitionOf(name: string, facts: TypeFacts, style: Style, refer: (name: string) => void): Json {
  const words = style.descriptions[name] ?? {}
  const description = words[''] === undefined ? {} : { description: words[''] }
  if (facts.s !== undefined) return { ...description, ...specialType(facts.s, style.version) }
  const required = Object.entries(facts.f ?? {}).filter(([, field]) => field.r === 1)
  const properties = Object.entries(facts.f ?? {}).map(
    ([field, fact]) => [field, property(fact, name, words[field] ?? metaWords(field, facts), style, refer)] as const,
  )
  const kinds = gvksOf(name, facts, style)
  return {
    ...description,
    type: 'object',
    ...(required.length === 0 ? {} : { required: required.map(([field]) => field) }),
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties.sort(([a], [b]) => (a < b ? -1 : 1))) }),
    ...(kinds.length === 0 ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(facts.mt === 'atomic' ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  }
}

/** apiVersion, kind and metadata mean the same in every object. */
function metaWords(field: string, facts: TypeFacts): string | undefined {
  if (!facts.g) return undefined
  if (field === 'apiVersion') return 'Group and version that define the fields of this object.'
  if (field === 'kind') return 'What sort of object this is.'
  return field === 'metadata' ? 'What identifies and describes the object.' : undefined
}

function gvksOf(name: string, facts: TypeFacts, style: Style): GroupVersionKind[] {
  if (!facts.g) return []
  const kind = name.slice(name.lastIndexOf('.') + 1)
  if (everywhere.has(name)) return style.groupVersions.map(({ group, version }) => ({ group, kind, version }))
  if (name.startsWith(meta) && !inGroups.has(kind)) return []
  return [{ group: facts.g[0]!, kind, version: facts.g[1]! }]
}

function property(field: FieldFacts, owner: string, description: string | undefined, style: Style, refer: (name: string) => void): Json {
  const type = typeOf(field.t, owner, field, style, refer)
  const neighbours: Json = {
    ...(description === undefined ? {} : { description }),
    ...defaultOf(field, style),
    ...(field.lk === undefined ? {} : { 'x-kubernetes-list-map-keys': field.lk }),
    ...(field.lt === undefined ? {} : { 'x-kubernetes-list-type': field.lt }),
    ...(field.mt === undefined ? {} : { 'x-kubernetes-map-type': field.mt }),
    ...(field.pk === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.pk }),
    ...(field.ps === undefined ? {} : { 'x-kubernetes-patch-strategy': field.ps }),
  }
  return withNeighbours(type, neighbours, style.version)
}

/** In OpenAPI 3.0 a $ref may have no neighbours: they surround an allOf. */
function withNeighbours(type: Json, neighbours: Json, version: 2 | 3): Json {
  if (version === 2 || type['$ref'] === undefined || Object.keys(neighbours).length === 0) return { ...type, ...neighbours }
  return { allOf: [type], ...neighbours }
}

function typeOf(text: string, owner: string, field: FieldFacts, style: Style, refer: (name: string) => void): Json {
  const inner = (rest: string) =>
    withNeighbours(typeOf(rest, owner, field, style, refer), style.version === 3 ? zeroDefault(rest) : {}, style.version)
  if (text.startsWith('[]')) return { type: 'array', items: inner(text.replace(/^\[\]!?/, '')) }
  if (text.startsWith('map:')) return { type: 'object', additionalProperties: inner(text.slice(4)) }
  const target = text.startsWith('#') ? resolveReference(text, owner) : (specials[text] ?? unionName(text, owner))
  if (target !== undefined) {
    refer(target)
    return { $ref: referenceTo(target, style.version) }
  }
  if (text === 'any') return { type: 'object' }
  if (text === 'string') return field.e ? { type: 'string', enum: field.e } : { type: 'string' }
  if (text === 'byte') return { type: 'string', format: 'byte' }
  if (text === 'int32' || text === 'int64') return { type: 'integer', format: text }
  return text === 'float' || text === 'double' ? { type: 'number', format: text } : { type: text }
}

function unionName(text: string, owner: string): string | undefined {
  return unions[text] === undefined ? undefined : `${owner.slice(0, owner.lastIndexOf('.') + 1)}${unions[text]}`
}

/** v3 tells the zero value of every field that Go always writes; v2 tells no defaults. */
function defaultOf(field: FieldFacts, style: Style): Json {
  if (style.version === 2) return {}
  if (field.d !== undefined) return { default: field.d }
  if (field.q === 1 || (field.o === 1 && !field.t.startsWith('#'))) return {}
  return zeroDefault(field.t)
}

function zeroDefault(text: string): Json {
  if (text.startsWith('#')) return { default: {} }
  if (text === 'string') return { default: '' }
  if (text === 'boolean') return { default: false }
  return text === 'int32' || text === 'int64' || text === 'double' || text === 'float' ? { default: 0 } : {}
}

function specialType(format: string, version: 2 | 3): Json {
  switch (format) {
    case 'date-time':
    case 'micro-time':
      return { type: 'string', format: 'date-time' }
    case 'duration':
      return { type: 'string' }
    case 'quantity':
      return version === 2 ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] }
    case 'int-or-string':
      return version === 2 ? { type: 'string', format } : { oneOf: [{ type: 'integer' }, { type: 'string' }], format }
    case 'fields-v1':
    case 'raw-extension':
      return { type: 'object' }
    default:
      return {}
  }
}

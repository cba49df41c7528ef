// Definitions of custom resources: the schema of a CRD printed back as OpenAPI, with the fields every object has.
import type { Resolved } from '../../apimachinery/kind.ts'
import type { Schema, SchemaValidations } from '../../apimachinery/schema/schema.ts'
import { schemaIn } from '../schemas.ts'
import { type Json, referenceTo } from './definitions.ts'
import { objectDefinition } from './operations.ts'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Definition name → definition, of a custom kind and of its list. */
export function customDefinitions(resolved: Resolved, version: 2 | 3): Record<string, Json> {
  const { kind, group, version: apiVersion } = resolved
  const name = objectDefinition(resolved)
  const schema = kind.schema ? schemaJson(schemaIn(resolved), version) : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const typeMeta = {
    apiVersion: { type: 'string', description: 'Group and version that define the fields of this object.' },
    kind: { type: 'string', description: 'What sort of object this is.' },
  }
  const metadata = (type: string) => ({ $ref: referenceTo(`${meta}.${type}`, version) })
  const properties = { ...typeMeta, metadata: metadata('ObjectMeta'), ...without(schema['properties'] as Json | undefined) }
  const gvk = (word: string) => ({ 'x-kubernetes-group-version-kind': [{ group, kind: word, version: apiVersion }] })
  return {
    [name]: { ...schema, type: 'object', properties, ...gvk(kind.kind) },
    [name.replace(/[^.]+$/, kind.listKind)]: {
      type: 'object',
      description: `${kind.listKind} is a list of ${kind.kind}`,
      required: ['items'],
      properties: { ...typeMeta, metadata: metadata('ListMeta'), items: { type: 'array', items: { $ref: referenceTo(name, version) } } },
      ...gvk(kind.listKind),
    },
  }
}

function without(properties: Json | undefined): Json {
  const { apiVersion, kind, metadata, ...rest } = properties ?? {}
  return rest
}

/** A schema as OpenAPI JSON. v2 lacks nullable and the logical words: a node that needs them says less there, never something wrong. */
export function schemaJson(schema: Schema, version: 2 | 3): Json {
  const loose = version === 2 && (schema.nullable === true || schema.preserveUnknownFields === true || schema.intOrString === true)
  const json: Json = {}
  const put = (key: string, value: unknown) => {
    if (value !== undefined) json[key] = value
  }
  put('description', schema.description)
  if (!(version === 2 && (schema.nullable || schema.intOrString))) put('type', schema.type)
  put('format', version === 2 && schema.intOrString ? undefined : schema.format)
  if (!loose) {
    put('required', schema.required)
    put('properties', schema.properties && mapValues(schema.properties, (inner) => schemaJson(inner, version)))
    const values = schema.additionalProperties
    put('additionalProperties', values === undefined || values === true ? values : schemaJson(values, version))
    put('items', schema.items && schemaJson(schema.items, version))
  }
  put('enum', schema.enum)
  put('default', version === 3 ? schema.default : undefined)
  put('nullable', version === 3 ? schema.nullable : undefined)
  put('x-kubernetes-preserve-unknown-fields', schema.preserveUnknownFields)
  put('x-kubernetes-embedded-resource', schema.embeddedResource)
  put('x-kubernetes-int-or-string', schema.intOrString)
  put('x-kubernetes-list-type', schema.listType)
  put('x-kubernetes-list-map-keys', schema.listMapKeys)
  put('x-kubernetes-map-type', schema.mapType)
  return { ...json, ...validationsJson(schema.validations, version) }
}

const logical = ['allOf', 'anyOf', 'oneOf'] as const

function validationsJson(validations: SchemaValidations | undefined, version: 2 | 3): Json {
  if (!validations) return {}
  const { rules, allOf, anyOf, oneOf, not, ...plain } = validations
  const json: Json = { ...plain }
  if (version === 2) return json
  for (const word of logical) if (validations[word]) json[word] = validations[word].map((inner) => schemaJson(inner, version))
  if (not) json['not'] = schemaJson(not, version)
  if (rules) json['x-kubernetes-validations'] = rules
  return json
}

function mapValues(object: Record<string, Schema>, change: (value: Schema) => Json): Json {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}

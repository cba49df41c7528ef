// Schemas of the built-in types, from openapi/schema.json. A type is built on first use together with all it refers to, and once:
// nodes of a type share their `properties` by identity, so a type that contains itself is a cycle.
import factsFile from '../../../openapi/schema.json' with { type: 'json' }
import { type FieldFacts, goTypeOf, resolveReference, type SchemaFacts } from './facts.ts'
import type { ProtoField, Schema } from './schema.ts'

const facts = new Map(Object.entries(factsFile as unknown as SchemaFacts))
const built = new Map<string, Schema>()

/** The schema of a definition such as io.k8s.api.core.v1.Pod. Throws when the name is unknown (a bug in a kind, never user input). */
export function schemaOf(definitionName: string): Schema {
  const known = built.get(definitionName)
  if (known) return known
  const type = facts.get(definitionName)
  if (!type) throw new Error(`openapi/schema.json has no definition ${definitionName}`)
  if (type.s !== undefined)
    return remember(definitionName, { ...special(type.s), typeName: definitionName, goType: goName(definitionName) })
  const properties: Record<string, Schema> = Object.create(null)
  const fields = Object.entries(type.f ?? {})
  const required = fields.filter(([, field]) => field.r === 1).map(([name]) => name)
  const schema = remember(definitionName, {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(type.mt === 'atomic' ? { mapType: 'atomic' as const } : {}),
    typeName: definitionName,
    goType: goName(definitionName),
  })
  for (const [name, field] of fields) properties[name] = fieldSchema(field, definitionName)
  return schema
}

/** Whether a definition is known. */
export function hasSchema(definitionName: string): boolean {
  return facts.has(definitionName)
}

/** Every definition name, sorted. */
export function definitionNames(): string[] {
  return [...facts.keys()]
}

/** The stored facts of a definition: for those who publish them (OpenAPI documents); everybody else wants {@link schemaOf}. */
export function factsOf(definitionName: string): SchemaFacts[string] | undefined {
  return facts.get(definitionName)
}

function goName(definitionName: string): string {
  return definitionName.split('.').slice(-2).join('.')
}

function remember(name: string, schema: Schema): Schema {
  built.set(name, schema)
  return schema
}

function fieldSchema(field: FieldFacts, owner: string): Schema {
  const schema = typeSchema(field.t, owner, field.e, field.n)
  if (field.lt !== undefined && schema.type === 'array') schema.listType = field.lt as NonNullable<Schema['listType']>
  if (field.lk !== undefined) schema.listMapKeys = field.lk
  if (field.mt !== undefined) schema.mapType = field.mt as NonNullable<Schema['mapType']>
  if (field.ps !== undefined) schema.patchStrategy = field.ps.split(',')
  if (field.pk !== undefined) schema.patchMergeKey = field.pk
  if (field.d !== undefined) schema.default = field.d
  if (field.o === 1) schema.omitEmpty = true
  if (field.q === 1) schema.pointer = true
  if (field.z === 1) schema.omitZero = true
  if (field.p !== undefined) schema.proto = protoField(field.t, field.p)
  return schema
}

/** A fresh node: the caller adds what the field says. `named` is the Go type where the text does not tell it. */
function typeSchema(text: string, owner: string, values?: readonly string[], named?: string): Schema {
  const goType = named ?? goTypeOf(text, owner)
  if (text.startsWith('[]')) {
    return {
      type: 'array',
      items: typeSchema(text.replace(/^\[\]!?/, ''), owner, values, named?.startsWith('[]') ? named.slice(2) : undefined),
      goType,
    }
  }
  if (text.startsWith('map:')) {
    const value = typeSchema(text.slice(4), owner, values, /^map\[[\w.]+\](.+)$/.exec(named ?? '')?.[1])
    return { type: 'object', additionalProperties: { ...value, proto: protoField(text.slice(4), 2) }, goType }
  }
  if (text.startsWith('#')) return { ...schemaOf(resolveReference(text, owner)), goType }
  // the node of a union of JSONSchemaProps and something else names the JSONSchemaProps meant
  if (text.startsWith('json-schema-')) return { ...special(text), goType, typeName: resolveReference('#JSONSchemaProps', owner) }
  return values ? { type: 'string', enum: values, goType } : { ...special(text), goType }
}

function special(format: string): Schema {
  switch (format) {
    case 'string':
    case 'boolean':
      return { type: format }
    case 'int32':
    case 'int64':
      return { type: 'integer', format }
    case 'float':
    case 'double':
      return { type: 'number', format }
    case 'byte':
    case 'date-time':
    case 'micro-time':
    case 'duration':
    case 'quantity':
      return { type: 'string', format }
    case 'int-or-string':
      return { format, intOrString: true }
    case 'fields-v1':
    case 'raw-extension':
      return { type: 'object', format, preserveUnknownFields: true }
    case 'any':
      return { preserveUnknownFields: true }
    default: // json, json-schema-or-bool, json-schema-or-array, json-schema-or-string-array
      return { format, preserveUnknownFields: true }
  }
}

/** go-to-protobuf takes the wire type from the Go type; the first word of the struct tag is not always right. */
function protoField(text: string, path: number | readonly number[]): ProtoField {
  const numbers = typeof path === 'number' ? [path] : path
  const wrapped = text.startsWith('[]!')
  return {
    number: numbers.at(-1)!,
    wire: wireOf(wrapped ? 'string' : text.replace(/^\[\]/, '')),
    ...(!wrapped && (text.startsWith('[]') || text.startsWith('map:')) ? { repeated: true } : {}),
    ...(wrapped ? { wrapped: true } : {}),
    ...(numbers.length > 1 ? { via: numbers.slice(0, -1) } : {}),
  }
}

function wireOf(text: string): ProtoField['wire'] {
  if (text === 'boolean' || text === 'int32' || text === 'int64') return 'varint'
  if (text === 'double') return 'fixed64'
  return text === 'float' ? 'fixed32' : 'bytes'
}

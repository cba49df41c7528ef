// JSONSchemaProps of a CustomResourceDefinition (openAPIV3Schema) → Schema. The CRD's own validation has been done: what is malformed here
// is left out, never thrown. https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
import { isObject } from '../json.ts'
import type { Schema, SchemaValidations } from './schema.ts'

type Json = Record<string, unknown>

const plainValidations = [
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const
const types = new Set<unknown>(['object', 'array', 'string', 'integer', 'number', 'boolean'])

/** The run-time schema of an openAPIV3Schema, with its value validations and x-kubernetes-… marks. */
export function fromJsonSchema(props: unknown): Schema {
  const json = isObject(props) ? props : {}
  const schema: Schema = {}
  if (types.has(json['type'])) schema.type = json['type'] as NonNullable<Schema['type']>
  copy(schema, json, {
    format: 'format',
    description: 'description',
    enum: 'enum',
    default: 'default',
    nullable: 'nullable',
    required: 'required',
  })
  copy(schema, json, {
    'x-kubernetes-preserve-unknown-fields': 'preserveUnknownFields',
    'x-kubernetes-embedded-resource': 'embeddedResource',
    'x-kubernetes-int-or-string': 'intOrString',
    'x-kubernetes-list-type': 'listType',
    'x-kubernetes-list-map-keys': 'listMapKeys',
    'x-kubernetes-map-type': 'mapType',
  })
  if (isObject(json['properties'])) schema.properties = propertiesOf(json['properties'])
  const values = json['additionalProperties']
  if (values === true) schema.additionalProperties = true
  else if (isObject(values)) schema.additionalProperties = fromJsonSchema(values)
  if (isObject(json['items'])) schema.items = fromJsonSchema(json['items'])
  const validations = validationsOf(json)
  if (Object.keys(validations).length > 0) schema.validations = validations
  return schema
}

/** No prototype: a user's field may be called `constructor` or `__proto__`. */
function propertiesOf(properties: Json): Record<string, Schema> {
  const result: Record<string, Schema> = Object.create(null)
  for (const [name, value] of Object.entries(properties)) result[name] = fromJsonSchema(value)
  return result
}

function copy(schema: Schema, json: Json, keys: Readonly<Record<string, keyof Schema>>): void {
  for (const [from, to] of Object.entries(keys)) {
    if (json[from] !== undefined && json[from] !== null && json[from] !== false) Object.assign(schema, { [to]: json[from] })
  }
  if (json['default'] === false) schema.default = false
}

function validationsOf(json: Json): SchemaValidations {
  const validations: Record<string, unknown> = {}
  for (const key of plainValidations) if (json[key] !== undefined && json[key] !== null && json[key] !== false) validations[key] = json[key]
  for (const key of ['allOf', 'anyOf', 'oneOf']) if (Array.isArray(json[key])) validations[key] = json[key].map(fromJsonSchema)
  if (isObject(json['not'])) validations['not'] = fromJsonSchema(json['not'])
  if (Array.isArray(json['x-kubernetes-validations'])) validations['rules'] = json['x-kubernetes-validations']
  return validations
}

// What an openAPIV3Schema may say: Kubernetes' subset of JSON schema, and the shape that makes it structural.
// Words: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
import type { JSONSchemaProps } from '../../../openapi/types/apiextensions/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { getOwn } from '../../apimachinery/json.ts'
import { sortedEntries, structuralErrors } from './structural-rules.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const
const metaFields = ['metadata', 'kind', 'apiVersion']

/** All rules of the schema of one version. */
export function crdSchemaErrors(schema: JSONSchemaProps, hasStatus: boolean, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus && schema.type !== undefined && schema.type !== 'object') {
    const detail = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    errors.push(invalidValue(path.child('type'), schema.type, detail))
  }
  if (schema.nullable === true) errors.push(forbiddenField(path.child('nullable'), 'nullable cannot be true at the root'))
  return [...errors, ...structuralErrors(schema, path), ...schemaErrors(schema, path, { root: true })]
}

interface Place {
  root?: boolean
  /** Why a default is not allowed here. */
  noDefault?: string
  insideMeta?: boolean
}

function schemaErrors(schema: JSONSchemaProps | undefined, path: Path, place: Place): FieldError[] {
  if (schema === undefined) return []
  const { noDefault, insideMeta } = place
  const inner: Place = { ...(noDefault === undefined ? {} : { noDefault }), ...(insideMeta === undefined ? {} : { insideMeta }) }
  const more = (list: readonly JSONSchemaProps[] | undefined, field: string): FieldError[] =>
    (list ?? []).flatMap((each, index) => schemaErrors(each, path.child(field).index(index), inner))
  const items = Array.isArray(schema.items) ? undefined : schema.items
  return [
    ...ownErrors(schema, path, place),
    ...additionalErrors(schema, path, inner),
    ...propertyErrors(schema, path, place, inner),
    ...schemaErrors(schema.not, path.child('not'), inner),
    ...more(schema.allOf, 'allOf'),
    ...more(schema.oneOf, 'oneOf'),
    ...more(schema.anyOf, 'anyOf'),
    ...schemaErrors(items, path.child('items'), inner),
    ...extensionErrors(schema, path),
    ...listErrors(schema, items, path),
  ]
}

function ownErrors(schema: JSONSchemaProps, path: Path, { noDefault, insideMeta }: Place): FieldError[] {
  const errors: FieldError[] = []
  const { type } = schema
  if (type && !types.includes(type)) errors.push(notSupported(path.child('type'), type, types))
  if (schema.default !== undefined && noDefault !== undefined) {
    errors.push(forbiddenField(path.child('default'), `must not be set ${noDefault}`))
  }
  for (const field of unsupported) {
    if (schema[field] !== undefined) errors.push(forbiddenField(path.child(field), `${field} is not supported`))
  }
  if (type === 'null') errors.push(forbiddenField(path.child('type'), 'type cannot be set to null, use nullable as an alternative'))
  if (Array.isArray(schema.items)) errors.push(forbiddenField(path.child('items'), 'items must be a schema object and not an array'))
  if (insideMeta && schema['x-kubernetes-embedded-resource'] === true) {
    errors.push(forbiddenField(path.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'))
  }
  if (schema.uniqueItems === true) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbiddenField(path.child('uniqueItems'), detail))
  }
  return errors
}

function additionalErrors({ additionalProperties: additional, properties = {} }: JSONSchemaProps, path: Path, place: Place): FieldError[] {
  if (additional === undefined) return []
  const where = path.child('additionalProperties')
  const errors: FieldError[] = []
  if (Object.keys(properties).length > 0 && additional !== true) {
    errors.push(forbiddenField(where, 'additionalProperties and properties are mutual exclusive'))
  }
  if (typeof additional === 'boolean') return errors
  const noDefault = place.insideMeta ? 'inside additionalProperties applying to object metadata' : place.noDefault
  return [...errors, ...schemaErrors(additional, where, { ...place, ...(noDefault === undefined ? {} : { noDefault }) })]
}

function propertyErrors(schema: JSONSchemaProps, path: Path, { root }: Place, inner: Place): FieldError[] {
  const resource = root === true || schema['x-kubernetes-embedded-resource'] === true
  return sortedEntries(schema.properties).flatMap(([name, property]) => {
    const isMeta = resource && metaFields.includes(name)
    const place = isMeta ? { ...inner, insideMeta: true, ...(root ? { noDefault: `in top-level ${name}` } : {}) } : inner
    return schemaErrors(property, path.child('properties').key(name), place)
  })
}

function extensionErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const mapType = schema['x-kubernetes-map-type']
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalidValue(path.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'))
  }
  if (mapType === undefined) return errors
  errors.push(...mustBeType(schema, 'object', 'x-kubernetes-map-type', path))
  if (mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(path.child('x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  }
  return errors
}

function mustBeType({ type }: JSONSchemaProps, wanted: string, because: string, path: Path): FieldError[] {
  if (type === wanted) return []
  const detail = `must be ${wanted} if ${because} is specified`
  return [type ? invalidValue(path.child('type'), type, detail) : required(path.child('type'), detail)]
}

function listErrors(schema: JSONSchemaProps, items: JSONSchemaProps | undefined, path: Path): FieldError[] {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const where = path.child('x-kubernetes-list-type')
  const errors: FieldError[] = []
  if (listType !== undefined) {
    const wrong = mustBeType(schema, 'array', 'x-kubernetes-list-type', path)
    errors.push(...wrong)
    if (wrong.length === 0 && listType === 'set') errors.push(...setItemErrors(items, path))
    if (!['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(where, listType, ['atomic', 'set', 'map']))
  }
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    errors.push(listType === undefined ? required(where, detail) : invalidValue(where, listType, detail))
  }
  if (listType === 'map') errors.push(...mapListErrors(schema, items, keys, path))
  if (items?.nullable === true && (listType === 'set' || listType === 'map')) {
    errors.push(forbiddenField(path.child('items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`))
  }
  return errors
}

function setItemErrors(items: JSONSchemaProps | undefined, path: Path): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalidValue(path.child('items', 'x-kubernetes-list-type'), listType, detail)]
  }
  if (items?.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return []
  return [invalidValue(path.child('items', 'x-kubernetes-map-type'), listType ?? null, detail)]
}

function mapListErrors(schema: JSONSchemaProps, items: JSONSchemaProps | undefined, keys: readonly string[], path: Path): FieldError[] {
  const where = path.child('x-kubernetes-list-map-keys')
  const errors: FieldError[] = []
  if (keys.length === 0) errors.push(required(where, 'must not be empty if x-kubernetes-list-type is map'))
  if (schema.items === undefined) errors.push(required(path.child('items'), 'must have a schema if x-kubernetes-list-type is map'))
  if (items === undefined) return errors
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalidValue(path.child('items', 'type'), items.type ?? '', detail)]
  }
  for (const [index, key] of keys.entries()) {
    errors.push(...mapKeyErrors(items, key, keys, path))
    if (keys.indexOf(key) < index) errors.push(invalidValue(where, keys, 'must not contain duplicate entries'))
  }
  return errors
}

function mapKeyErrors(items: JSONSchemaProps, key: string, keys: readonly string[], list: Path): FieldError[] {
  const property = getOwn(items.properties, key)
  const path = list.child('items', 'properties').key(key)
  if (property === undefined) {
    return [invalidValue(list.child('x-kubernetes-list-map-keys'), keys, 'entries must all be names of item properties')]
  }
  const errors: FieldError[] = []
  if (property.type === 'array' || property.type === 'object') {
    errors.push(invalidValue(path.child('type'), items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"))
  }
  const suffix = 'this property is in x-kubernetes-list-map-keys, so it'
  if (!items.required?.includes(key) && property.default === undefined) {
    errors.push(required(path.child('default'), `${suffix} must have a default or be a required property`))
  }
  if (property.nullable === true) errors.push(forbiddenField(path.child('nullable'), `${suffix} cannot be nullable`))
  return errors
}

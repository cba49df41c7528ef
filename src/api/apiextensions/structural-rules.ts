// What makes a schema structural: every field has a type, and logic (allOf, anyOf …) only restricts what is already described.
// Words: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go.
import type { JSONSchemaProps } from '../../../openapi/types/apiextensions/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { compileRegex } from '../../apimachinery/regex/match.ts'

type Level = 'root' | 'item' | 'field'

const missingType: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}
const intOrString = [{ type: 'integer' }, { type: 'string' }]
const undefinedText = 'must be undefined to be structural'
const falseText = 'must be false to be structural'
const emptyText = 'must be empty to be structural'
/** What a restricting part may not say. */
const onlyOutside = [
  ['default', undefinedText],
  ['title', emptyText],
  ['description', emptyText],
  ['nullable', falseText],
  ['x-kubernetes-preserve-unknown-fields', falseText],
  ['x-kubernetes-embedded-resource', falseText],
  ['x-kubernetes-int-or-string', falseText],
  ['x-kubernetes-list-map-keys', emptyText],
  ['x-kubernetes-list-type', undefinedText],
  ['x-kubernetes-map-type', undefinedText],
  ['x-kubernetes-validations', emptyText],
] as const

/** All that keeps a schema from being structural. */
export function structuralErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  return levelErrors(schema, 'root', path)
}

function levelErrors(schema: JSONSchemaProps, level: Level, path: Path): FieldError[] {
  const { type, properties, additionalProperties: additional } = schema
  const items = Array.isArray(schema.items) ? undefined : schema.items
  const errors: FieldError[] = []
  if (type === 'array' && schema.items === undefined) errors.push(required(path.child('items'), 'must be specified'))
  if (items !== undefined) errors.push(...levelErrors(items, 'item', path.child('items')))
  for (const [name, property] of sortedEntries(properties)) {
    errors.push(...levelErrors(property, 'field', path.child('properties').key(name)))
  }
  if (additional !== undefined && level === 'root') {
    errors.push(forbiddenField(path.child('additionalProperties'), 'must not be used at the root'))
  }
  if (typeof additional === 'object') errors.push(...levelErrors(additional, 'field', path.child('additionalProperties')))
  return [
    ...errors,
    ...extensionErrors(schema, path),
    ...typeErrors(schema, level, path),
    ...metaErrors(schema, level, path),
    ...logicErrors(schema, path, isIntOrString(schema)),
  ]
}

function isIntOrString({ anyOf }: JSONSchemaProps): boolean {
  return semanticEqual(anyOf, intOrString)
}

function extensionErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  if (schema['x-kubernetes-int-or-string'] !== true) return []
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((field) => schema[field] === true)
    .map((field) => invalidValue(path.child(field), true, 'must be false if x-kubernetes-int-or-string is true'))
}

function typeErrors(schema: JSONSchemaProps, level: Level, path: Path): FieldError[] {
  const { type } = schema
  const where = path.child('type')
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const errors: FieldError[] = []
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    errors.push(type ? invalidValue(where, type, detail) : required(where, detail))
  } else if (!type && schema['x-kubernetes-int-or-string'] !== true && schema['x-kubernetes-preserve-unknown-fields'] !== true) {
    errors.push(required(where, missingType[level]))
  }
  if (embedded && schema.additionalProperties !== undefined) {
    errors.push(forbiddenField(path.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'))
  }
  if (level === 'root' && type && type !== 'object') errors.push(invalidValue(where, type, 'must be object at the root'))
  return errors
}

function metaErrors(schema: JSONSchemaProps, level: Level, path: Path): FieldError[] {
  const properties = new Map(Object.entries(schema.properties ?? {}))
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const errors: FieldError[] = []
  const where = (name: string): Path => path.child('properties').key(name)
  if (level === 'root' || embedded) {
    for (const name of ['kind', 'apiVersion']) {
      const property = properties.get(name)
      if (property && property.type !== 'string')
        errors.push(invalidValue(where(name).child('type'), property.type ?? '', 'must be string'))
    }
    const metadata = properties.get('metadata')
    if (metadata && metadata.type !== 'object')
      errors.push(invalidValue(where('metadata').child('type'), metadata.type ?? '', 'must be object'))
    if (level === 'root' && metadata && !isPlainMetadata(metadata)) {
      errors.push(
        forbiddenField(
          where('metadata'),
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      )
    }
  }
  if (embedded && schema['x-kubernetes-preserve-unknown-fields'] !== true && properties.size === 0) {
    const detail = 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.push(required(path.child('properties'), detail))
  }
  return errors
}

function isPlainMetadata({ type: _type, default: _default, description: _description, properties, ...rest }: JSONSchemaProps): boolean {
  const names = Object.keys(properties ?? {})
  const plain = names.every((name) => name === 'name' || name === 'generateName')
  return plain && Object.values(rest).every((value) => value === undefined)
}

/** The logic beside a described part, with what it may not contain. */
function logicErrors(schema: JSONSchemaProps, path: Path, skipAnyOf: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (!skipAnyOf) errors.push(...nestedList(schema.anyOf, path.child('anyOf')))
  for (const [index, nested] of (schema.allOf ?? []).entries()) {
    errors.push(...nestedErrors(nested, path.child('allOf').index(index), index === 0 && isIntOrString(nested)))
  }
  errors.push(...nestedList(schema.oneOf, path.child('oneOf')))
  if (schema.not !== undefined) errors.push(...nestedErrors(schema.not, path.child('not'), false))
  return [...errors, ...patternErrors(schema, path)]
}

function nestedList(list: readonly JSONSchemaProps[] = [], path: Path): FieldError[] {
  return list.flatMap((nested, index) => nestedErrors(nested, path.index(index), false))
}

function nestedErrors(schema: JSONSchemaProps, path: Path, skipAnyOf: boolean): FieldError[] {
  const errors = logicErrors(schema, path, skipAnyOf)
  const items = Array.isArray(schema.items) ? undefined : schema.items
  if (items !== undefined) errors.push(...nestedErrors(items, path.child('items'), false))
  for (const [name, property] of sortedEntries(schema.properties)) {
    errors.push(...nestedErrors(property, path.child('properties').key(name), false))
  }
  if (schema.type) errors.push(forbiddenField(path.child('type'), 'must be empty to be structural'))
  if (schema.additionalProperties !== undefined) {
    errors.push(forbiddenField(path.child('additionalProperties'), 'must be undefined to be structural'))
  }
  for (const [field, detail] of onlyOutside) {
    const value = schema[field]
    if (value !== undefined && value !== false && value !== '') errors.push(forbiddenField(path.child(field), detail))
  }
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, 'metadata')) {
    errors.push(forbiddenField(path.child('properties').key('metadata'), 'must not be specified in a nested context'))
  }
  return errors
}

/** A pattern that is no regular expression. */
function patternErrors({ pattern }: JSONSchemaProps, path: Path): FieldError[] {
  if (!pattern) return []
  try {
    compileRegex(pattern)
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [invalidValue(path.child('pattern'), pattern, `must be a valid regular expression, but isn't: ${reason}`)]
  }
}

/** Entries in the order of their keys: upstream's is random, ours is not. */
export function sortedEntries<T>(map: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

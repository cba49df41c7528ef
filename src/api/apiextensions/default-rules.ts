// Defaults inside a CRD's schema must be values that the schema itself would accept.
// Words: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting.
import type { JSONSchemaProps } from '../../../openapi/types/apiextensions/v1.ts'
import { hasRules, ruleErrors } from '../../apimachinery/cel/rules.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue } from '../../apimachinery/field-errors.ts'
import { isObject } from '../../apimachinery/json.ts'
import { fromJsonSchema } from '../../apimachinery/schema/from-json-schema.ts'
import { pruned } from '../../apimachinery/schema/prune.ts'
import { validateValue } from '../../apimachinery/schema/validate.ts'
import { sortedEntries } from './structural-rules.ts'

/** Faults of all defaults of a schema that is structural. Defaults of metadata are left to the object's own validation. */
export function defaultErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  const items = Array.isArray(schema.items) ? undefined : schema.items
  return [
    ...(schema.default === undefined || schema.default === null ? [] : ownErrors(schema, path.child('default'))),
    ...(items === undefined ? [] : defaultErrors(items, path.child('items'))),
    ...sortedEntries(schema.properties).flatMap(([name, property]) => {
      const isMeta = schema['x-kubernetes-embedded-resource'] === true && ['metadata', 'apiVersion', 'kind'].includes(name)
      return isMeta ? [] : defaultErrors(property, path.child('properties').key(name))
    }),
  ]
}

function ownErrors(props: JSONSchemaProps, path: Path): FieldError[] {
  const value: unknown = props.default
  const schema = fromJsonSchema(props)
  const isKnown = !isObject(value) || semanticEqual(pruned(value, schema, schema.embeddedResource === true).object, value)
  const unknown = isKnown ? [] : [invalidValue(path, value, 'must not have unknown fields')]
  const errors = validateValue(value, schema, { lists: false })
  const all = errors.length > 0 || !hasRules(schema) ? errors : ruleErrors(value, schema)
  return [...unknown, ...all.map((error) => ({ ...error, field: below(path, error.field) }))]
}

function below(path: Path, field: string): string {
  if (field === '<nil>' || field === '') return String(path)
  return field.startsWith('[') ? `${path}${field}` : `${path}.${field}`
}

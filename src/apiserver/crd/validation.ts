// Rules of a custom resource in one version: schema, scale numbers, embedded objects, CEL rules. Unchanged values are tolerated on update.
// Order and words: k8s.io/apiextensions-apiserver/pkg/registry/customresource. Pure.
import { hasRules, ruleErrors } from '../../apimachinery/cel/rules.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { invalidValue } from '../../apimachinery/field-errors.ts'
import { isObject } from '../../apimachinery/json.ts'
import type { ScalePaths } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Schema } from '../../apimachinery/schema/schema.ts'
import { validateValue } from '../../apimachinery/schema/validate.ts'
import { validateUniqueLists } from '../../apimachinery/schema/validate-lists.ts'

/** What one version demands. */
export interface VersionRules {
  schema: Schema
  scale?: ScalePaths
}

const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const uncheckedText =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** Errors of an object in the version that its rules are of; `old` is absent on create. */
export function customErrors(
  rules: VersionRules,
  object: KubeObject,
  old: KubeObject | undefined,
  subresource: string | undefined,
): FieldError[] {
  const errors = [
    ...(subresource === 'status' ? statusErrors(rules.schema, object, old) : schemaErrors(rules.schema, object, old)),
    ...scaleErrors(rules.scale, object, subresource),
  ]
  if (!hasRules(rules.schema)) return errors
  const unchecked = uncheckedRules(errors)
  return [...errors, ...(unchecked === undefined ? ruleErrors(object, rules.schema, old) : [unchecked])]
}

function schemaErrors(schema: Schema, object: unknown, old: unknown): FieldError[] {
  return [...validateValue(object, schema, { old, lists: false }), ...listErrors(schema, object, old)]
}

/** Of a status write, the status alone; lists are looked at everywhere. */
function statusErrors(schema: Schema, object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const { status } = object as { status?: unknown }
  const part = schema.properties?.['status']
  const before = (old as { status?: unknown } | undefined)?.status
  const errors = status === undefined || part === undefined ? [] : validateValue(status, part, { old: before, lists: false })
  return [...errors.map(underStatus), ...listErrors(schema, object, old)]
}

function underStatus(error: FieldError): FieldError {
  return { ...error, field: error.field === '<nil>' ? 'status' : `status.${error.field}` }
}

/** Repeated items are tolerated in an object that had some before. */
function listErrors(schema: Schema, object: unknown, old: unknown): FieldError[] {
  const errors = validateUniqueLists(object, schema)
  return errors.length > 0 && old !== undefined && validateUniqueLists(old, schema).length > 0 ? [] : errors
}

const maxInt32 = 2 ** 31 - 1

function scaleErrors(scale: ScalePaths | undefined, object: KubeObject, subresource: string | undefined): FieldError[] {
  if (scale === undefined) return []
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale
  return [
    ...(subresource === 'status' ? [] : replicasErrors(object, specReplicasPath)),
    ...replicasErrors(object, statusReplicasPath),
    ...(labelSelectorPath === undefined ? [] : typeErrors(object, labelSelectorPath, 'string')),
  ]
}

function replicasErrors(object: KubeObject, path: string): FieldError[] {
  const wrong = typeErrors(object, path, 'int64')
  const value = fieldAt(object, path)
  if (wrong.length > 0 || value === undefined) return wrong
  const count = Number(value)
  if (count < 0) return [invalidValue(path, count, 'should be a non-negative integer')]
  return count > maxInt32 ? [invalidValue(path, count, `should be less than or equal to ${maxInt32}`)] : []
}

function typeErrors(object: KubeObject, path: string, wanted: 'int64' | 'string'): FieldError[] {
  const value = fieldAt(object, path)
  if (value === undefined) return []
  const type = goType(value)
  if (type === wanted) return []
  const zero = wanted === 'string' ? '' : 0
  return [invalidValue(path, zero, `${path} accessor error: ${JSON.stringify(value)} is of the type ${type}, expected ${wanted}`)]
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int64'
  if (typeof value === 'number') return 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

function fieldAt(object: unknown, path: string): unknown {
  let value = object
  for (const word of path.replace(/^\./, '').split('.')) value = isObject(value) && Object.hasOwn(value, word) ? value[word] : undefined
  return value
}

/** Whether errors forbid the CEL rules a look, as upstream has it; then the error that says so. */
function uncheckedRules(errors: readonly FieldError[]): FieldError | undefined {
  return errors.some(({ type }) => blocking.has(type)) ? invalidValue('<nil>', null, uncheckedText) : undefined
}

// x-kubernetes-validations of a CRD's schema: their form, and whether their expressions can be compiled and fit the schema.
// Words: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation and apiserver/schema/cel.
import type { JSONSchemaProps } from '../../../openapi/types/apiextensions/v1.ts'
import { typeOf } from '../../apimachinery/cel/check.ts'
import { compile, type Program } from '../../apimachinery/cel/compile.ts'
import { CelSyntaxError } from '../../apimachinery/cel/lexer.ts'
import { located } from '../../apimachinery/cel/located.ts'
import { bool, fits, type Type, text } from '../../apimachinery/cel/types.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { fromJsonSchema } from '../../apimachinery/schema/from-json-schema.ts'
import type { Schema } from '../../apimachinery/schema/schema.ts'
import { sortedEntries } from './structural-rules.ts'

type Rule = NonNullable<JSONSchemaProps['x-kubernetes-validations']>[number]

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const variables = ['self', 'oldSelf']

/** Faults of all rules in a schema that is sound otherwise. */
export function celRuleErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  return levelErrors(schema, path, { root: true })
}

interface Place {
  root?: true
  /** The list whose items cannot be told apart between old and new. */
  uncorrelatable?: Path
}

function levelErrors(schema: JSONSchemaProps, path: Path, place: Place): FieldError[] {
  const items = Array.isArray(schema.items) ? undefined : schema.items
  const { additionalProperties: values } = schema
  const below: Place = place.uncorrelatable === undefined ? {} : { uncorrelatable: place.uncorrelatable }
  const loose = schema['x-kubernetes-list-type'] === 'map' ? below : { uncorrelatable: place.uncorrelatable ?? path }
  const atomic = schema['x-kubernetes-map-type'] === 'atomic' ? { uncorrelatable: place.uncorrelatable ?? path } : below
  return [
    ...sortedEntries(schema.properties).flatMap(([name, property]) => levelErrors(property, path.child('properties').key(name), atomic)),
    ...(typeof values === 'object' ? levelErrors(values, path.child('additionalProperties'), atomic) : []),
    ...(items === undefined ? [] : levelErrors(items, path.child('items'), loose)),
    ...ruleErrors(schema, path.child('x-kubernetes-validations'), place),
  ]
}

function ruleErrors(schema: JSONSchemaProps, path: Path, place: Place): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  const errors = rules.flatMap((rule, index) => formErrors(rule, path.index(index)))
  if (rules.length === 0 || errors.length > 0) return errors
  const parsed = fromJsonSchema(schema)
  return rules.flatMap((rule, index) => expressionErrors(rule, parsed, path.index(index), place))
}

function formErrors({ rule, message, messageExpression, reason, fieldPath }: Rule, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const lines = (given: string) => given.trim().includes('\n')
  if ((rule ?? '').trim() === '') errors.push(required(path.child('rule'), 'rule is not specified'))
  else if (message && message.trim() === '') errors.push(invalidValue(path.child('message'), message, 'must be non-empty if specified'))
  else if (message && lines(message)) errors.push(invalidValue(path.child('message'), message, 'must not contain line breaks'))
  else if (lines(rule) && !message) errors.push(required(path.child('message'), 'message must be specified if rule contains line breaks'))
  if (messageExpression && messageExpression.trim() === '') {
    errors.push(required(path.child('messageExpression'), 'messageExpression must be non-empty if specified'))
  }
  if (reason && !reasons.includes(reason)) errors.push(notSupported(path.child('reason'), reason, reasons))
  if (fieldPath && fieldPath.trim() === '') errors.push(invalidValue(path.child('fieldPath'), fieldPath, 'must be non-empty if specified'))
  if (fieldPath?.includes('\n')) errors.push(invalidValue(path.child('fieldPath'), fieldPath, 'must not contain line breaks'))
  return errors
}

function expressionErrors(rule: Rule, schema: Schema, path: Path, place: Place): FieldError[] {
  const errors: FieldError[] = []
  const judge = (field: 'rule' | 'messageExpression', wanted: Type, wrong: string): Program | undefined => {
    const given = rule[field]
    if (!given) return undefined
    try {
      const program = compile(given, variables)
      const type = typeOf(program.expr, schema, { root: place.root === true, optionalOldSelf: rule.optionalOldSelf === true })
      if (!fits(type, wanted)) errors.push(invalidValue(path.child(field), shown(rule), wrong))
      return program
    } catch (error) {
      if (!(error instanceof CelSyntaxError)) throw error
      const prefix = field === 'rule' ? 'compilation failed' : 'messageExpression compilation failed'
      errors.push(invalidValue(path.child(field), shown(rule), `${prefix}: ${located(error, given)}`))
      return undefined
    }
  }
  const program = judge('rule', bool, 'cel expression must evaluate to a bool')
  judge('messageExpression', text, 'messageExpression must evaluate to a string')
  if (program === undefined) return errors
  if (program.uses('oldSelf')) {
    if (place.uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`
      errors.push(invalidValue(path.child('rule'), rule.rule, detail))
    }
  } else if (rule.optionalOldSelf !== undefined) {
    errors.push(invalidValue(path.child('optionalOldSelf'), rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  }
  return errors
}

/** A rule as upstream's internal struct prints. */
function shown({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: Rule): unknown {
  return {
    Rule: rule,
    Message: message ?? '',
    MessageExpression: messageExpression ?? '',
    Reason: reason ?? null,
    FieldPath: fieldPath ?? '',
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}

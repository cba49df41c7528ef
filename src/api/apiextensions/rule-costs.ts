// What the rules of a CRD's schema can cost at most: each for itself, and all together. Pure.
// Limits and words: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
import type { JSONSchemaProps } from '../../../openapi/types/apiextensions/v1.ts'
import { compile } from '../../apimachinery/cel/compile.ts'
import { maxCost } from '../../apimachinery/cel/cost.ts'
import { type Declared, declared, maxCardinality } from '../../apimachinery/cel/declared.ts'
import { CelSyntaxError } from '../../apimachinery/cel/lexer.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField } from '../../apimachinery/field-errors.ts'
import { fromJsonSchema } from '../../apimachinery/schema/from-json-schema.ts'
import type { Schema } from '../../apimachinery/schema/schema.ts'
import { sortedEntries } from './structural-rules.ts'

/** Of one expression, as often as it can be evaluated for one object. */
const expressionLimit = 10_000_000
/** Of all expressions of a schema. */
const schemaLimit = 100_000_000
/** Expressions that are named when all together are too much: the most expensive, from a hundredth of the limit. */
const named = 4

interface Cost {
  path: Path
  cost: number
}

/** Faults of rules that could cost too much. `path` is that of openAPIV3Schema. */
export function ruleCostErrors(schema: JSONSchemaProps, path: Path): FieldError[] {
  if (!hasRules(schema)) return []
  const costs: Cost[] = []
  const errors = levelErrors(schema, fromJsonSchema(schema), path, 1, true, costs)
  const total = costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total <= schemaLimit) return errors
  const expensive = costs.filter(({ cost }) => cost >= schemaLimit / 100).sort((a, b) => b.cost - a.cost)
  const share = 'contributed to estimated rule & messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema'
  const all = 'x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema'
  return [
    ...errors,
    ...expensive.slice(0, named).map((one) => forbiddenField(one.path, share)),
    forbiddenField(path, exceeded(all, total, schemaLimit)),
  ]
}

function hasRules(schema: JSONSchemaProps): boolean {
  const { properties = {}, items, additionalProperties: values } = schema
  if ((schema['x-kubernetes-validations']?.length ?? 0) > 0) return true
  if (items !== undefined && !Array.isArray(items) && hasRules(items)) return true
  return (typeof values === 'object' && hasRules(values)) || Object.values(properties).some(hasRules)
}

/** `cardinality`: how many values can stand here in one object; undefined: as many as fit into a request. */
function levelErrors(
  json: JSONSchemaProps,
  schema: Schema,
  path: Path,
  cardinality: number | undefined,
  root: boolean,
  costs: Cost[],
): FieldError[] {
  const items = Array.isArray(json.items) ? undefined : json.items
  const { additionalProperties: values } = json
  const times = (most: number | undefined) =>
    cardinality === undefined || most === undefined ? undefined : cardinality * Math.max(0, most)
  const below = (part: JSONSchemaProps, own: Schema | true | undefined, where: Path, count: number | undefined) =>
    typeof own === 'object' ? levelErrors(part, own, where, count, false, costs) : []
  return [
    ...sortedEntries(json.properties).flatMap(([name, property]) =>
      below(property, schema.properties?.[name], path.child('properties').key(name), cardinality),
    ),
    ...(typeof values === 'object'
      ? below(values, schema.additionalProperties, path.child('additionalProperties'), times(json.maxProperties))
      : []),
    ...(items === undefined ? [] : below(items, schema.items, path.child('items'), times(json.maxItems))),
    ...ownErrors(json, schema, path.child('x-kubernetes-validations'), cardinality, root, costs),
  ]
}

function ownErrors(
  json: JSONSchemaProps,
  schema: Schema,
  path: Path,
  cardinality: number | undefined,
  root: boolean,
  costs: Cost[],
): FieldError[] {
  const rules = json['x-kubernetes-validations'] ?? []
  const type = rules.length === 0 ? undefined : declared(schema, root)
  if (type === undefined) return []
  return rules.flatMap(({ rule, messageExpression }, index) => {
    const where = path.index(index)
    const errors: FieldError[] = []
    const judge = (text: string | undefined, field: string, name: string, times: number) => {
      const cost = costOf(text, type) * times
      if (cost === 0) return
      costs.push({ path: where.child(field), cost })
      if (cost > expressionLimit) errors.push(forbiddenField(where.child(field), exceeded(name, cost, expressionLimit)))
    }
    judge(rule, 'rule', 'estimated rule cost', cardinality ?? maxCardinality(type))
    judge(messageExpression, 'messageExpression', 'estimated messageExpression cost', 1)
    return errors
  })
}

/** Expressions that cannot be compiled are told of elsewhere. */
function costOf(text: string | undefined, type: Declared): number {
  if (!text) return 0
  try {
    return maxCost(compile(text, ['self', 'oldSelf']).expr, type)
  } catch (error) {
    if (error instanceof CelSyntaxError) return 0
    throw error
  }
}

function exceeded(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

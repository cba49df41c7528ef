// x-kubernetes-validations: runs the rules of a schema over an object, old and new, and words what they refuse.
// Order and texts: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go.
import { semanticEqual } from '../equal.ts'
import { duplicate, type FieldError, forbiddenField, invalidValue, required } from '../field-errors.ts'
import { isObject } from '../json.ts'
import type { Schema, SchemaValidations } from '../schema/schema.ts'
import { counterparts } from '../schema/validate-lists.ts'
import { compile, type Program } from './compile.ts'
import { CelSyntaxError } from './lexer.ts'
import { celValue, rootSchema, type Session } from './schema-values.ts'
import { CelError, CostError, Optional, type Value } from './values.ts'

type Rule = NonNullable<SchemaValidations['rules']>[number]

interface CompiledRule {
  rule: Rule
  program?: Program
  message?: Program
  problem?: string
}

/** Steps of one expression (upstream's limit of a call, in our steps: about 50 ms). */
const callLimit = 1_000_000
/** Steps of all rules of one object: about 100 ms. */
const objectLimit = 2_000_000
const maxMessageBytes = 5 * 1024

const compiledRules = new WeakMap<Schema, readonly CompiledRule[]>()
const ruled = new WeakMap<Schema, boolean>()

function compiledOf(schema: Schema): readonly CompiledRule[] {
  let rules = compiledRules.get(schema)
  if (rules === undefined) compiledRules.set(schema, (rules = (schema.validations?.rules ?? []).map(compiledRule)))
  return rules
}

function compiledRule(rule: Rule): CompiledRule {
  try {
    const program = compile(rule.rule, ['self', 'oldSelf'])
    return { rule, program, ...(rule.messageExpression ? { message: compile(rule.messageExpression, ['self', 'oldSelf']) } : {}) }
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error
    return { rule, problem: error.message }
  }
}

/** Whether there are rules in a schema or below it. */
export function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  const { validations, properties, items, additionalProperties: values } = schema
  const below = [...Object.values(properties ?? {}), ...(items ? [items] : []), ...(typeof values === 'object' ? [values] : [])]
  const found = (validations?.rules?.length ?? 0) > 0 || [...below, ...(validations?.allOf ?? [])].some(hasRules)
  ruled.set(schema, found)
  return found
}

/** One place in the object: its value, what stood there before, and whether it is as it was. */
interface Place {
  path: string
  value: unknown
  /** Undefined: nothing to compare with. */
  old: unknown
  unchanged: () => boolean
}

interface Run {
  errors: FieldError[]
  left: number
  session: Session
  oldSession: Session
}

/** Errors of the rules of an object's schema; `old` is absent on create. Rules without oldSelf tolerate what has not changed. */
export function ruleErrors(object: unknown, schema: Schema, old?: unknown): FieldError[] {
  if (!hasRules(schema)) return []
  const run: Run = { errors: [], left: objectLimit, session: new WeakMap(), oldSession: new WeakMap() }
  const place = { path: '', value: object, old, unchanged: () => old !== undefined && semanticEqual(object, old) }
  visit(schema, place, run, rootSchema(schema))
  return run.errors
}

function visit(schema: Schema, place: Place, run: Run, typed = schema): void {
  if (place.value === null || place.value === undefined || !hasRules(schema) || run.left < 0) return
  check(schema, typed, place, run)
  for (const part of schema.validations?.allOf ?? []) {
    if (run.left >= 0) visit({ ...typed, ...part, validations: part.validations ?? {} }, { ...place, unchanged: () => false }, run)
  }
  if (Array.isArray(place.value)) visitItems(place.value, schema, place, run)
  else if (isObject(place.value)) visitFields(place.value, schema, place, run)
}

function visitItems(list: unknown[], schema: Schema, { path, old, unchanged }: Place, run: Run): void {
  const { items } = schema
  if (items === undefined || !hasRules(items)) return
  const before = counterparts(schema, old)
  for (const [index, value] of list.entries()) {
    const counterpart = before(value)
    const same = counterpart === undefined ? unchanged : () => semanticEqual(value, counterpart)
    visit(items, { path: `${path}[${index}]`, value, old: counterpart, unchanged: same }, run)
  }
}

function visitFields(object: Record<string, unknown>, schema: Schema, { path, old }: Place, run: Run): void {
  const values = schema.additionalProperties
  const correlated = isObject(old) && schema.mapType !== 'atomic'
  for (const [name, value] of Object.entries(object)) {
    const property = schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    const part = property ?? (typeof values === 'object' ? values : undefined)
    if (part === undefined || !hasRules(part)) continue
    const before = correlated && Object.hasOwn(old, name) ? old[name] : undefined
    const own = property === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`
    visit(part, { path: own, value, old: before, unchanged: () => before !== undefined && semanticEqual(value, before) }, run)
  }
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

function check(schema: Schema, typed: Schema, place: Place, run: Run): void {
  const rules = compiledOf(schema)
  if (rules.length === 0) return
  const where = place.path === '' ? '<nil>' : place.path
  const refuse = (detail: string) => run.errors.push(invalidValue(where, schema.type ?? '', detail))
  const variables = variablesOf(typed, place, run)
  for (const compiled of rules) {
    if (run.left < 0) return
    const { rule, program } = compiled
    if (program === undefined) {
      refuse(`rule compile error: compilation failed: ${compiled.problem}`)
      continue
    }
    const usesOld = program.uses('oldSelf')
    if (usesOld && place.old === undefined && rule.optionalOldSelf !== true) continue
    const outcome = evaluated(program, variables(rule), run)
    if (outcome.error !== undefined) {
      refuse(errorDetail(outcome.error, rule, run))
      continue
    }
    if (outcome.value === true) continue
    const message = messageOf(compiled, variables(rule), run)
    if (!usesOld && place.unchanged()) continue
    run.errors.push(refusal(rule, where, schema, place.value, message))
  }
}

function variablesOf(schema: Schema, { value, old }: Place, run: Run): (rule: Rule) => () => readonly Value[] {
  return ({ optionalOldSelf }) =>
    () => {
      const self = celValue(value, schema, run.session)
      const oldSelf = old === undefined || old === null ? undefined : celValue(old, schema, run.oldSession)
      return [self, optionalOldSelf === true ? new Optional(oldSelf) : (oldSelf ?? null)]
    }
}

type Outcome = { value: Value; error?: undefined } | { value?: undefined; error: CelError | CostError }

function evaluated(program: Program, variables: () => readonly Value[], run: Run): Outcome {
  const limit = Math.min(callLimit, run.left)
  try {
    const { value, steps } = program.run(variables(), limit)
    run.left -= steps
    return { value }
  } catch (error) {
    if (error instanceof CostError) {
      run.left = -1
      return { error }
    }
    if (!(error instanceof CelError)) throw error
    run.left -= 1
    return { error }
  }
}

function errorDetail(error: CelError | CostError, rule: Rule, run: Run): string {
  const shown = shownRule(rule)
  if (error instanceof CostError) {
    run.left = -1
    return `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`
  }
  if (error.message.startsWith('no such overload')) {
    return `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
  }
  return run.left < 0 ? outOfBudget : `${error.message} evaluating rule: ${shown}`
}

function shownRule({ rule }: Rule): string {
  return rule.trim()
}

/** What the message expression gives, else the message, else the rule. */
function messageOf({ rule, message }: CompiledRule, variables: () => readonly Value[], run: Run): string {
  const given = message === undefined ? undefined : evaluated(message, variables, run).value
  const text = typeof given === 'string' ? given.trim() : ''
  if (text !== '' && !text.includes('\n') && new TextEncoder().encode(text).length <= maxMessageBytes) return text
  return rule.message ? rule.message.trim() : `failed rule: ${shownRule(rule)}`
}

function refusal(rule: Rule, place: string, { type }: Schema, value: unknown, detail: string): FieldError {
  const where = rule.fieldPath ? childPath(place, rule.fieldPath) : place
  const whole = type === 'object' || type === 'array'
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(where, detail)
    case 'FieldValueRequired':
      return required(where, detail)
    case 'FieldValueDuplicate':
      return whole ? { ...duplicate(where, value), title: 'Duplicate value' } : duplicate(where, value)
    default:
      return whole ? { ...invalidValue(where, '', detail), title: 'Invalid value' } : invalidValue(where, value, detail)
  }
}

/** `.a['b.c']` below a place, as upstream prints it. */
function childPath(place: string, fieldPath: string): string {
  const below = fieldPath.replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_all, key: string) => `[${key.replace(/\\(.)/g, '$1')}]`).replace(/^\./, '')
  if (place === '<nil>') return below
  return below.startsWith('[') ? place + below : `${place}.${below}`
}

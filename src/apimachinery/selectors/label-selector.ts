// Label selectors: what a selector asks, does it match, and how it is printed. Semantics of k8s.io/apimachinery/pkg/labels.
import { badRequest, type FieldError, fieldErrorText } from '../api-error.ts'
import { at, forbiddenField, invalidValue, type Path, required } from '../field-errors.ts'
import { getOwn } from '../json.ts'
import { labelValueErrors, qualifiedName } from '../names.ts'
import { validateLabelName, validateLabels } from '../object-meta.ts'

export type Operator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt'

export interface Requirement {
  readonly key: string
  readonly operator: Operator
  readonly values: readonly string[]
}

/** All requirements must hold; none = everything matches. `nothing`: no object matches at all (a nil LabelSelector). */
export interface Selector {
  readonly requirements: readonly Requirement[]
  readonly nothing?: true
}

export const everything: Selector = { requirements: [] }
export const nothing: Selector = { requirements: [], nothing: true }

/** metav1.LabelSelector, as it stands in objects. */
export interface LabelSelectorObject {
  matchLabels?: Readonly<Record<string, string>>
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[]
}

type Labels = Readonly<Record<string, string>> | undefined

/** Whether labels satisfy a selector. */
export function matchesLabels(selector: Selector, labels: Labels): boolean {
  if (selector.nothing) return false
  for (const requirement of selector.requirements) if (!satisfied(requirement, labels)) return false
  return true
}

function satisfied({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = getOwn(labels, key)
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && values.includes(value)
    case 'notin':
    case '!=':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt':
      return value !== undefined && compared(value, operator, values[0] ?? '')
  }
}

const integer = /^[+-]?\d{1,19}$/

function compared(value: string, operator: 'gt' | 'lt', bound: string): boolean {
  if (!integer.test(value) || !integer.test(bound)) return false
  const difference = BigInt(value.replace('+', '')) - BigInt(bound.replace('+', ''))
  return operator === 'gt' ? difference > 0n : difference < 0n
}

/** True when a selector restricts nothing. */
export function isEverything(selector: Selector): boolean {
  return !selector.nothing && selector.requirements.length === 0
}

/** `a=b,c in (d,e),!f`: what {@link parseLabelSelector} reads; values sorted. */
export function labelSelectorText(selector: Selector): string {
  return selector.requirements.map(requirementText).join(',')
}

function requirementText({ key, operator, values }: Requirement): string {
  const list = values.length > 1 ? [...values].sort().join(',') : (values[0] ?? '')
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${list})`
    case 'gt':
      return `${key}>${list}`
    case 'lt':
      return `${key}<${list}`
    default:
      return `${key}${operator}${list}`
  }
}

/** The value a selector demands of a label, when it demands a single one. */
export function exactLabel(selector: Selector, key: string): string | undefined {
  const requirement = selector.requirements.find((candidate) => candidate.key === key)
  if (requirement === undefined || requirement.values.length !== 1) return undefined
  return ['=', '==', 'in'].includes(requirement.operator) ? requirement.values[0] : undefined
}

/** A requirement after upstream's checks. @throws ApiError BadRequest with the field errors */
export function requirement(key: string, operator: Operator, values: readonly string[]): Requirement {
  const errors: FieldError[] = []
  const keyMessages = qualifiedName(key)
  if (keyMessages.length > 0) errors.push(invalidValue('key', key, keyMessages.join('; ')))
  const problem = countProblem(operator, values)
  if (problem !== undefined) errors.push(invalidValue('values', values, problem))
  for (const [index, value] of values.entries()) {
    if ((operator === 'gt' || operator === 'lt') && !integer.test(value)) {
      errors.push(invalidValue(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    }
  }
  for (const [index, value] of values.entries()) {
    const messages = labelValueErrors(value)
    if (messages.length > 0) errors.push(invalidValue(`values[${index}][${key}]`, value, messages.join('; ')))
  }
  if (errors.length > 0) throw badRequest(aggregate(errors))
  return { key, operator, values }
}

function countProblem(operator: Operator, values: readonly string[]): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return values.length === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined
    case 'exists':
    case '!':
      return values.length > 0 ? 'values set must be empty for exists and does not exist' : undefined
    case 'gt':
    case 'lt':
      return values.length === 1 ? undefined : "for 'Gt', 'Lt' operators, exactly one value is required"
    default:
      return values.length === 1 ? undefined : 'exact-match compatibility requires one single value'
  }
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))]
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`
}

/** Requirements in upstream's order: sorted by key. */
export function selectorOf(requirements: readonly Requirement[]): Selector {
  return { requirements: [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)) }
}

/** Matches exactly these labels; no labels = everything. Nothing is checked. */
export function selectorFromLabels(labels: Labels): Selector {
  return selectorOf(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

const objectOperators: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' }

/**
 * The selector an object's LabelSelector means: `{}` everything, absent nothing (metav1.LabelSelectorAsSelector).
 * @throws ApiError BadRequest for an operator, key or value that upstream refuses
 */
export function selectorFromObject(object: LabelSelectorObject | null | undefined): Selector {
  if (object === null || object === undefined) return nothing
  const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]))
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = getOwn(objectOperators, operator)
    if (known === undefined) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`)
    requirements.push(requirement(key, known, values ?? []))
  }
  return selectorOf(requirements)
}

/** A LabelSelector as people read it: `<none>` when it selects everything, `<error>` when it is broken. */
export function formatLabelSelector(object: LabelSelectorObject | null | undefined): string {
  try {
    return labelSelectorText(selectorFromObject(object)) || '<none>'
  } catch {
    return '<error>'
  }
}

/** The rules of a LabelSelector in an object. `allowInvalidValues`: values that older objects may keep. */
export function validateLabelSelector(
  object: LabelSelectorObject | null | undefined,
  path: Path = at('spec', 'selector'),
  options: { allowInvalidValues?: boolean } = {},
): FieldError[] {
  const errors = validateLabels(object?.matchLabels, path.child('matchLabels'))
  for (const [index, expression] of (object?.matchExpressions ?? []).entries()) {
    errors.push(...expressionErrors(expression, path.child('matchExpressions').index(index), options.allowInvalidValues ?? false))
  }
  return errors
}

function expressionErrors(
  { key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] },
  path: Path,
  allowInvalidValues: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  const known = getOwn(objectOperators, operator)
  if ((known === 'in' || known === 'notin') && values.length === 0) {
    errors.push(required(path.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if ((known === 'exists' || known === '!') && values.length > 0) {
    errors.push(forbiddenField(path.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  } else if (known === undefined) errors.push(invalidValue(path.child('operator'), operator, 'not a valid selector operator'))
  errors.push(...validateLabelName(key, path.child('key')))
  if (allowInvalidValues) return errors
  for (const [index, value] of values.entries()) {
    for (const message of labelValueErrors(value)) errors.push(invalidValue(path.child('values').index(index), value, message))
  }
  return errors
}

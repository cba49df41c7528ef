// Validation of admission policies and their bindings.
// Words: pkg/apis/admissionregistration/validation upstream.
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../../../openapi/types/admissionregistration/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1035Label, dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts'
import { invalidFor, oneOf } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { type ExpressionContext, expressionErrors } from './expression-rules.ts'
import { matchConditionsErrors, matchResourcesErrors } from './rule-rules.ts'

const actions = ['Audit', 'Deny', 'Warn']
const maxAuditAnnotations = 20

/** Rules of a ValidatingAdmissionPolicy. */
export function validatingPolicyErrors({ spec }: ValidatingAdmissionPolicy): FieldError[] {
  const path = at('spec')
  const { validations = [], auditAnnotations = [], variables } = spec ?? {}
  const errors = commonErrors(spec, path)
  errors.push(...variablesErrors(variables, path.child('variables'), contextOf(spec)))
  if (validations.length + auditAnnotations.length === 0) {
    const detail = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required(path.child('validations'), detail), required(path.child('auditAnnotations'), detail)]
  }
  const context = contextOf(spec)
  for (const [index, validation] of validations.entries()) {
    errors.push(...validationErrors(validation, path.child('validations').index(index), context))
  }
  for (const [index, { valueExpression = '' }] of auditAnnotations.entries()) {
    const where = path.child('auditAnnotations').index(index).child('valueExpression')
    if (valueExpression.trim() === '') errors.push(required(where, 'valueExpression is not specified'))
    else errors.push(...expressionErrors(valueExpression, where, 'string', context))
  }
  const list = path.child('auditAnnotations')
  if (auditAnnotations.length > maxAuditAnnotations) {
    errors.push(invalidValue(list, auditAnnotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`))
  }
  const keys = auditAnnotations.map(({ key }) => key)
  for (const [index, key] of keys.entries()) {
    if (keys.indexOf(key) < index) errors.push(duplicate(list.index(index).child('key'), key))
  }
  return errors
}

function validationErrors({ expression = '', message, messageExpression, reason }: Validation, path: Path, context: ExpressionContext) {
  const errors: FieldError[] = []
  const where = path.child('expression')
  if (expression.trim() === '') errors.push(required(where, 'expression is not specified'))
  else errors.push(...expressionErrors(expression, where, 'bool', context))
  if (message && message.trim() === '') errors.push(invalidValue(path.child('message'), message, 'message must be non-empty if specified'))
  else if (message?.trim().includes('\n')) errors.push(invalidValue(path.child('message'), message, 'message must not contain line breaks'))
  if (messageExpression && messageExpression.trim() === '') {
    errors.push(invalidValue(path.child('messageExpression'), messageExpression, 'must be non-empty if specified'))
  } else if (messageExpression) {
    errors.push(...expressionErrors(messageExpression, path.child('messageExpression'), 'string', { ...context, authorizer: false }))
  }
  if (reason && !reasons.includes(reason)) errors.push(notSupported(path.child('reason'), reason, reasons))
  return errors
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized']

/** What the expressions of a policy may read. */
function contextOf(spec: { paramKind?: ParamKind } | undefined): ExpressionContext {
  return { policy: true, params: spec?.paramKind !== undefined }
}

function mutationErrors({ patchType, applyConfiguration, jsonPatch }: Mutation, path: Path, context: ExpressionContext): FieldError[] {
  const errors = oneOf(patchType, ['ApplyConfiguration', 'JSONPatch'], path.child('patchType'))
  for (const [field, given, type] of [
    ['applyConfiguration', applyConfiguration, 'ApplyConfiguration'],
    ['jsonPatch', jsonPatch, 'JSONPatch'],
  ] as const) {
    const where = path.child(field)
    if (patchType !== type) {
      if (given !== undefined) errors.push(invalidValue(where, '{}', `must not be specified when patchType is ${patchType}`))
    } else if (given === undefined) errors.push(required(where, `must be specified when patchType is ${type}`))
    else if ((given.expression ?? '').trim() === '') errors.push(required(where.child('expression'), 'expression is not specified'))
    else errors.push(...expressionErrors(given.expression!, where.child('expression'), 'any', { ...context, structs: true }))
  }
  return errors
}

/** Rules of a MutatingAdmissionPolicy. */
export function mutatingPolicyErrors({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const path = at('spec')
  const context = contextOf(spec)
  const errors = [...commonErrors(spec, path), ...variablesErrors(spec?.variables, path.child('variables'), context)]
  const mutations = spec?.mutations ?? []
  if (mutations.length === 0) errors.push(required(path.child('mutations'), 'mutations must contain at least one item'))
  for (const [index, mutation] of mutations.entries()) {
    errors.push(...mutationErrors(mutation, path.child('mutations').index(index), context))
  }
  return [...errors, ...oneOf(spec?.reinvocationPolicy, ['IfNeeded', 'Never'], path.child('reinvocationPolicy'))]
}

type CommonSpec = Pick<
  NonNullable<ValidatingAdmissionPolicy['spec']>,
  'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions'
>

function commonErrors(spec: CommonSpec | undefined, path: Path): FieldError[] {
  const match = spec?.matchConstraints
  const matchPath = path.child('matchConstraints')
  const errors = oneOf(spec?.failurePolicy, ['Fail', 'Ignore'], path.child('failurePolicy'))
  if (spec?.paramKind !== undefined) errors.push(...paramKindErrors(spec.paramKind, path.child('paramKind')))
  errors.push(...(match === undefined ? [required(matchPath)] : matchResourcesErrors(match, matchPath)))
  if (match !== undefined && (match.resourceRules?.length ?? 0) === 0) errors.push(required(matchPath.child('resourceRules')))
  return [...errors, ...matchConditionsErrors(spec?.matchConditions, path.child('matchConditions'), contextOf(spec))]
}

function variablesErrors(variables: readonly Variable[] = [], path: Path, context: ExpressionContext): FieldError[] {
  return variables.flatMap(({ name = '', expression = '' }, index) => {
    const where = path.index(index)
    const errors: FieldError[] = []
    if (name.trim() === '') errors.push(required(where.child('name'), 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name)) errors.push(invalidValue(where.child('name'), name, 'must be a valid CEL identifier'))
    if (expression.trim() === '') errors.push(required(where.child('expression'), 'expression is not specified'))
    else errors.push(...expressionErrors(expression, where.child('expression'), 'any', context))
    return errors
  })
}

function paramKindErrors({ apiVersion = '', kind = '' }: ParamKind, path: Path): FieldError[] {
  const where = path.child('apiVersion')
  const errors: FieldError[] = []
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  if (apiVersion === '') errors.push(required(where))
  else if (apiVersion.split('/').length > 2) errors.push(invalidValue(where, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const groupMessages = group ? dns1123Subdomain(group) : []
    if (groupMessages.length > 0) errors.push(invalidValue(where, group, groupMessages.join(',')))
    const versionMessages = version ? dns1035Label(version) : []
    if (!version) errors.push(invalidValue(where, apiVersion, 'version must be specified'))
    else if (versionMessages.length > 0) errors.push(invalidValue(where, version, versionMessages.join(',')))
  }
  if (kind === '') return [...errors, required(path.child('kind'))]
  const messages = dns1035Label(kind.toLowerCase())
  if (messages.length === 0) return errors
  return [...errors, invalidValue(path.child('kind'), kind, `may have mixed case, but should otherwise match: ${messages.join(',')}`)]
}

/** Rules of a ValidatingAdmissionPolicyBinding. */
export function validatingBindingErrors({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const path = at('spec')
  return [...bindingErrors(spec, path), ...actionsErrors(spec?.validationActions ?? [], path.child('validationActions'))]
}

/** Rules of a MutatingAdmissionPolicyBinding. */
export function mutatingBindingErrors({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  return bindingErrors(spec, at('spec'))
}

function bindingErrors(
  spec: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources } | undefined,
  path: Path,
): FieldError[] {
  const { policyName, paramRef, matchResources } = spec ?? {}
  const where = path.child('policyName')
  return [
    ...(policyName ? invalidFor(where, policyName, dns1123Subdomain(policyName)) : [required(where)]),
    ...(paramRef === undefined ? [] : paramRefErrors(paramRef, path.child('paramRef'))),
    ...(matchResources === undefined ? [] : matchResourcesErrors(matchResources, path.child('matchResources'))),
  ]
}

function paramRefErrors({ name, selector, parameterNotFoundAction: action }: ParamRef, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (name) {
    errors.push(...invalidFor(path.child('name'), name, pathSegmentName(name)))
    if (selector !== undefined) errors.push(forbiddenField(path.child('name'), 'name and selector are mutually exclusive'))
  }
  if (selector !== undefined) {
    errors.push(...validateLabelSelector(selector, path.child('selector')))
    if (name) errors.push(forbiddenField(path.child('selector'), 'name and selector are mutually exclusive'))
  }
  if (!name && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'))
  if (action === undefined) return [...errors, required(path.child('parameterNotFoundAction'))]
  if (action === 'Allow' || action === 'Deny') return errors
  return [...errors, notSupported(path.child('parameterNotFoundAction'), action, ['Deny', 'Allow'])]
}

function actionsErrors(list: readonly string[], path: Path): FieldError[] {
  const errors = list.flatMap((action, index) => [
    ...(actions.includes(action) ? [] : [notSupported(path.index(index), action, actions)]),
    ...(list.indexOf(action) < index ? [duplicate(path.index(index), action)] : []),
  ])
  if (list.includes('Deny') && list.includes('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.push(invalidValue(path, list, detail))
  }
  return list.length === 0 ? [required(path, 'at least one validation action is required')] : errors
}

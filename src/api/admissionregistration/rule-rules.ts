// Which requests a webhook or policy is for: operations, groups, versions, resources. Words: pkg/apis/admissionregistration/validation upstream.
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../../openapi/types/admissionregistration/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { duplicate, invalidValue, notSupported, required, tooMany } from '../../apimachinery/field-errors.ts'
import { pathSegmentName } from '../../apimachinery/names.ts'
import { invalidFor, oneOf, oneOfIfSet, qualified } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { type ExpressionContext, expressionErrors } from './expression-rules.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const maxMatchConditions = 64

/** One rule. */
export function ruleErrors(rule: RuleWithOperations | NamedRuleWithOperations, path: Path): FieldError[] {
  const { apiGroups = [], apiVersions = [], resources = [], scope } = rule
  const list = rule.operations ?? []
  const where = path.child('operations')
  const errors: FieldError[] = list.length === 0 ? [required(where)] : []
  if (list.length > 1 && list.includes('*')) errors.push(invalidValue(where, list, "if '*' is present, must not specify other operations"))
  for (const [index, operation] of list.entries()) {
    if (!operations.includes(operation)) errors.push(notSupported(where.index(index), operation, operations))
  }
  return [
    ...errors,
    ...listErrors(apiGroups, path.child('apiGroups'), 'API groups'),
    ...listErrors(apiVersions, path.child('apiVersions'), 'API versions'),
    ...apiVersions.flatMap((version, index) => (version === '' ? [required(path.child('apiVersions').index(index))] : [])),
    ...resourcesErrors(resources, path.child('resources')),
    ...oneOfIfSet(scope, ['*', 'Cluster', 'Namespaced'], path.child('scope')),
  ]
}

function listErrors(list: readonly string[], path: Path, what: string): FieldError[] {
  if (list.length === 0) return [required(path)]
  return list.length > 1 && list.includes('*') ? [invalidValue(path, list, `if '*' is present, must not specify other ${what}`)] : []
}

function resourcesErrors(resources: readonly string[], path: Path): FieldError[] {
  if (resources.length === 0) return [required(path)]
  const withAnySubresource = new Set<string>()
  const ofAnyResource = new Set<string>()
  let plain = false
  const errors = resources.flatMap((resource, index) => {
    const where = path.index(index)
    if (resource === '') return [required(where)]
    const slash = resource.indexOf('/')
    if (slash < 0) {
      plain = resource !== '*'
      return []
    }
    const [name, sub] = [resource.slice(0, slash), resource.slice(slash + 1)]
    const found: FieldError[] = []
    if (withAnySubresource.has(name)) found.push(invalidValue(where, resource, `if '${name}/*' is present, must not specify ${resource}`))
    if (ofAnyResource.has(sub)) found.push(invalidValue(where, resource, `if '*/${sub}' is present, must not specify ${resource}`))
    if (sub === '*') withAnySubresource.add(name)
    if (name === '*') ofAnyResource.add(sub)
    return found
  })
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalidValue(path, resources, "if '*/*' is present, must not specify other resources"))
  }
  if (resources.includes('*') && plain) {
    errors.push(invalidValue(path, resources, "if '*' is present, must not specify other resources without subresources"))
  }
  return errors
}

/** The match constraints of a policy, or the match resources of a binding. */
export function matchResourcesErrors(match: MatchResources, path: Path): FieldError[] {
  const { namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] } = match
  return [
    ...oneOf(match.matchPolicy, ['Equivalent', 'Exact'], path.child('matchPolicy')),
    ...(namespaceSelector === undefined ? [required(path.child('namespaceSelector'))] : []),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...(objectSelector === undefined ? [required(path.child('objectSelector'))] : []),
    ...validateLabelSelector(objectSelector, path.child('objectSelector')),
    ...resourceRules.flatMap((rule, index) => namedRuleErrors(rule, path.child('resourceRules').index(index))),
    ...excludeResourceRules.flatMap((rule, index) => namedRuleErrors(rule, path.child('excludeResourceRules').index(index))),
  ]
}

function namedRuleErrors(rule: NamedRuleWithOperations, path: Path): FieldError[] {
  const names = rule.resourceNames ?? []
  const errors = names.flatMap((name, index) => {
    const where = path.child('resourceNames').index(index)
    const found = invalidFor(where, name, pathSegmentName(name))
    return names.indexOf(name) < index ? [...found, duplicate(where, name)] : found
  })
  return [...errors, ...ruleErrors(rule, path)]
}

/** Names of match conditions, and their expressions. */
export function matchConditionsErrors(
  conditions: readonly MatchCondition[] = [],
  path: Path,
  context: ExpressionContext = {},
): FieldError[] {
  const errors: FieldError[] = conditions.length > maxMatchConditions ? [tooMany(path, conditions.length, maxMatchConditions)] : []
  const seen = new Set<string>()
  for (const [index, { name, expression = '' }] of conditions.entries()) {
    const where = path.index(index)
    if (expression.trim() === '') errors.push(required(where.child('expression')))
    else errors.push(...expressionErrors(expression, where.child('expression'), 'bool', context))
    if (!name) {
      errors.push(required(where.child('name')))
      continue
    }
    errors.push(...qualified(name, where.child('name')))
    if (seen.has(name)) errors.push(duplicate(where.child('name'), name))
    seen.add(name)
  }
  return errors
}

// Validation of roles and bindings. Words: pkg/apis/rbac/validation upstream.
import type { ClusterRole, PolicyRule, Role, RoleBinding, Subject } from '../../../openapi/types/rbac/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { pathSegmentName } from '../../apimachinery/names.ts'
import { invalidFor, objectName } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { rbacGroup } from './binding.ts'

type Binding = Pick<RoleBinding, 'roleRef' | 'subjects'>

/** Rules of a Role. */
export function roleErrors({ rules = [] }: Role): FieldError[] {
  return rules.flatMap((rule, index) => policyRuleErrors(rule, true, at('rules').index(index)))
}

/** Rules of a ClusterRole. */
export function clusterRoleErrors({ rules, aggregationRule }: ClusterRole): FieldError[] {
  const errors = (rules ?? []).flatMap((rule, index) => policyRuleErrors(rule, false, at('rules').index(index)))
  if (aggregationRule === undefined) return errors
  const path = at('aggregationRule', 'clusterRoleSelectors')
  const selectors = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  for (const [index, selector] of selectors.entries()) {
    const found = validateLabelSelector(selector, path.index(index))
    errors.push(...found)
    if (found.length > 0) errors.push(invalidValue(path.index(index), null, 'invalid label selector.'))
  }
  return errors
}

function policyRuleErrors(rule: PolicyRule, namespaced: boolean, path: Path): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule
  const errors: FieldError[] = []
  if (verbs.length === 0) errors.push(required(path.child('verbs'), 'verbs must contain at least one value'))
  if (nonResourceURLs.length > 0) {
    const where = path.child('nonResourceURLs')
    if (namespaced) errors.push(invalidValue(where, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      errors.push(invalidValue(where, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'))
    }
    return errors
  }
  if (apiGroups.length === 0) errors.push(required(path.child('apiGroups'), 'resource rules must supply at least one api group'))
  if (resources.length === 0) errors.push(required(path.child('resources'), 'resource rules must supply at least one resource'))
  return errors
}

/** Rules of a RoleBinding. */
export function roleBindingErrors(binding: Binding): FieldError[] {
  return bindingErrors(binding, ['Role', 'ClusterRole'], true)
}

/** Rules of a ClusterRoleBinding. */
export function clusterRoleBindingErrors(binding: Binding): FieldError[] {
  return bindingErrors(binding, ['ClusterRole'], false)
}

function bindingErrors({ roleRef, subjects = [] }: Binding, kinds: readonly string[], namespaced: boolean): FieldError[] {
  const path = at('roleRef')
  const { apiGroup = '', kind = '', name } = roleRef ?? {}
  const errors: FieldError[] = []
  if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported(path.child('kind'), kind, kinds))
  errors.push(...(name ? invalidFor(path.child('name'), name, pathSegmentName(name)) : [required(path.child('name'))]))
  return [...errors, ...subjects.flatMap((subject, index) => subjectErrors(subject, namespaced, at('subjects').index(index)))]
}

function subjectErrors({ kind, name, namespace, apiGroup = '' }: Subject, namespaced: boolean, path: Path): FieldError[] {
  const errors: FieldError[] = name ? [] : [required(path.child('name'))]
  if (kind === 'ServiceAccount') {
    if (name) errors.push(...objectName(name, path.child('name')))
    if (apiGroup !== '') errors.push(notSupported(path.child('apiGroup'), apiGroup, ['']))
    if (!namespaced && !namespace) errors.push(required(path.child('namespace')))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]))
  } else {
    errors.push(notSupported(path.child('kind'), kind ?? '', ['ServiceAccount', 'User', 'Group']))
  }
  return errors
}

/** A binding keeps its role. (Upstream shows its internal struct, whose fields have Go names.) */
export function bindingUpdateErrors(binding: Binding, old: Binding): FieldError[] {
  if (semanticEqual(binding.roleRef, old.roleRef)) return []
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {}
  return [invalidValue(at('roleRef'), { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
}

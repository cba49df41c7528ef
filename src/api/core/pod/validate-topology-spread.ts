// Rules of topologySpreadConstraints.
import type { TopologySpreadConstraint } from '../../../../openapi/types/core/v1.ts'
import type { LabelSelector } from '../../../../openapi/types/meta/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { validateLabelName } from '../../../apimachinery/object-meta.ts'
import { oneOfIfSet } from '../../shared/checks.ts'
import { validateLabelSelector } from '../../shared/validate-label-selector.ts'

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const nodePolicies = ['Honor', 'Ignore']

/** spec.topologySpreadConstraints. */
export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[] | undefined, path: Path): FieldError[] {
  return (constraints ?? []).flatMap((constraint, index, all) => constraintErrors(constraint, all.slice(index + 1), path.index(index)))
}

function constraintErrors(constraint: TopologySpreadConstraint, later: readonly TopologySpreadConstraint[], path: Path): FieldError[] {
  const { maxSkew = 0, topologyKey, whenUnsatisfiable = '', minDomains } = constraint
  const errors: FieldError[] = []
  if (maxSkew <= 0) errors.push(invalidValue(path.child('maxSkew'), maxSkew, 'must be greater than zero'))
  if (!topologyKey) errors.push(required(path.child('topologyKey'), 'can not be empty'))
  if (!actions.includes(whenUnsatisfiable)) errors.push(notSupported(path.child('whenUnsatisfiable'), whenUnsatisfiable, actions))
  if (later.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)) {
    errors.push(duplicate(path.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`))
  }
  if (minDomains !== undefined) errors.push(...minDomainsErrors(minDomains, whenUnsatisfiable, path.child('minDomains')))
  errors.push(...oneOfIfSet(constraint.nodeAffinityPolicy, nodePolicies, path.child('nodeAffinityPolicy')))
  errors.push(...oneOfIfSet(constraint.nodeTaintsPolicy, nodePolicies, path.child('nodeTaintsPolicy')))
  errors.push(...matchKeysErrors(constraint, path.child('matchLabelKeys')))
  return [...errors, ...validateLabelSelector(constraint.labelSelector, path.child('labelSelector'))]
}

function minDomainsErrors(minDomains: number, action: string, path: Path): FieldError[] {
  const errors = minDomains <= 0 ? [invalidValue(path, minDomains, 'must be greater than zero')] : []
  if (action === 'DoNotSchedule') return errors
  return [...errors, invalidValue(path, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`)]
}

function matchKeysErrors({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, path: Path): FieldError[] {
  if (matchLabelKeys.length === 0) return []
  if (labelSelector === undefined) {
    const unset = forbiddenField(path, 'must not be specified when labelSelector is not set')
    return [unset, ...matchLabelKeys.flatMap((key, index) => validateLabelName(key, path.index(index)))]
  }
  // The selector already holds `key In (value)` for each of the pod's own labels, merged in on create: a second one is the user's.
  const keys = selectorKeys(labelSelector)
  return matchLabelKeys.flatMap((key, index) => {
    const errors = validateLabelName(key, path.index(index))
    const twice = keys.filter((selected) => selected === key).length > 1
    return twice ? [...errors, invalidValue(path.index(index), key, 'exists in both matchLabelKeys and labelSelector')] : errors
  })
}

function selectorKeys({ matchLabels, matchExpressions }: LabelSelector): string[] {
  return [...Object.keys(matchLabels ?? {}), ...(matchExpressions ?? []).map(({ key }) => key)]
}

// Validation of PodDisruptionBudgets. Words: pkg/apis/policy/validation upstream.
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '../../../openapi/types/policy/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import { printedSelector } from '../apps/label-selector.ts'
import { intOrPercentErrors, notMoreThan100Percent } from '../apps/workload-rules.ts'
import { nonNegative, oneOfIfSet } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'

/** Rules of a new or changed budget. */
export function budgetErrors({ spec }: PodDisruptionBudget): FieldError[] {
  const path = at('spec')
  const errors: FieldError[] = []
  if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    errors.push(invalidValue(path, printedSpec(spec), 'minAvailable and maxUnavailable cannot be both set'))
  }
  return [
    ...errors,
    ...podCountErrors(spec?.minAvailable, path.child('minAvailable')),
    ...podCountErrors(spec?.maxUnavailable, path.child('maxUnavailable')),
    ...validateLabelSelector(spec?.selector, path.child('selector')),
    ...oneOfIfSet(spec?.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget'], path.child('unhealthyPodEvictionPolicy')),
  ]
}

/** Upstream shows its internal struct here, whose fields have Go names. */
function printedSpec(spec: PodDisruptionBudgetSpec): unknown {
  return {
    MinAvailable: spec.minAvailable ?? null,
    Selector: printedSelector(spec.selector),
    MaxUnavailable: spec.maxUnavailable ?? null,
    UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
  }
}

function podCountErrors(value: number | string | undefined, path: Path): FieldError[] {
  return value === undefined ? [] : [...intOrPercentErrors(value, path), ...notMoreThan100Percent(value, path)]
}

/** Rules of a status write. */
export function budgetStatusErrors({ status }: PodDisruptionBudget): FieldError[] {
  const path = at('status')
  return [
    ...nonNegative(status?.disruptionsAllowed, path.child('disruptionsAllowed')),
    ...nonNegative(status?.currentHealthy, path.child('currentHealthy')),
    ...nonNegative(status?.desiredHealthy, path.child('desiredHealthy')),
    ...nonNegative(status?.expectedPods, path.child('expectedPods')),
  ]
}

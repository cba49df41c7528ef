// Validation of Leases. Words: pkg/apis/coordination/validation upstream.
import type { Lease } from '../../../openapi/types/coordination/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported } from '../../apimachinery/field-errors.ts'
import { nonNegative, qualified } from '../shared/checks.ts'

const strategies = ['OldestEmulationVersion']

/** Rules of a new or changed Lease. */
export function leaseErrors({ spec }: Lease): FieldError[] {
  const path = at('spec')
  const { leaseDurationSeconds: seconds, leaseTransitions, strategy, preferredHolder } = spec ?? {}
  const errors: FieldError[] = []
  if (seconds !== undefined && seconds <= 0)
    errors.push(invalidValue(path.child('leaseDurationSeconds'), seconds, 'must be greater than 0'))
  errors.push(...nonNegative(leaseTransitions, path.child('leaseTransitions')))
  if (strategy !== undefined) {
    const where = path.child('strategy', 'strategy')
    if (strategy.includes('/')) errors.push(...qualified(strategy, where))
    else if (!strategies.includes(strategy)) errors.push(notSupported(where, strategy, strategies))
  }
  if (preferredHolder && !strategy) {
    errors.push(forbiddenField(path.child('preferredHolder'), 'may only be specified if `strategy` is defined'))
  }
  return errors
}

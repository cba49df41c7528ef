// A scope selector asks about one value of the object (its priority class, its volume attributes class).
import type { ScopedResourceSelectorRequirement } from '../../../../openapi/types/core/v1.ts'

/** Whether `value` ('' = none) satisfies the requirement. */
export function matchesScope({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string): boolean {
  const present = value !== ''
  if (operator === 'Exists') return present
  if (operator === 'DoesNotExist') return !present
  if (operator === 'In') return present && values.includes(value)
  return operator === 'NotIn' && !(present && values.includes(value))
}

// Validation of PriorityClasses. Words: pkg/apis/scheduling/validation upstream.
import type { PriorityClass } from '../../../openapi/types/scheduling/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField } from '../../apimachinery/field-errors.ts'
import { immutableField } from '../../apimachinery/object-meta.ts'
import { oneOf } from '../shared/checks.ts'

const systemPrefix = 'system-'
const highestUserPriority = 1_000_000_000

/** The classes every cluster has. */
export const systemPriorityClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

/** Rules of a new or changed PriorityClass. */
export function priorityClassErrors(priority: PriorityClass): FieldError[] {
  const name = priority.metadata?.name ?? ''
  const errors: FieldError[] = []
  if (name.startsWith(systemPrefix)) {
    const problem = systemClassProblem(name, priority)
    const detail = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`
    if (problem !== undefined) errors.push(forbiddenField(at('metadata', 'name'), detail))
  } else if ((priority.value ?? 0) > highestUserPriority) {
    errors.push(forbiddenField(at('value'), `maximum allowed value of a user defined priority is ${highestUserPriority}`))
  }
  if (priority.preemptionPolicy === undefined) return errors
  return [...errors, ...oneOf(priority.preemptionPolicy, ['PreemptLowerPriority', 'Never'], at('preemptionPolicy'))]
}

function systemClassProblem(name: string, { value, globalDefault }: PriorityClass): string | undefined {
  if (!Object.hasOwn(systemPriorityClasses, name)) return `${name} is not a known system priority class`
  const wanted = systemPriorityClasses[name]
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`
  return globalDefault === true ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

/** Value and policy never change. */
export function priorityClassUpdateErrors(priority: PriorityClass, old: PriorityClass): FieldError[] {
  const errors = (priority.value ?? 0) === (old.value ?? 0) ? [] : [forbiddenField(at('value'), 'may not be changed in an update.')]
  return [...errors, ...immutableField(priority.preemptionPolicy, old.preemptionPolicy, at('preemptionPolicy'))]
}

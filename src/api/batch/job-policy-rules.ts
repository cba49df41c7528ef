// Validation of the failure and success policies of Jobs. Words: pkg/apis/batch/validation upstream.
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../../../openapi/types/batch/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { duplicate, invalidValue, notSupported, required, tooLong, tooMany } from '../../apimachinery/field-errors.ts'
import { byteLength } from '../../apimachinery/names.ts'
import { invalidUnshown } from '../field-rules.ts'
import { nonNegative, qualified } from '../shared/checks.ts'
import { indexCount } from './indexes.ts'

const maxRules = 20
const maxExitCodes = 255
const maxConditions = 20
const maxIndexesBytes = 64 * 1024
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']

/** Which pod failures count, end the job, or are ignored. */
export function podFailurePolicyErrors(spec: JobSpec, path: Path): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const list = path.child('rules')
  const { containers = [], initContainers = [] } = spec.template?.spec ?? {}
  const names = [...containers, ...initContainers].map(({ name }) => name)
  const errors = rules.length > maxRules ? [tooMany(list, rules.length, maxRules)] : []
  return [...errors, ...rules.flatMap((rule, index) => ruleErrors(rule, spec, names, list.index(index)))]
}

function ruleErrors(rule: PodFailurePolicyRule, spec: JobSpec, containers: readonly string[], path: Path): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const where = path.child('action')
  const errors: FieldError[] = []
  if (!action) errors.push(required(where, validValues(actions)))
  else if (!actions.includes(action)) errors.push(notSupported(where, action, actions))
  else if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalidValue(where, action, 'requires the backoffLimitPerIndex to be set'))
  }
  if (onExitCodes !== undefined) errors.push(...exitCodesErrors(onExitCodes, containers, path.child('onExitCodes')))
  errors.push(...conditionsErrors(onPodConditions, path.child('onPodConditions')))
  const both = onExitCodes !== undefined && onPodConditions.length > 0
  const none = onExitCodes === undefined && onPodConditions.length === 0
  if (both) errors.push(invalidUnshown(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (none) errors.push(invalidUnshown(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

function validValues(words: readonly string[]): string {
  return `valid values: [${words.map((word) => `"${word}"`).join(' ')}]`
}

function exitCodesErrors(requirement: PodFailurePolicyOnExitCodesRequirement, containers: readonly string[], path: Path): FieldError[] {
  const { operator, containerName, values = [] } = requirement
  const operators = ['In', 'NotIn']
  const errors: FieldError[] = []
  if (!operator) errors.push(required(path.child('operator'), validValues(operators)))
  else if (!operators.includes(operator)) errors.push(notSupported(path.child('operator'), operator, operators))
  if (containerName !== undefined && !containers.includes(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalidValue(path.child('containerName'), containerName, detail))
  }
  const list = path.child('values')
  if (values.length === 0) errors.push(invalidValue(list, values, 'at least one value is required'))
  else if (values.length > maxExitCodes) errors.push(tooMany(list, values.length, maxExitCodes))
  for (const [index, value] of values.entries()) {
    if (operator === 'In' && value === 0) errors.push(invalidValue(list.index(index), value, 'must not be 0 for the In operator'))
    if (values.indexOf(value) < index) errors.push(duplicate(list.index(index), value))
  }
  if (values.some((value, index) => index > 0 && (values[index - 1] ?? value) > value))
    errors.push(invalidValue(list, values, 'must be ordered'))
  return errors
}

function conditionsErrors(patterns: readonly PodFailurePolicyOnPodConditionsPattern[], path: Path): FieldError[] {
  const statuses = ['False', 'True', 'Unknown']
  const errors: FieldError[] = patterns.length > maxConditions ? [tooMany(path, patterns.length, maxConditions)] : []
  for (const [index, { type, status }] of patterns.entries()) {
    const where = path.index(index)
    errors.push(...qualified(type ?? '', where.child('type')))
    if (!status) errors.push(required(where.child('status'), validValues(statuses)))
    else if (!statuses.includes(status)) errors.push(notSupported(where.child('status'), status, statuses))
  }
  return errors
}

/** When an indexed job is done before all its pods are. */
export function successPolicyErrors(spec: JobSpec, path: Path): FieldError[] {
  const rules = spec.successPolicy?.rules ?? []
  if (spec.completionMode !== 'Indexed') return [invalidValue(path, printedPolicy(rules), 'requires indexed completion mode')]
  const list = path.child('rules')
  const errors: FieldError[] = []
  if (rules.length === 0) errors.push(required(list, 'at least one rules must be specified when the successPolicy is specified'))
  if (rules.length > maxRules) errors.push(tooMany(list, rules.length, maxRules))
  return [...errors, ...rules.flatMap((rule, index) => successRuleErrors(rule, spec.completions ?? 0, list.index(index)))]
}

/** Upstream shows its internal struct here, whose fields have Go names. */
function printedPolicy(rules: readonly SuccessPolicyRule[]): unknown {
  return {
    Rules: rules.map(({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })),
  }
}

function successRuleErrors({ succeededIndexes, succeededCount }: SuccessPolicyRule, completions: number, path: Path): FieldError[] {
  if (succeededIndexes === undefined && succeededCount === undefined) {
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')]
  }
  const errors: FieldError[] = []
  const indexesPath = path.child('succeededIndexes')
  const parsed = indexCount(succeededIndexes ?? '', completions)
  if (byteLength(succeededIndexes ?? '') > maxIndexesBytes) errors.push(tooLong(indexesPath, '', maxIndexesBytes))
  if (typeof parsed === 'string') errors.push(invalidValue(indexesPath, succeededIndexes, `error parsing succeededIndexes: ${parsed}`))
  if (succeededCount === undefined) return errors
  const countPath = path.child('succeededCount')
  const total = typeof parsed === 'string' ? 0 : parsed
  errors.push(...nonNegative(succeededCount, countPath))
  const most = (limit: number, what: string): number =>
    errors.push(invalidValue(countPath, succeededCount, `must be less than or equal to ${limit} (${what})`))
  if (succeededCount > completions) most(completions, 'the number of specified completions')
  if (succeededIndexes !== undefined && succeededCount > total) most(total, 'the number of indexes in the specified succeededIndexes field')
  return errors
}

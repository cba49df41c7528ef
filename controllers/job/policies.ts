// What a Job's policies say: which pod failures count or end the job, and when enough indexes have succeeded. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
import type {
  Job,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
} from '../../openapi/types/batch/v1.ts'
import type { ContainerStatus, Pod, PodCondition } from '../../openapi/types/core/v1.ts'
import { type Interval, overlap, readIntervals, totalOf } from './indexes.ts'

export interface Verdict {
  /** Why the job fails at once. */
  failJob?: string
  /** Counts towards the backoff limits. */
  counts: boolean
  failIndex: boolean
}

const counted: Verdict = { counts: true, failIndex: false }

/** What the first rule that matches a failed pod says. */
export function failureVerdict(policy: PodFailurePolicy | undefined, pod: Pod): Verdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const reason = rule.onExitCodes ? exitReason(pod, rule.onExitCodes) : conditionReason(pod, rule.onPodConditions ?? [])
    if (reason === undefined) continue
    if (rule.action === 'Ignore') return { counts: false, failIndex: false }
    if (rule.action === 'FailIndex') return { counts: true, failIndex: true }
    if (rule.action === 'Count') return counted
    if (rule.action === 'FailJob') return { ...counted, failJob: `${reason} matching ${rule.action} rule at index ${index}` }
  }
  return counted
}

function exitReason(pod: Pod, requirement: PodFailurePolicyOnExitCodesRequirement): string | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  const status = statuses.find((each) => matchesExit(each, requirement))
  if (status === undefined) return undefined
  return `Container ${status.name} for pod ${nameOf(pod)} failed with exit code ${status.state?.terminated?.exitCode}`
}

function matchesExit({ name, state }: ContainerStatus, requirement: PodFailurePolicyOnExitCodesRequirement): boolean {
  const code = state?.terminated?.exitCode
  if (code === undefined || code === 0) return false
  if (requirement.containerName !== undefined && requirement.containerName !== name) return false
  const listed = requirement.values.includes(code)
  return requirement.operator === 'In' ? listed : requirement.operator === 'NotIn' && !listed
}

function conditionReason(pod: Pod, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): string | undefined {
  const matches = (condition: PodCondition) => patterns.some(({ type, status }) => type === condition.type && status === condition.status)
  const condition = pod.status?.conditions?.find(matches)
  return condition === undefined ? undefined : `Pod ${nameOf(pod)} has condition ${condition.type}`
}

function nameOf({ metadata }: Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`
}

/** Failed as the job sees it: a pod that is being deleted counts as failed, unless only failed ones are replaced. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  return !replacesOnlyFailed(job) && pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

/** Whether terminating pods have to be gone before they are replaced. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined
}

/** The rule of the success policy that is met, in words. */
export function successPolicyMet({ spec }: Job, succeeded: readonly Interval[]): string | undefined {
  if (succeeded.length === 0) return undefined
  const rules = spec?.successPolicy?.rules ?? []
  const met = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && totalOf(succeeded) >= succeededCount
    const required = readIntervals(succeededIndexes, spec?.completions ?? 0)
    if (required.length === 0) return false
    const done = overlap(required, succeeded)
    return done === totalOf(required) || (succeededCount !== undefined && done >= succeededCount)
  })
  return met < 0 ? undefined : `Matched rules at index ${met}`
}

// What a Job's pods amount to: counts, indexes and the condition that follows from them. Pure.
import type { JobCondition, Job as JobObject } from '../../openapi/types/batch/v1.ts'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { isPodReady, isPodTerminal, podIsActive } from '../../src/api/core/pod/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { type FailureRecord, finishedMs, nextRecord } from './backoff.ts'
import { hasIndex, type Interval, readIntervals, totalOf, withIndexes } from './indexes.ts'
import { allIndexFailures, completionIndex, hasValidIndex, indexFailures, isIndexed, isTracked, limitsPerIndex } from './pods.ts'
import { failureVerdict, isPodFailed, successPolicyMet } from './policies.ts'

export interface Situation {
  job: JobObject
  now: number
  pods: readonly Pod[]
  active: readonly Pod[]
  ready: number
  terminating: number
  succeeded: number
  failed: number
  /** Ended pods whose uid stands in the status already. */
  uncounted: { succeeded: ReadonlySet<string>; failed: ReadonlySet<string> }
  record: FailureRecord
  /** Indexed jobs: as the status has them, and with the pods that ended since. */
  countedIndexes: readonly Interval[]
  succeededIndexes: readonly Interval[]
  /** Only with backoffLimitPerIndex. */
  failedIndexes?: readonly Interval[]
  /** The failed pod of each index that waits for its replacement. */
  delayed: ReadonlyMap<number, Pod>
  startTime: string | undefined
}

export function isSuspended({ spec }: JobObject): boolean {
  return spec?.suspend === true
}

/** `pods` are the job's own; `record` is what is remembered of its failures. */
export function situationOf(job: JobObject, pods: readonly Pod[], record: FailureRecord, now: number): Situation {
  const { status } = job
  const uncounted = {
    succeeded: new Set(status?.uncountedTerminatedPods?.succeeded),
    failed: new Set(status?.uncountedTerminatedPods?.failed),
  }
  const active = pods.filter(podIsActive)
  const valid = pods.filter((pod) => isTracked(pod) && hasValidIndex(pod, job))
  const isKnown = (pod: Pod, known: ReadonlySet<string>) => known.has(pod.metadata?.uid ?? '')
  const newSucceeded = valid.filter((pod) => pod.status?.phase === 'Succeeded' && !isKnown(pod, uncounted.succeeded))
  const newFailed = valid.filter((pod) => isPodFailed(pod, job) && !isKnown(pod, uncounted.failed))
  const counting = newFailed.filter((pod) => failureVerdict(job.spec?.podFailurePolicy, pod).counts)
  const base = {
    job,
    now,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => pod.metadata?.deletionTimestamp !== undefined && !isPodTerminal(pod)).length,
    failed: (status?.failed ?? 0) + counting.length + uncounted.failed.size,
    uncounted,
    record: nextRecord(record, newSucceeded, newFailed),
    startTime: status?.startTime ?? (isSuspended(job) ? undefined : timestamp(now)),
  }
  const succeeded = (status?.succeeded ?? 0) + newSucceeded.length + uncounted.succeeded.size
  if (!isIndexed(job)) return { ...base, succeeded, countedIndexes: [], succeededIndexes: [], delayed: new Map() }
  return { ...base, ...indexes(job, valid, active) }
}

function indexes(job: JobObject, valid: readonly Pod[], active: readonly Pod[]) {
  const completions = job.spec?.completions ?? 0
  const countedIndexes = readIntervals(job.status?.completedIndexes, completions)
  const indexesOf = (pods: readonly Pod[]) => new Set(pods.map((pod) => completionIndex(pod) ?? -1))
  const succeededIndexes = withIndexes(countedIndexes, indexesOf(valid.filter(({ status }) => status?.phase === 'Succeeded')))
  const succeeded = totalOf(succeededIndexes)
  if (!limitsPerIndex(job)) return { countedIndexes, succeededIndexes, succeeded, delayed: new Map<number, Pod>() }
  const failedBefore = readIntervals(job.status?.failedIndexes, completions)
  const failedIndexes = withIndexes(failedBefore, indexesOf(valid.filter((pod) => failsIndex(pod, job))))
  const delayed = new Map<number, Pod>()
  const busy = indexesOf(active)
  for (const pod of valid.filter((each) => isPodFailed(each, job))) {
    const index = completionIndex(pod) ?? -1
    if (hasIndex(succeededIndexes, index) || hasIndex(failedIndexes, index) || busy.has(index)) continue
    const other = delayed.get(index)
    const isLater = other === undefined || (allIndexFailures(other) <= allIndexFailures(pod) && finishedMs(pod) >= finishedMs(other))
    if (isLater) delayed.set(index, pod)
  }
  return { countedIndexes, succeededIndexes, succeeded, failedIndexes, delayed }
}

function failsIndex(pod: Pod, job: JobObject): boolean {
  if (!isPodFailed(pod, job)) return false
  const { counts, failIndex } = failureVerdict(job.spec?.podFailurePolicy, pod)
  return failIndex || (counts && indexFailures(pod) >= (job.spec?.backoffLimitPerIndex ?? 0))
}

/** A condition that is True from now on. */
export function newCondition(type: string, reason: string, message: string, now: number): JobCondition {
  const at = timestamp(now)
  return { type, status: 'True', lastProbeTime: at, lastTransitionTime: at, reason, message }
}

/** The condition with which the job is to end: the one it has already been given, or the first limit that is passed. */
export function endingOf(at: Situation): JobCondition | undefined {
  const { job, pods, now } = at
  const given = (type: string) => job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')
  const met = given('SuccessCriteriaMet')
  if (met !== undefined) return met
  const target = given('FailureTarget')
  if (target !== undefined) return newCondition('Failed', target.reason ?? '', target.message ?? '', now)
  const policy = job.spec?.podFailurePolicy
  const failJob = pods.filter((pod) => policy !== undefined && isPodFailed(pod, job)).map((pod) => failureVerdict(policy, pod).failJob)
  const message = failJob.find((each) => each !== undefined)
  if (message !== undefined) return newCondition('FailureTarget', 'PodFailurePolicy', message, now)
  return limitPassed(at) ?? indexLimitPassed(at) ?? successMet(at)
}

function limitPassed(at: Situation): JobCondition | undefined {
  const { job, failed, now } = at
  if (failed > (job.spec?.backoffLimit ?? 6) || pastLimitByRestarts(at)) {
    return newCondition('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', now)
  }
  if ((deadlineMs(at) ?? 1) > 0) return undefined
  return newCondition('FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline', now)
}

/** Milliseconds until activeDeadlineSeconds is over; undefined without deadline, or while the job is suspended. */
export function deadlineMs({ job, startTime, now }: Situation): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds
  if (seconds === undefined || startTime === undefined || isSuspended(job)) return undefined
  return Date.parse(startTime) + seconds * 1000 - now
}

/** With restartPolicy OnFailure the restarts of containers count. */
function pastLimitByRestarts({ job, pods }: Situation): boolean {
  if (job.spec?.template?.spec?.restartPolicy !== 'OnFailure') return false
  const limit = job.spec.backoffLimit ?? 6
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function indexLimitPassed({ job, failedIndexes, succeededIndexes, now }: Situation): JobCondition | undefined {
  const failed = totalOf(failedIndexes ?? [])
  const { maxFailedIndexes, completions = 0 } = job.spec ?? {}
  if (failedIndexes !== undefined && maxFailedIndexes !== undefined && failed > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return newCondition('FailureTarget', 'MaxFailedIndexesExceeded', message, now)
  }
  if (failed === 0 || failed + totalOf(succeededIndexes) < completions) return undefined
  return newCondition('FailureTarget', 'FailedIndexes', 'Job has failed indexes', now)
}

function successMet({ job, succeededIndexes, now }: Situation): JobCondition | undefined {
  const message = isIndexed(job) ? successPolicyMet(job, succeededIndexes) : undefined
  return message === undefined ? undefined : newCondition('SuccessCriteriaMet', 'SuccessPolicy', message, now)
}

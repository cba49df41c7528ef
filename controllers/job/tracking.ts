// Counts ended pods once and only once: their uid goes into the status, then their finalizer comes off, then the counter moves. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-tracking-with-finalizers
import type { JobCondition, JobStatus } from '../../openapi/types/batch/v1.ts'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { hasIndex, intervalsText, totalOf } from './indexes.ts'
import { completionIndex, hasValidIndex, isIndexed, isTracked, limitsPerIndex } from './pods.ts'
import { failureVerdict, isPodFailed } from './policies.ts'
import { newCondition, type Situation } from './situation.ts'

/** So many uids at most stand in the status; upstream's MaxUncountedPods. */
const maxUncounted = 500

export interface Tracking {
  status: JobStatus
  /** Pods whose finalizer comes off once the status is written. */
  release: Pod[]
  /** The condition that ended the job with this status. */
  ended?: JobCondition
}

/** `draft` has what is decided already: active, ready, terminating, conditions, start. `ending` is the condition the job ends with. */
export function tracked(at: Situation, draft: JobStatus, ending: JobCondition | undefined): Tracking {
  const status: JobStatus = { ...draft, ...countersOf(at) }
  const waiting = {
    succeeded: [...(status.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(status.uncountedTerminatedPods?.failed ?? [])],
  }
  const release: Pod[] = []
  let newIndexes = 0
  const sorted = isIndexed(at.job) ? [...at.pods].sort((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1)) : at.pods
  for (const pod of sorted) {
    if (newIndexes + waiting.succeeded.length + waiting.failed.length >= maxUncounted) break
    if (!isTracked(pod) || !releasable(at, pod, ending)) continue
    release.push(pod)
    const kind = outcomeOf(at, pod, ending)
    if (kind === 'index') newIndexes++
    else if (kind !== undefined) waiting[kind].push(pod.metadata?.uid ?? '')
  }
  status.uncountedTerminatedPods = uncounted(waiting)
  if (isIndexed(at.job)) Object.assign(status, indexStatus(at))
  return finish(at, status, release, ending)
}

/** Counters grow by the pods whose finalizer is gone. */
function countersOf({ job, pods }: Situation): Pick<JobStatus, 'succeeded' | 'failed' | 'uncountedTerminatedPods'> {
  const held = new Set(pods.filter(isTracked).map(({ metadata }) => metadata?.uid))
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {}
  const done = (uids: readonly string[]) => uids.filter((uid) => !held.has(uid)).length
  return {
    succeeded: (job.status?.succeeded ?? 0) + done(succeeded),
    failed: (job.status?.failed ?? 0) + done(failed),
    uncountedTerminatedPods: { succeeded: succeeded.filter((uid) => held.has(uid)), failed: failed.filter((uid) => held.has(uid)) },
  }
}

function releasable({ job, delayed }: Situation, pod: Pod, ending: JobCondition | undefined): boolean {
  if (job.metadata?.deletionTimestamp !== undefined || ending !== undefined || pod.status?.phase === 'Succeeded') return true
  if (!isPodFailed(pod, job)) return false
  // its replacement has to learn how often the index failed
  return !limitsPerIndex(job) || delayed.get(completionIndex(pod) ?? -1)?.metadata?.uid !== pod.metadata?.uid
}

/** Where an ended pod is to be counted; undefined when it is counted already, or never. */
function outcomeOf(at: Situation, pod: Pod, ending: JobCondition | undefined): 'index' | 'succeeded' | 'failed' | undefined {
  const { job, uncounted: known, countedIndexes } = at
  const uid = pod.metadata?.uid ?? ''
  if (pod.status?.phase === 'Succeeded' && !known.failed.has(uid)) {
    if (!isIndexed(job)) return known.succeeded.has(uid) ? undefined : 'succeeded'
    return hasValidIndex(pod, job) && !hasIndex(countedIndexes, completionIndex(pod) ?? -1) ? 'index' : undefined
  }
  // of a job that failed, every pod that had not ended failed
  const failed = isPodFailed(pod, job) || (ending !== undefined && ending.type !== 'SuccessCriteriaMet')
  if (!failed || known.failed.has(uid) || !hasValidIndex(pod, job)) return undefined
  return failureVerdict(job.spec?.podFailurePolicy, pod).counts ? 'failed' : undefined
}

function uncounted({ succeeded, failed }: { succeeded: string[]; failed: string[] }): { succeeded?: string[]; failed?: string[] } {
  return { ...(succeeded.length === 0 ? {} : { succeeded }), ...(failed.length === 0 ? {} : { failed }) }
}

function indexStatus({ succeededIndexes, failedIndexes }: Situation): Partial<JobStatus> {
  return {
    succeeded: totalOf(succeededIndexes),
    completedIndexes: intervalsText(succeededIndexes),
    ...(failedIndexes === undefined ? {} : { failedIndexes: intervalsText(failedIndexes) }),
  }
}

/** Adds the interim condition, and the final one once every pod is counted and gone. */
function finish(at: Situation, status: JobStatus, release: Pod[], ending: JobCondition | undefined): Tracking {
  if (ending === undefined) return { status: trimmed(status), release }
  const conditions = [...(status.conditions ?? [])]
  if (ending.type !== 'Failed' && !conditions.some(({ type, status: state }) => type === ending.type && state === 'True'))
    conditions.push(ending)
  status.conditions = conditions
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  if (release.length + succeeded.length + failed.length > 0 || (status.terminating ?? 0) > 0) return { status: trimmed(status), release }
  const type = ending.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
  const ended = newCondition(type, ending.reason ?? '', ending.message ?? '', at.now)
  conditions.push(ended)
  if (type === 'Complete') status.completionTime = timestamp(at.now)
  return { status: trimmed(status), release, ended }
}

/** Go leaves these out when empty. */
function trimmed(status: JobStatus): JobStatus {
  const result = { ...status }
  for (const key of ['active', 'succeeded', 'failed'] as const) if (result[key] === 0) delete result[key]
  if (result.completedIndexes === '') delete result.completedIndexes
  if (result.startTime === undefined) delete result.startTime
  if (result.conditions?.length === 0) delete result.conditions
  return result
}

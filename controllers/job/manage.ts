// How many pods a Job that has not ended should run, and what to create or delete for it. Pure.
import type { Pod } from '../../openapi/types/core/v1.ts'
import { finishedMs, remainingMs } from './backoff.ts'
import { firstFree, mergeIntervals, withIndexes } from './indexes.ts'
import { allIndexFailures, completionIndex, isIndexed, limitsPerIndex, newPod, podsToRemove } from './pods.ts'
import { replacesOnlyFailed } from './policies.ts'
import { isSuspended, type Situation } from './situation.ts'

/** Upstream's MaxPodCreateDeletePerSync. */
const maxPerSync = 500

export interface Management {
  create: Pod[]
  /** Pods that are deleted without being counted: their finalizer is taken off first. */
  remove: Pod[]
  /** Replacements wait this long. */
  waitMs?: number
}

/** Pods to create or to delete; never both. */
export function manage(at: Situation): Management {
  const { job, active, now } = at
  if (isSuspended(job)) return { create: [], remove: podsToRemove(job, active, active.length, now) }
  const wanted = wantedActive(at)
  const remove = podsToRemove(job, active, Math.max(0, active.length - wanted), now).slice(0, maxPerSync)
  if (remove.length > 0) return { create: [], remove }
  const missing = wanted - active.length - (replacesOnlyFailed(job) ? at.terminating : 0)
  return missing > 0 ? creation(at, Math.min(missing, maxPerSync)) : { create: [], remove: [] }
}

function wantedActive({ job, active, succeeded }: Situation): number {
  const { completions, parallelism = 1 } = job.spec ?? {}
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(completions - succeeded, parallelism))
}

function creation(at: Situation, missing: number): Management {
  const { job, record, now, delayed } = at
  const wait = limitsPerIndex(job) ? 0 : remainingMs(record.failures, record.lastMs, now)
  if (wait > 0) return { create: [], remove: [], waitMs: wait }
  if (!isIndexed(job)) return { create: Array.from({ length: missing }, () => newPod(job, undefined, undefined)), remove: [] }
  const indexes = pendingIndexes(at, missing)
  const waits = new Map(indexes.map((index) => [index, waitOf(delayed.get(index), now)]))
  const due = indexes.filter((index) => waits.get(index) === 0)
  const create = due.map((index) => newPod(job, index, delayed.get(index)))
  const later = [...waits.values()].filter((each) => each > 0)
  return { create, remove: [], ...(later.length === 0 ? {} : { waitMs: Math.min(...later) }) }
}

function waitOf(failed: Pod | undefined, now: number): number {
  return failed === undefined ? 0 : remainingMs(allIndexFailures(failed) + 1, finishedMs(failed), now)
}

function pendingIndexes({ job, active, pods, succeededIndexes, failedIndexes }: Situation, count: number): number[] {
  const blocking = replacesOnlyFailed(job) ? pods.filter(isTerminating) : []
  const busy = [...active, ...blocking].map(completionIndex).filter((index) => index !== undefined)
  const covered = mergeIntervals(withIndexes(succeededIndexes, busy), failedIndexes ?? [])
  return firstFree(covered, count, job.spec?.completions ?? 0)
}

function isTerminating({ metadata, status }: Pod): boolean {
  return metadata?.deletionTimestamp !== undefined && status?.phase !== 'Failed' && status?.phase !== 'Succeeded'
}

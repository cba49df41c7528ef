// How long a Job waits before it replaces failed pods: 10 s, doubling to 10 minutes. Pure.
import type { Pod } from '../../openapi/types/core/v1.ts'
import { podCondition } from '../../src/api/core/pod/queries.ts'

const initialMs = 10_000
const maxMs = 600_000

/** A job's failures since its last success; kept in the controller's memory. */
export interface FailureRecord {
  failures: number
  lastMs: number
  /** Pods that were counted; they stay "new" until the status that names them is written. */
  counted: readonly string[]
}

export const noFailures: FailureRecord = { failures: 0, lastMs: 0, counted: [] }

/** The record after these pods have been seen to end. */
export function nextRecord(record: FailureRecord, succeeded: readonly Pod[], failed: readonly Pod[]): FailureRecord {
  const known = new Set(record.counted)
  const isNew = ({ metadata }: Pod) => !known.has(metadata?.uid ?? '')
  const counted = [...succeeded, ...failed].map(({ metadata }) => metadata?.uid ?? '')
  const failedAt = failed.filter(isNew).map(finishedMs)
  const succeededAt = succeeded.filter(isNew).map(finishedMs)
  if (succeededAt.length === 0) {
    if (failedAt.length === 0) return { ...record, counted }
    return { failures: record.failures + failedAt.length, lastMs: Math.max(...failedAt), counted }
  }
  const lastSuccess = Math.max(...succeededAt)
  const after = failedAt.filter((time) => time > lastSuccess)
  return { failures: after.length, lastMs: after.length === 0 ? 0 : Math.max(...after), counted }
}

/** Milliseconds still to wait after so many failures, the last at `lastMs`. */
export function remainingMs(failures: number, lastMs: number, now: number): number {
  if (failures === 0) return 0
  const delay = Math.min(maxMs, initialMs * 2 ** Math.min(failures - 1, 16))
  return Math.max(0, delay - (now - lastMs))
}

/** When a pod ended: its last container, else the Ready condition, else its deletion. */
export function finishedMs(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.finishedAt)
  if (ends.length > 0 && ends.every((end) => end !== undefined)) return Math.max(...ends.map((end) => Date.parse(end)))
  const ready = podCondition(pod, 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined) return Date.parse(ready.lastTransitionTime)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp = '' } = pod.metadata ?? {}
  if (deletionTimestamp !== undefined) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return Date.parse(creationTimestamp) || 0
}

// Deletes a finished Job once its ttlSecondsAfterFinished is over.
// https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
import type { Job as JobObject } from '../openapi/types/batch/v1.ts'
import { Job } from '../src/api/batch/job.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, remove, requeueAfter } from '../src/controller/plan.ts'

/** Timers cannot wait for months. */
const longestWaitMs = 24 * 3_600_000

export const ttlAfterFinished = defineController({
  name: 'ttl-after-finished',
  for: Job,
  reads: {},
  reconcile(job, _reads, { now }) {
    const ttl = job.spec?.ttlSecondsAfterFinished
    const finished = finishedAt(job)
    if (ttl === undefined || finished === undefined || job.metadata?.deletionTimestamp !== undefined) return nothing
    const left = Date.parse(finished) + ttl * 1000 - now
    return left > 0 ? plan(requeueAfter(Math.min(left, longestWaitMs))) : plan(remove(Job, job, { propagationPolicy: 'Foreground' }))
  },
})

function finishedAt({ status }: JobObject): string | undefined {
  return status?.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )?.lastTransitionTime
}

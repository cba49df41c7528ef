// Runs a Job's pods until enough have succeeded or too many have failed, and counts each of them once.
// https://kubernetes.io/docs/concepts/workloads/controllers/job/
import type { JobCondition, Job as JobObject, JobStatus } from '../../openapi/types/batch/v1.ts'
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { Job } from '../../src/api/batch/job.ts'
import { isJobFinished } from '../../src/api/batch/queries.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodReady } from '../../src/api/core/pod/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { type KubeObject, objectKey, splitKey } from '../../src/apimachinery/meta.ts'
import { defineController } from '../../src/controller/define.ts'
import { claim, controllerOf } from '../../src/controller/owners.ts'
import {
  create,
  event,
  nothing,
  type Plan,
  plan,
  recordedStep,
  remove,
  requeueAfter,
  status,
  type Write,
} from '../../src/controller/plan.ts'
import { normal, warning } from '../shared/replica-pods.ts'
import { type FailureRecord, noFailures } from './backoff.ts'
import { type Management, manage } from './manage.ts'
import { isTracked, trackingFinalizer } from './pods.ts'
import { deadlineMs, endingOf, isSuspended, newCondition, type Situation, situationOf } from './situation.ts'
import { type Tracking, tracked } from './tracking.ts'

export const job = defineController({
  name: 'job',
  for: Job,
  owns: [Pod],
  reads: { pods: Pod, jobs: Job },
  indexes: {
    orphans: { kind: Pod, values: (pod: PodObject) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ''] : []) },
    trackedByJob: { kind: Pod, values: (pod: PodObject) => (isTracked(pod) ? [jobKeyOf(pod)] : []) },
  },
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { jobs }) => {
        if (controllerOf(pod) !== undefined || pod.metadata?.deletionTimestamp !== undefined) return isTracked(pod) ? [jobKeyOf(pod)] : []
        const matching = jobs.list(pod.metadata?.namespace).filter((one) => labelSelectorMatches(one.spec?.selector, pod.metadata?.labels))
        return isTracked(pod) && matching.length === 0 ? [jobKeyOf(pod)] : matching.map(objectKey)
      },
    },
  ],
  reconcile(one, { pods }, { now, memory, key }) {
    if ((one.spec?.managedBy ?? ownName) !== ownName) return nothing
    if (isJobFinished(one)) {
      memory.delete(key)
      return plan(pods.ownedBy(one).filter(isTracked).map(releasePatch))
    }
    const candidates = [...pods.ownedBy(one), ...pods.by('orphans', one.metadata?.namespace ?? '')]
    const matches = (pod: PodObject) => labelSelectorMatches(one.spec?.selector, pod.metadata?.labels)
    const { claimed, writes } = claim(one, Job, Pod, candidates, matches)
    const adopting = new Map(candidates.map((pod) => [pod.metadata?.name, pod]))
    const record = (memory.get(key) as FailureRecord | undefined) ?? noFailures
    const mine = claimed.map((pod) => (controllerOf(pod) === undefined && !isTracked(pod) ? withFinalizer(pod) : pod))
    const situation = situationOf(one, mine, record, now)
    memory.set(key, situation.record)
    // an earlier job of this name cannot count its pods any more
    const left = pods.by('trackedByJob', key).filter((pod) => (controllerOf(pod)?.uid ?? one.metadata?.uid) !== one.metadata?.uid)
    return plan(
      writes.map((write) => withTracking(write, adopting)),
      left.map(releasePatch),
      synced(situation),
    )
  },
  /** Pods of a job that is gone are not counted any more. */
  absent(key, { pods }, { memory }) {
    memory.delete(key)
    const { name, namespace } = splitKey(key)
    const stray = pods.get(name, namespace)
    const left = [...pods.by('trackedByJob', key), ...(stray !== undefined && controllerOf(stray) === undefined ? [stray] : [])]
    return plan([...new Set(left)].filter(isTracked).map(releasePatch))
  },
})

const ownName = 'kubernetes.io/job-controller'

/** The job that a tracked pod waits for: its controller, else the one its label names, else a key of its own. */
function jobKeyOf(pod: PodObject): string {
  const { namespace, name, labels } = pod.metadata ?? {}
  const owner = controllerOf(pod)
  if (owner !== undefined) return owner.kind === 'Job' ? `${namespace}/${owner.name}` : `${namespace}/${name}`
  return `${namespace}/${labels?.['batch.kubernetes.io/job-name'] ?? name}`
}

function withFinalizer(pod: PodObject): PodObject {
  return { ...pod, metadata: { ...pod.metadata, finalizers: [...(pod.metadata?.finalizers ?? []), trackingFinalizer] } }
}

/** Adoption brings the finalizer, release takes it off. */
function withTracking(write: Write, pods: ReadonlyMap<string | undefined, PodObject>): Write {
  const pod = write.op === 'patch' ? pods.get(write.name) : undefined
  if (write.op !== 'patch' || pod === undefined) return write
  const adopts = controllerOf(pod) === undefined
  if (adopts === isTracked(pod)) return write
  const rest = (pod.metadata?.finalizers ?? []).filter((finalizer) => finalizer !== trackingFinalizer)
  const finalizers = adopts ? [...rest, trackingFinalizer] : rest.length === 0 ? null : rest
  return { ...write, patch: { ...write.patch, metadata: { ...(write.patch['metadata'] as Record<string, unknown>), finalizers } } }
}

/** Takes the tracking finalizer off, whatever others do to the list meanwhile. */
function releasePatch(pod: PodObject): Write {
  const { namespace, name = '', uid } = pod.metadata ?? {}
  return {
    op: 'patch',
    kind: Pod,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    type: 'strategic',
    patch: { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } },
  }
}

function synced(at: Situation): Plan {
  const { job: one } = at
  const ending = endingOf(at)
  if (ending !== undefined) return endedPlan(at, ending)
  const deadline = requeueAfter(deadlineMs(at))
  if (one.metadata?.deletionTimestamp !== undefined) return statusPlan(at, tracked(at, draftOf(at), undefined), plan())
  const managed = manage(at)
  const active = at.active.length + managed.create.length - managed.remove.length
  if (isComplete(at, active)) {
    const met = newCondition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods', at.now)
    return statusPlan(at, tracked(at, draftOf(at, managed), met), carryOut(managed), managed.remove)
  }
  const { draft, notice } = suspension(at, draftOf(at, managed))
  const work = plan(carryOut(managed), {
    // a refused pod must not keep the status from being written
    onFailure: () => status(Job, one, tracked(at, suspension(at, draftOf(at)).draft, undefined).status),
  })
  return plan(statusPlan(at, tracked(at, draft, undefined), work), notice, deadline, requeueAfter(managed.waitMs))
}

/** Deletes what still runs; the finalizers of those pods stay until the status has counted them. */
function endedPlan(at: Situation, ending: JobCondition): Plan {
  const draft = draftOf(at, { create: [], remove: [...at.active] })
  return statusPlan(at, tracked(at, draft, ending), plan(deletions(at.active)))
}

/** `touched`: pods that `work` has just changed; their finalizer comes off another time. */
function statusPlan({ job: one }: Situation, tracking: Tracking, work: Plan, touched: readonly PodObject[] = []): Plan {
  return plan(
    work,
    status(Job, one, tracking.status),
    tracking.release.filter((pod) => !touched.includes(pod)).map(releasePatch),
    ...(tracking.ended === undefined ? [] : endEvents(one, tracking.status, tracking.ended)),
  )
}

function endEvents({ spec }: JobObject, { succeeded = 0 }: JobStatus, { type, reason = '', message = '' }: JobCondition) {
  if (type !== 'Complete') return [event('Warning', reason, message)]
  const tooMany = 'Too many succeeded pods running after completion count reached'
  return [
    spec?.completions !== undefined && succeeded > spec.completions ? event('Warning', 'TooManySucceededPods', tooMany) : undefined,
    event('Normal', 'Completed', 'Job completed'),
  ]
}

function isComplete({ job: one, succeeded }: Situation, active: number): boolean {
  const completions = one.spec?.completions
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions)
}

function draftOf(at: Situation, { create: made, remove: gone }: Management = { create: [], remove: [] }): JobStatus {
  const { startTime: _, ...rest } = at.job.status ?? {}
  return {
    ...rest,
    ...(at.startTime === undefined ? {} : { startTime: at.startTime }),
    active: at.active.length + made.length - gone.length,
    ready: at.ready - gone.filter(isPodReady).length,
    terminating: at.terminating + gone.length,
  }
}

/** Notes that the job was suspended or resumed; a resumed job starts anew. */
function suspension({ job: one, now }: Situation, draft: JobStatus): { draft: JobStatus; notice?: ReturnType<typeof event> } {
  const conditions = draft.conditions ?? []
  const index = conditions.findIndex(({ type }) => type === 'Suspended')
  const before = conditions[index]
  const suspended = isSuspended(one)
  if (suspended ? before?.status === 'True' : before === undefined || before.status === 'False') return { draft }
  const [reason, message] = suspended ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  const fresh = { ...newCondition('Suspended', reason, message, now), status: suspended ? 'True' : 'False' }
  const next = before === undefined ? [...conditions, fresh] : conditions.with(index, fresh)
  const { startTime: _, ...rest } = draft
  return {
    draft: { ...rest, conditions: next, ...(suspended ? {} : { startTime: timestamp(now) }) },
    notice: event('Normal', suspended ? 'Suspended' : 'Resumed', message),
  }
}

function carryOut({ create: made, remove: gone }: Management): Plan {
  const creations = made.map((pod) => ({
    write: create(Pod, pod),
    outcome: {
      success: (answer: KubeObject | undefined) => normal('SuccessfulCreate', `Created pod: ${answer?.metadata?.name}`),
      failure: (error: Error) => warning('FailedCreate', `Error creating: ${error.message}`),
    },
  }))
  return plan(recordedStep(creations), gone.filter(isTracked).map(releasePatch), deletions(gone))
}

function deletions(pods: readonly PodObject[]): Plan {
  return recordedStep(
    pods.map((pod) => ({
      write: remove(Pod, pod),
      outcome: {
        success: () => normal('SuccessfulDelete', `Deleted pod: ${pod.metadata?.name}`),
        failure: (error: Error) => warning('FailedDelete', `Error deleting: ${error.message}`),
      },
    })),
  )
}

// The jobs of a CronJob: how they are made, which are active, which are too old to keep. Pure.
import type { CronJob as CronJobObject, CronJobStatus, Job as JobObject } from '../../openapi/types/batch/v1.ts'
import { CronJob } from '../../src/api/batch/cronjob.ts'
import { isJobComplete, isJobFailed, isJobFinished } from '../../src/api/batch/queries.ts'
import { controllerReference } from '../../src/controller/owners.ts'
import type { PlannedEvent } from '../../src/controller/plan.ts'
import { normal, warning } from '../shared/replica-pods.ts'
import { zonedTime } from './schedule.ts'

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

type Active = NonNullable<CronJobStatus['active']>[number]

/** The name of the job of one start: the same start never makes two. */
export function jobName({ metadata }: CronJobObject, at: number): string {
  return `${metadata?.name}-${Math.floor(at / 60_000)}`
}

/** The job of one start. */
export function jobFor(cronJob: CronJobObject, at: number): JobObject {
  const { metadata, spec } = cronJob.spec?.jobTemplate ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, at),
      namespace: cronJob.metadata?.namespace ?? '',
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: zonedTime(at, cronJob.spec?.timeZone) },
      ownerReferences: [controllerReference(cronJob, CronJob)],
    },
    ...(spec === undefined ? {} : { spec }),
  }
}

/** The reference by which the status names an active job. */
export function activeReference({ metadata }: JobObject): Active {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = metadata ?? {}
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
}

/** Finished jobs beyond the history limits, the earliest started first. */
export function excessJobs({ spec }: CronJobObject, jobs: readonly JobObject[]): JobObject[] {
  const present = jobs.filter(({ metadata }) => metadata?.deletionTimestamp === undefined).sort(byStart)
  const beyond = (finished: readonly JobObject[], limit: number | undefined) =>
    limit === undefined ? [] : finished.slice(0, Math.max(0, finished.length - limit))
  return [
    ...beyond(present.filter(isJobComplete), spec?.successfulJobsHistoryLimit),
    ...beyond(present.filter(isJobFailed), spec?.failedJobsHistoryLimit),
  ]
}

/** Jobs that never started come last. */
function byStart(a: JobObject, b: JobObject): number {
  const [x, y] = [a.status?.startTime ?? '~', b.status?.startTime ?? '~']
  if (x !== y) return x < y ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}

export interface Observed {
  active: Active[]
  lastSuccessfulTime?: string
  events: PlannedEvent[]
}

/** What the jobs tell of the status. `made`: names of jobs this controller made that are not in the status yet; those seen are taken out. */
export function observe(
  cronJob: CronJobObject,
  jobs: readonly JobObject[],
  exists: (active: Active) => boolean,
  made: Set<string>,
): Observed {
  let active = [...(cronJob.status?.active ?? [])]
  let lastSuccessfulTime = cronJob.status?.lastSuccessfulTime
  const events: PlannedEvent[] = []
  const lastName = cronJob.status?.lastScheduleTime && jobName(cronJob, Date.parse(cronJob.status.lastScheduleTime))
  for (const job of jobs) {
    const { uid, name = '' } = job.metadata ?? {}
    const listed = active.some((reference) => reference.uid === uid)
    const isOwn = made.delete(name)
    if (!isJobFinished(job)) {
      if (listed) continue
      // the name of the latest start is proof enough after a restart
      if (isOwn || name === lastName) active.push(activeReference(job))
      else events.push(warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`))
      continue
    }
    if (listed || isOwn) {
      active = active.filter((reference) => reference.uid !== uid)
      events.push(normal('SawCompletedJob', `Saw completed job: ${name}, condition: ${isJobComplete(job) ? 'Complete' : 'Failed'}`))
    }
    const completed = isJobComplete(job) ? job.status?.completionTime : undefined
    if (completed !== undefined && (lastSuccessfulTime === undefined || Date.parse(completed) > Date.parse(lastSuccessfulTime))) {
      lastSuccessfulTime = completed
    }
  }
  for (const reference of active.filter((each) => !jobs.some(({ metadata }) => metadata?.uid === each.uid) && !exists(each))) {
    events.push(normal('MissingJob', `Active job went missing: ${reference.name}`))
    active = active.filter((each) => each !== reference)
  }
  return { active, events, ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }) }
}

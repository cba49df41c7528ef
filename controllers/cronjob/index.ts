// Makes a Job whenever a CronJob's schedule says so, and forgets the old ones.
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
import type { CronJob as CronJobObject, CronJobStatus, Job as JobObject } from '../../openapi/types/batch/v1.ts'
import { CronError, type CronSchedule, isTimeZone, parseCron } from '../../src/api/batch/cron-schedule.ts'
import { CronJob } from '../../src/api/batch/cronjob.ts'
import { Job } from '../../src/api/batch/job.ts'
import { isJobFinished } from '../../src/api/batch/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { isControlledBy } from '../../src/controller/owners.ts'
import {
  create,
  event,
  nothing,
  type Plan,
  type PlanPart,
  plan,
  recordedStep,
  remove,
  requeueAfter,
  status,
} from '../../src/controller/plan.ts'
import { normal, warning } from '../shared/replica-pods.ts'
import { activeReference, excessJobs, jobFor, jobName, type Observed, observe } from './jobs.ts'
import { dueStart, eventTime, ScheduleError, untilNextStart } from './schedule.ts'

/** What is remembered of a CronJob between two looks. */
interface Notes {
  schedule: string
  /** Jobs made that the status does not name yet: their uid is known only afterwards. */
  made: readonly string[]
}

export const cronjob = defineController({
  name: 'cronjob',
  for: CronJob,
  owns: [Job],
  reads: { jobs: Job },
  reconcile(one, { jobs }, { now, memory, key }) {
    const schedule = `${one.spec?.timeZone ?? ''} ${one.spec?.schedule}`
    const before = memory.get(key) as Notes | undefined
    const made = new Set(before?.made)
    const notes: Notes = { schedule, made: [] }
    memory.set(key, notes)
    // starts that only the new schedule would have had are not made up for
    if (before !== undefined && before.schedule !== schedule) return rescheduled(one, now)
    const own = jobs.ownedBy(one)
    const excess = excessJobs(one, own)
    const observed = observe(one, own, (active) => jobs.get(active.name ?? '', active.namespace) !== undefined, made)
    const gone = new Set(excess.map(({ metadata }) => metadata?.uid))
    observed.active = observed.active.filter(({ uid }) => !gone.has(uid))
    return plan(deletions(excess), ...observed.events.map((planned) => ({ event: planned })), started(one, observed, jobs, notes, now))
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

function rescheduled(one: CronJobObject, now: number): Plan {
  const schedule = parsed(one)
  if (typeof schedule !== 'string') return plan(requeueAfter(untilNextStart(one, schedule, now)))
  return plan(event('Warning', 'UnParseableCronJobSchedule', `unparseable schedule for cronjob: ${one.spec?.schedule}`))
}

/** The schedule in its zone, or what is wrong with it. */
function parsed({ spec }: CronJobObject): CronSchedule | string {
  const text = spec?.schedule ?? ''
  const zone = spec?.timeZone
  try {
    return parseCron(zone === undefined || text.includes('TZ') || !isTimeZone(zone) ? text : `TZ=${zone} ${text}`)
  } catch (error) {
    if (error instanceof CronError) return error.message
    throw error
  }
}

/** The start that is due, if any, and the status. */
function started(one: CronJobObject, observed: Observed, jobs: Lister<JobObject>, notes: Notes, now: number): Plan {
  const zone = one.spec?.timeZone
  const settled = statusPart(one, observed)
  if (one.metadata?.deletionTimestamp !== undefined) return plan(settled)
  if (zone !== undefined && !isTimeZone(zone)) {
    return plan(settled, event('Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(zone)}: unknown time zone ${zone}`))
  }
  if (one.spec?.suspend === true) return plan(settled)
  const text = one.spec?.schedule ?? ''
  const unsupported = text.includes('TZ') ? event('Warning', 'UnsupportedSchedule', unsupportedText(text)) : undefined
  const schedule = parsed(one)
  if (typeof schedule === 'string') {
    return plan(
      settled,
      unsupported,
      event('Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${schedule}`),
    )
  }
  try {
    return plan(unsupported, due(one, observed, schedule, jobs, notes, now))
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error
    return plan(settled, unsupported, event('Warning', 'InvalidSchedule', `invalid schedule: ${text} : ${error.message}`))
  }
}

function unsupportedText(schedule: string): string {
  return `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`
}

const tooManyMissed = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
const stillRunning = 'Not starting job because prior execution is running and concurrency policy is Forbid'

function due(one: CronJobObject, observed: Observed, schedule: CronSchedule, jobs: Lister<JobObject>, notes: Notes, now: number): Plan {
  const start = dueStart(one, schedule, now)
  const later = requeueAfter(untilNextStart(one, schedule, now))
  const waiting = (...parts: PlanPart[]) => plan(statusPart(one, observed), ...parts, later)
  if (start === undefined) return waiting()
  const { at, tooMany } = start
  const warned = tooMany ? event('Warning', 'TooManyMissedTimes', tooManyMissed) : undefined
  const deadline = one.spec?.startingDeadlineSeconds
  if (deadline !== undefined && at + deadline * 1000 < now) {
    return waiting(warned, event('Warning', 'MissSchedule', `Missed scheduled time to start a job: ${eventTime(at)}`))
  }
  const name = jobName(one, at)
  const last = one.status?.lastScheduleTime
  if (observed.active.some((active) => active.name === name) || (last !== undefined && Date.parse(last) === at)) {
    // a job that was made while its status could not be written still has to be noted
    return last !== undefined && Date.parse(last) === at ? waiting(warned) : plan(statusPart(one, observed, at), warned, later)
  }
  const present = jobs.get(name, one.metadata?.namespace)
  if (present !== undefined && !isControlledBy(present, one)) return waiting(warned)
  if (present !== undefined) {
    const active = isJobFinished(present) ? observed.active : [...observed.active, activeReference(present)]
    return plan(statusPart(one, { ...observed, active }, at), warned, later)
  }
  if (one.spec?.concurrencyPolicy === 'Forbid' && observed.active.length > 0) {
    return waiting(warned, event('Normal', 'JobAlreadyActive', stillRunning))
  }
  return plan(warned, newStart(one, observed, at, jobs, notes), requeueAfter(untilNextStart(noted(one, at), schedule, now)))
}

/** Makes the job; with Replace those still running go first. */
function newStart(one: CronJobObject, observed: Observed, at: number, jobs: Lister<JobObject>, notes: Notes): Plan {
  const replaced =
    one.spec?.concurrencyPolicy === 'Replace' ? observed.active.map(({ name, namespace }) => jobs.get(name ?? '', namespace)) : []
  const running = replaced.filter((job) => job !== undefined)
  const active = observed.active.filter(({ uid }) => !running.some(({ metadata }) => metadata?.uid === uid))
  const job = jobFor(one, at)
  notes.made = [job.metadata?.name ?? '']
  const made = recordedStep([
    {
      write: create(Job, job),
      outcome: {
        success: (answer) => normal('SuccessfulCreate', `Created job ${answer?.metadata?.name}`),
        failure: (error) => warning('FailedCreate', `Error creating job: ${error.message}`),
      },
    },
  ])
  return plan(deletions(running), made, statusPart(one, { ...observed, active }, at))
}

function noted(one: CronJobObject, at: number): CronJobObject {
  return { ...one, status: { ...one.status, lastScheduleTime: timestamp(at) } }
}

function statusPart(one: CronJobObject, { active, lastSuccessfulTime }: Observed, startedAt?: number): PlanPart {
  const { active: _, lastScheduleTime, ...rest } = one.status ?? {}
  const last = startedAt === undefined ? lastScheduleTime : timestamp(startedAt)
  const next: CronJobStatus = {
    ...rest,
    ...(active.length === 0 ? {} : { active }),
    ...(last === undefined ? {} : { lastScheduleTime: last }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  }
  return status(CronJob, one, next)
}

function deletions(jobs: readonly JobObject[]): Plan {
  return recordedStep(
    jobs.map((job) => ({
      write: remove(Job, job, { propagationPolicy: 'Background' }),
      outcome: {
        success: () => normal('SuccessfulDelete', `Deleted job ${job.metadata?.name}`),
        failure: (error: Error) => warning('FailedDelete', `Deleted job: ${error.message}`),
      },
    })),
  )
}

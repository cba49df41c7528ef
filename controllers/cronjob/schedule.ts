// Which start of a CronJob is due, and when to look again. Pure.
// https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
import type { CronJob } from '../../openapi/types/batch/v1.ts'
import type { CronSchedule } from '../../src/api/batch/cron-schedule.ts'
import { nextCronTime, zoneOffsetMs } from '../../src/api/batch/cron-times.ts'

/** Looks a little after the hour strikes, so that clocks that differ by a hair do not miss it. */
const deltaMs = 100
/** Waits are cut to this: timers cannot wait for months. */
const longestWaitMs = 24 * 3_600_000
/** From so many missed starts on a warning is due. */
const manyMissed = 100

interface Recent {
  /** From where starts are counted: the last one, the creation, or the starting deadline. */
  earliest: number
  latest?: number
  missed: number
}

/** The schedule cannot be followed; the message is upstream's. */
export class ScheduleError extends Error {}

function mostRecent(cronJob: CronJob, schedule: CronSchedule, now: number, withDeadline: boolean): Recent {
  let earliest = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata?.creationTimestamp ?? '') || 0
  const deadline = cronJob.spec?.startingDeadlineSeconds
  if (withDeadline && deadline !== undefined) earliest = Math.max(earliest, now - deadline * 1000)
  const first = nextCronTime(schedule, earliest)
  const second = first === undefined ? undefined : nextCronTime(schedule, first)
  if (first === undefined || second === undefined) throw new ScheduleError('time difference between two schedules is less than 1 second')
  if (now < first) return { earliest, missed: 0 }
  if (now < second) return { earliest, latest: first, missed: 0 }
  const between = Math.round((second - first) / 1000)
  const missed = Math.floor(Math.floor((now - first) / 1000) / between) + 1
  // the distance between starts may vary, so the search begins a little before the last one expected
  let latest: number | undefined
  let next = nextCronTime(schedule, first + (missed - 2) * between * 1000)
  while (next !== undefined && next <= now) {
    latest = next
    next = nextCronTime(schedule, next)
  }
  return { earliest, missed, ...(latest === undefined ? {} : { latest }) }
}

/** The latest start that is due and has not been made; `tooMany` when more than 100 were missed. Throws ScheduleError. */
export function dueStart(cronJob: CronJob, schedule: CronSchedule, now: number): { at: number; tooMany: boolean } | undefined {
  const { latest, missed } = mostRecent(cronJob, schedule, now, true)
  return latest === undefined ? undefined : { at: latest, tooMany: missed > manyMissed }
}

/** Milliseconds until the next start. */
export function untilNextStart(cronJob: CronJob, schedule: CronSchedule, now: number): number {
  const next = nextCronTime(schedule, reference(cronJob, schedule, now))
  return next === undefined ? longestWaitMs : Math.min(longestWaitMs, Math.max(0, next + deltaMs - now))
}

function reference(cronJob: CronJob, schedule: CronSchedule, now: number): number {
  try {
    const { latest, missed, earliest } = mostRecent(cronJob, schedule, now, false)
    return latest ?? (missed === 0 ? earliest : now)
  } catch (error) {
    if (error instanceof ScheduleError) return now
    throw error
  }
}

/** RFC 3339 in the zone of the CronJob, as the annotation of its jobs has it. */
export function zonedTime(ms: number, timeZone: string | undefined): string {
  const offset = zoneOffsetMs(timeZone, ms)
  const local = new Date(ms + offset).toISOString().slice(0, 19)
  return `${local}${offset === 0 ? 'Z' : offsetText(offset)}`
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}

/** RFC 1123 with a numeric zone, as events write times. */
export function eventTime(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

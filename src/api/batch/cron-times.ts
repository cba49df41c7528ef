// When a cron schedule is next due, as robfig/cron/v3 finds it: also across changes of summer time. Pure.
import type { CronFields, CronSchedule } from './cron-schedule.ts'

const secondMs = 1000
const minuteMs = 60_000
const hourMs = 3_600_000

/** The first due time after `afterMs`; undefined when there is none within five years. Without a zone of its own the schedule is in UTC. */
export function nextCronTime(schedule: CronSchedule, afterMs: number): number | undefined {
  if ('everyMs' in schedule) return Math.floor((afterMs + schedule.everyMs) / secondMs) * secondMs
  const zone = zoneOf(schedule.timeZone)
  let at: number | undefined = Math.floor(afterMs / secondMs) * secondMs + secondMs
  // seconds are always 0
  if (at % minuteMs !== 0) at = Math.floor(at / minuteMs) * minuteMs + minuteMs
  const lastYear = zone.fields(at).year + 5
  while (at !== undefined) {
    if (zone.fields(at).year > lastYear) return undefined
    const next: number = advanced(schedule, zone, at)
    if (next === at) return at
    at = next
  }
  return undefined
}

/** The time itself when it is due, else a later one from which to look on. Each unit starts over once it wraps. */
function advanced(schedule: CronFields, zone: Zone, at: number): number {
  const { year, month, day, hour, minute } = zone.fields(at)
  if (!schedule.months.has(month)) return zone.time(year, month + 1, 1, 0)
  if (!dayFits(schedule, zone.fields(at))) return midnight(zone, zone.time(year, month, day + 1, 0))
  // in steps of real time: clocks may show an hour twice
  if (!schedule.hours.has(hour)) return at - minute * minuteMs + hourMs
  return schedule.minutes.has(minute) ? at : at + minuteMs
}

/** Where midnight is skipped the day starts at 1, or the clock shows 23: both are put right as upstream does. */
function midnight(zone: Zone, at: number): number {
  const { hour } = zone.fields(at)
  if (hour === 0) return at
  return hour > 12 ? at + (24 - hour) * hourMs : at - hour * hourMs
}

function dayFits(schedule: CronFields, { day, weekday }: Fields): boolean {
  const ofMonth = schedule.daysOfMonth.has(day)
  const ofWeek = schedule.daysOfWeek.has(weekday)
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek
}

interface Fields {
  year: number
  /** 1–12. */
  month: number
  day: number
  hour: number
  minute: number
  /** 0 is Sunday. */
  weekday: number
}

interface Zone {
  fields: (ms: number) => Fields
  /** The time that clocks show as this; days and months beyond their end run over. */
  time: (year: number, month: number, day: number, hour: number) => number
}

const zones = new Map<string, Zone>()

function zoneOf(name: string | undefined): Zone {
  const known = zones.get(name ?? 'UTC')
  if (known !== undefined) return known
  const zone = zoneWith(name === undefined || name === 'UTC' ? () => 0 : offsetReader(name))
  zones.set(name ?? 'UTC', zone)
  return zone
}

function zoneWith(offsetAt: (ms: number) => number): Zone {
  return {
    fields(ms) {
      const local = new Date(ms + offsetAt(ms))
      return {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
        hour: local.getUTCHours(),
        minute: local.getUTCMinutes(),
        weekday: local.getUTCDay(),
      }
    },
    time(year, month, day, hour) {
      const local = Date.UTC(year, month - 1, day, hour)
      // Go's time.Date: the offset at that clock time taken as UTC, corrected when it is not the one in force there
      const guess = offsetAt(local)
      const utc = local - guess
      const offset = offsetAt(utc)
      return offset === guess ? utc : local - offset
    },
  }
}

/** Milliseconds by which clocks of a zone are ahead of UTC at a time. */
export function zoneOffsetMs(name: string | undefined, ms: number): number {
  return name === undefined || name === 'UTC' ? 0 : offsetReader(name)(ms)
}

function offsetReader(name: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return local - Math.floor(ms / secondMs) * secondMs
  }
}

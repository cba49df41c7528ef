// Timestamps and durations: their texts and the parts of them that expressions ask for.
import { DurationError, parseDurationNanos } from '../duration.ts'
import { parseTime, TimeError } from '../time.ts'
import { duration, timestamp } from './arithmetic.ts'
import { fn, type Library, text } from './registry.ts'
import { CelError, Duration, noOverload, Timestamp, type Value } from './values.ts'

const million = 1_000_000n
const billion = 1_000_000_000n

/** RFC 3339 in UTC with as many digits as there are. */
export function timeText(nanos: bigint): string {
  const seconds = nanos / billion - (nanos % billion < 0n ? 1n : 0n)
  const rest = nanos - seconds * billion
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction}Z`
}

/** Reads a timestamp. Throws CelError. */
export function readTimestamp(given: string): Timestamp {
  try {
    const { ms, nanos } = parseTime(given)
    return timestamp(BigInt(Math.floor(ms / 1000)) * billion + BigInt(nanos))
  } catch (error) {
    if (error instanceof TimeError) throw new CelError(error.message)
    throw error
  }
}

/** Reads a duration. Throws CelError. */
export function readDuration(given: string): Duration {
  try {
    return duration(parseDurationNanos(given))
  } catch (error) {
    if (error instanceof DurationError) throw new CelError(error.message)
    throw error
  }
}

interface Parts {
  year: number
  month: number
  day: number
  weekday: number
  hours: number
  minutes: number
  seconds: number
  dayOfYear: number
}

const offset = /^([+-])?(\d{1,2}):(\d{2})$/

/** The parts of a time in a zone: UTC, an offset (`-07:30`) or a name of the time zone database. */
function partsOf(time: Timestamp, zone: string): Parts {
  const ms = Number(time.nanos / million)
  const shift = offset.exec(zone)
  if (zone === '' || zone === 'UTC' || shift !== null) {
    const minutes = shift === null ? 0 : (shift[1] === '-' ? -1 : 1) * (Number(shift[2]) * 60 + Number(shift[3]))
    return utcParts(new Date(ms + minutes * 60_000))
  }
  return utcParts(new Date(ms + zoneOffset(ms, zone)))
}

function utcParts(date: Date): Parts {
  const year = date.getUTCFullYear()
  return {
    year,
    month: date.getUTCMonth(),
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
    dayOfYear: Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / 86_400_000),
  }
}

function zoneOffset(ms: number, zone: string): number {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch {
    throw new CelError(`unknown time zone ${zone}`)
  }
  const name = format.formatToParts(new Date(ms)).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name)
  if (match === null) return 0
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)
  return (match[1] === '-' ? -size : size) * 1000
}

function getter(part: (parts: Parts) => number, ofDuration?: (nanos: bigint) => bigint) {
  return fn([1, 2], ([value, zone]: readonly Value[]) => {
    if (value instanceof Duration && ofDuration !== undefined && zone === undefined) return ofDuration(value.nanos)
    if (!(value instanceof Timestamp)) throw noOverload()
    return BigInt(part(partsOf(value, zone === undefined ? '' : text(zone))))
  })
}

/** Methods of timestamps and durations. */
export const timeMethods: Library = {
  getFullYear: getter(({ year }) => year),
  getMonth: getter(({ month }) => month),
  getDayOfYear: getter(({ dayOfYear }) => dayOfYear),
  getDayOfMonth: getter(({ day }) => day - 1),
  getDate: getter(({ day }) => day),
  getDayOfWeek: getter(({ weekday }) => weekday),
  getHours: getter(
    ({ hours }) => hours,
    (nanos) => nanos / (3600n * billion),
  ),
  getMinutes: getter(
    ({ minutes }) => minutes,
    (nanos) => nanos / (60n * billion),
  ),
  getSeconds: getter(
    ({ seconds }) => seconds,
    (nanos) => nanos / billion,
  ),
  getMilliseconds: fn([1, 2], ([value]) => {
    if (value instanceof Duration) return nanosToMs(value.nanos)
    if (!(value instanceof Timestamp)) throw noOverload()
    return (((value.nanos % billion) + billion) % billion) / million
  }),
}

function nanosToMs(nanos: bigint): bigint {
  return nanos / million
}

// Cron expressions as robfig/cron/v3 reads them (five fields, names, @-words), with its error texts. Times are found elsewhere.
import { parseDurationMs } from '../../apimachinery/duration.ts'

/** A parsed schedule: sets of allowed numbers, or a fixed interval (`@every`). */
export type CronSchedule = { everyMs: number } | CronFields

export interface CronFields {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  daysOfMonth: ReadonlySet<number>
  months: ReadonlySet<number>
  /** 0 is Sunday. */
  daysOfWeek: ReadonlySet<number>
  /** `*` or `?`: when neither day field is a star, a day that fits one of them is enough. */
  anyDayOfMonth: boolean
  anyDayOfWeek: boolean
  /** From a `TZ=` or `CRON_TZ=` prefix. */
  timeZone?: string
}

/** The expression cannot be read; the message is robfig/cron's. */
export class CronError extends Error {}

interface Bounds {
  min: number
  max: number
  names?: readonly string[]
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const minutes: Bounds = { min: 0, max: 59 }
const hours: Bounds = { min: 0, max: 23 }
const daysOfMonth: Bounds = { min: 1, max: 31 }
const months: Bounds = { min: 1, max: 12, names: monthNames }
const daysOfWeek: Bounds = { min: 0, max: 6, names: dayNames }

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Reads a schedule; throws CronError. */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string')
  const prefix = /^(?:CRON_)?TZ=/.exec(text)?.[0]
  if (prefix === undefined) return parseExpression(text)
  const space = text.indexOf(' ')
  if (space < 0) throw new CronError(`invalid schedule format: runtime error: slice bounds out of range [:-1]`)
  const timeZone = text.slice(prefix.length, space)
  if (!isTimeZone(timeZone)) throw new CronError(`provided bad location ${timeZone}: unknown time zone ${timeZone}`)
  const schedule = parseExpression(text.slice(space).trim())
  return 'everyMs' in schedule ? schedule : { ...schedule, timeZone }
}

function parseExpression(text: string): CronSchedule {
  if (text.startsWith('@every ')) return { everyMs: parseEvery(text.slice('@every '.length)) }
  if (text.startsWith('@')) {
    const expansion = Object.hasOwn(descriptors, text) ? descriptors[text] : undefined
    if (expansion === undefined) throw new CronError(`unrecognized descriptor: ${text}`)
    return parseExpression(expansion)
  }
  const fields = text.split(/\s+/).filter((field) => field !== '')
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields
  if (fields.length !== 5 || minute === undefined || hour === undefined || dayOfMonth === undefined || month === undefined || !dayOfWeek) {
    throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  }
  const parsed = {
    minutes: parseField(minute, minutes).values,
    hours: parseField(hour, hours).values,
    days: parseField(dayOfMonth, daysOfMonth),
    months: parseField(month, months).values,
    weekdays: parseField(dayOfWeek, daysOfWeek),
  }
  return {
    minutes: parsed.minutes,
    hours: parsed.hours,
    daysOfMonth: parsed.days.values,
    months: parsed.months,
    daysOfWeek: parsed.weekdays.values,
    anyDayOfMonth: parsed.days.star,
    anyDayOfWeek: parsed.weekdays.star,
  }
}

/** Intervals are whole seconds, one at least. */
function parseEvery(text: string): number {
  try {
    return Math.max(1000, Math.floor(parseDurationMs(text) / 1000) * 1000)
  } catch (error) {
    throw new CronError(`failed to parse duration ${text}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parseField(field: string, bounds: Bounds): { values: Set<number>; star: boolean } {
  const values = new Set<number>()
  let star = false
  for (const range of field.split(',').filter((part) => part !== '')) {
    const parsed = parseRange(range, bounds)
    star ||= parsed.star
    for (let value = parsed.start; value <= parsed.end; value += parsed.step) values.add(value)
  }
  return { values, star }
}

function parseRange(range: string, bounds: Bounds): { start: number; end: number; step: number; star: boolean } {
  const [span = '', stepText, ...moreSteps] = range.split('/')
  const [low = '', high, ...moreEnds] = span.split('-')
  let star = low === '*' || low === '?'
  let [start, end] = [bounds.min, bounds.max]
  if (!star) {
    start = parseNumber(low, bounds)
    if (moreEnds.length > 0) throw new CronError(`too many hyphens: ${range}`)
    end = high === undefined ? start : parseNumber(high, bounds)
  }
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${range}`)
  let step = 1
  if (stepText !== undefined) {
    step = parseNumber(stepText, { min: 0, max: 0 })
    if (high === undefined) end = bounds.max
    if (step > 1) star = false
  }
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${range}`)
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${range}`)
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${range}`)
  if (step === 0) throw new CronError(`step of range should be a positive number: ${range}`)
  return { start, end, step, star }
}

function parseNumber(text: string, { min, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + min
  if (!/^[+-]?\d+$/.test(text))
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (!Number.isSafeInteger(value)) {
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`)
  }
  if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`)
  return value
}

/** Whether a name is in the time zone database. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

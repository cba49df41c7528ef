// Times on the wire: what Go's time.Parse accepts, how the server writes it back, and the words for what it refuses.

/** The Go layout of metav1.Time, as it stands in error messages. */
const secondsLayout = '2006-01-02T15:04:05Z07:00'
const microLayout = '2006-01-02T15:04:05.000000Z07:00'

/** A point in time with Go's precision: whole milliseconds since the epoch and the nanoseconds within the second. */
export interface Instant {
  ms: number
  nanos: number
}

/** What is wrong with the text of a time, in Go's words. */
export class TimeError extends Error {}

const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:(Z)|([+-])(\d\d):(\d\d))$/
const canonicalShape = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** Reads RFC 3339 as metav1.Time does. @throws TimeError */
export function parseTime(text: string): Instant {
  return parse(text, secondsLayout)
}

/** The canonical text of a metav1.Time (`2006-01-02T15:04:05Z`); null for Go's zero time. @throws TimeError */
export function canonicalTime(text: string): string | null {
  if (canonicalShape.test(text) && !text.startsWith('0001')) return text
  const { ms } = parse(text, secondsLayout)
  const iso = isoText(ms)
  return iso === '0001-01-01T00:00:00' ? null : `${iso}Z`
}

/** The canonical text of a metav1.MicroTime (six digits); the input must have six as well. @throws TimeError */
export function canonicalMicroTime(text: string): string | null {
  const { ms, nanos } = parse(text, microLayout)
  const iso = isoText(ms)
  const micros = String(Math.floor(nanos / 1000)).padStart(6, '0')
  return iso === '0001-01-01T00:00:00' && nanos === 0 ? null : `${iso}.${micros}Z`
}

function isoText(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)
}

function parse(text: string, layout: string): Instant {
  const match = shape.exec(text)
  if (match === null) throw new TimeError(mismatch(text, layout))
  const fraction = match[7]
  if (layout === microLayout && fraction?.length !== 6) throw new TimeError(mismatch(text, layout))
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const offset = offsetMinutes(match)
  const range = outOfRange({ year, month, day, hour, minute, second, offset })
  if (range !== undefined) throw new TimeError(`parsing time ${JSON.stringify(text)}: ${range} out of range`)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute - offset, second)
  const nanos = Number((fraction ?? '').slice(0, 9).padEnd(9, '0'))
  return { ms: date.getTime() + Math.floor(nanos / 1e6), nanos }
}

function offsetMinutes(match: RegExpExecArray): number {
  if (match[8] === 'Z') return 0
  const minutes = Number(match[10]) * 60 + Number(match[11])
  return match[9] === '-' ? -minutes : minutes
}

function outOfRange(at: { year: number; month: number; day: number; hour: number; minute: number; second: number; offset: number }) {
  if (at.month < 1 || at.month > 12) return 'month'
  if (at.hour > 23) return 'hour'
  if (at.minute > 59) return 'minute'
  if (at.second > 59) return 'second'
  if (Math.abs(at.offset) > 24 * 60 || Math.abs(at.offset) % 60 > 59) return 'time zone offset hour'
  if (at.day < 1 || at.day > daysIn(at.year, at.month)) return 'day'
  return undefined
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

const elements: readonly [RegExp, string][] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d\d/, '01'],
  [/^-/, '-'],
  [/^\d\d/, '02'],
  [/^T/, 'T'],
  [/^\d\d?/, '15'],
  [/^:/, ':'],
  [/^\d\d/, '04'],
  [/^:/, ':'],
  [/^\d\d/, '05'],
]

/** Go names the rest of the text and the part of the layout that it did not fit. */
function mismatch(text: string, layout: string): string {
  const head = `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: `
  let rest = text
  for (const [pattern, name] of elements) {
    const found = pattern.exec(rest)
    if (found === null) return `${head}cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`
    rest = rest.slice(found[0].length)
  }
  if (layout === microLayout) {
    if (!/^\.\d{6}/.test(rest)) return `${head}cannot parse ${JSON.stringify(rest)} as ".000000"`
    rest = rest.slice(7)
  } else rest = rest.replace(/^[.,]\d+/, '')
  const zone = /^(?:Z|[+-]\d\d:\d\d)/.exec(rest)
  if (zone === null) return `${head}cannot parse ${JSON.stringify(rest)} as "Z07:00"`
  return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest.slice(zone[0].length))}`
}

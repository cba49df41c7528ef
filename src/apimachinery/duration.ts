// Durations: Go's texts ("1h2m3s", metav1.Duration) and the ages people read (`3h20m`), as time.Duration and HumanDuration print them.

const unitNanos: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
const maxNanos = 2n ** 63n - 1n
const part = /(\d*)(\.\d*)?(ns|us|µs|μs|ms|s|m|h)/y

/** What is wrong with a duration, in Go's words. */
export class DurationError extends Error {}

/** Nanoseconds of a Go duration ("1h30m", "-1.5s", "0"). @throws DurationError */
export function parseDurationNanos(text: string): bigint {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  const body = text.slice(sign.length)
  if (body === '0') return 0n
  if (body === '') throw new DurationError(`time: invalid duration ${JSON.stringify(text)}`)
  let nanos = 0n
  part.lastIndex = 0
  while (part.lastIndex < body.length) {
    const start = part.lastIndex
    const match = part.exec(body)
    if (match === null || (match[1] === '' && (match[2] ?? '.') === '.')) throw new DurationError(unitProblem(text, body.slice(start)))
    const unit = unitNanos[match[3] ?? ''] ?? 0
    nanos += BigInt(match[1] || '0') * BigInt(unit) + BigInt(Math.trunc(Number(`0${match[2] ?? ''}`) * unit))
    if (nanos > maxNanos) throw new DurationError(`time: invalid duration ${JSON.stringify(text)}`)
  }
  return sign === '-' ? -nanos : nanos
}

function unitProblem(text: string, rest: string): string {
  const quoted = JSON.stringify(text)
  const match = /^(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)
  if (match === null) return `time: invalid duration ${quoted}`
  return match[1] === ''
    ? `time: missing unit in duration ${quoted}`
    : `time: unknown unit ${JSON.stringify(match[1])} in duration ${quoted}`
}

/** Milliseconds of a Go duration. @throws DurationError */
export function parseDurationMs(text: string): number {
  return Number(parseDurationNanos(text)) / 1e6
}

/** Go's text of a duration: "1h0m0s", "1.5s", "250ms", "0s". */
export function durationText(nanos: bigint): string {
  if (nanos === 0n) return '0s'
  const sign = nanos < 0n ? '-' : ''
  const total = nanos < 0n ? -nanos : nanos
  if (total < 1_000n) return `${sign}${total}ns`
  if (total < 1_000_000n) return `${sign}${decimal(total, 3)}µs`
  if (total < 1_000_000_000n) return `${sign}${decimal(total, 6)}ms`
  const hours = total / 3_600_000_000_000n
  const minutes = (total / 60_000_000_000n) % 60n
  const seconds = `${decimal(total % 60_000_000_000n, 9)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

function decimal(value: bigint, places: number): string {
  const divisor = 10n ** BigInt(places)
  const fraction = (value % divisor).toString().padStart(places, '0').replace(/0+$/, '')
  return fraction === '' ? `${value / divisor}` : `${value / divisor}.${fraction}`
}

/** The canonical text of a metav1.Duration. @throws DurationError */
export function canonicalDuration(text: string): string {
  return durationText(parseDurationNanos(text))
}

/** An age as `kubectl get` shows it: two or three significant figures (`45s`, `5m`, `3h20m`, `2d5h`, `400d`). */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (hours < 192) return two(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.floor(days / 365)
  return hours < 24 * 365 * 8 ? two(years, 'y', days % 365, 'd') : `${years}y`
}

function two(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`
}

/** An age in one unit (upstream's ShortHumanDuration). */
export function shortHumanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 60) return `${seconds}s`
  const hours = Math.floor(seconds / 3600)
  if (hours < 1) return `${Math.floor(seconds / 60)}m`
  if (hours < 24) return `${hours}h`
  return hours < 24 * 365 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24 / 365)}y`
}

/** Age of something made at `timestamp`: `<unknown>` when there is none. */
export function age(timestamp: string | null | undefined, now: number): string {
  return timestamp ? humanDuration(now - Date.parse(timestamp)) : '<unknown>'
}

// Go's times and durations between their protobuf and JSON forms.
import { malformed } from './reader.ts'

const maxSeconds = 253402300799 // 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year
const minSeconds = -62167219200 // 0000-01-01T00:00:00Z

/** Seconds (and microseconds for MicroTime) as RFC 3339 in UTC. Throws BadRequest beyond year 9999. */
export function timeText(seconds: number | bigint, nanos: number, micro: boolean): string {
  const whole = Number(seconds) + Math.floor(nanos / 1e9)
  if (!(whole >= minSeconds && whole <= maxSeconds)) throw malformed('Time.MarshalJSON: year outside of range [0,9999]')
  const text = new Date(whole * 1000).toISOString().slice(0, 19)
  const micros = Math.floor((((nanos % 1e9) + 1e9) % 1e9) / 1000)
  return micro ? `${text}.${String(micros).padStart(6, '0')}Z` : `${text}Z`
}

/** The inverse: RFC 3339 → seconds and nanoseconds (Time keeps whole seconds). */
export function timeParts(text: string, micro: boolean): { seconds: number; nanos: number } {
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) throw malformed(`parsing time ${JSON.stringify(text)}: cannot parse`)
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? ''
  return { seconds: Math.floor(milliseconds / 1000), nanos: micro ? Number(fraction.slice(0, 6).padEnd(6, '0')) * 1000 : 0 }
}

/** Nanoseconds as Go prints a time.Duration: 1h2m3.5s, 1.5ms, 0s. */
export function durationText(nanoseconds: number | bigint): string {
  const total = BigInt(nanoseconds)
  if (total === 0n) return '0s'
  const sign = total < 0n ? '-' : ''
  const value = total < 0n ? -total : total
  if (value < 1_000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`
  if (value < 1_000_000_000n) return `${sign}${decimal(value, 6)}ms`
  const seconds = `${decimal(value % 60_000_000_000n, 9)}s`
  const minutes = value / 60_000_000_000n
  if (minutes === 0n) return `${sign}${seconds}`
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

const unitNanoseconds: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** The inverse of {@link durationText}. Throws BadRequest for anything Go's time.ParseDuration refuses. */
export function durationNanoseconds(text: string): bigint {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text)
  if (text === '0' || text === '+0' || text === '-0') return 0n
  if (!match) throw malformed(`time: invalid duration ${JSON.stringify(text)}`)
  let sum = 0n
  for (const [, whole, fraction = '', unit] of match[2]!.matchAll(/(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = unitNanoseconds[unit!]!
    sum += BigInt(whole || '0') * scale + (BigInt(fraction.slice(0, 18) || '0') * scale) / 10n ** BigInt(Math.min(fraction.length, 18))
  }
  return match[1] === '-' ? -sum : sum
}

function decimal(value: bigint, digits: number): string {
  const text = String(value).padStart(digits + 1, '0')
  const fraction = text.slice(-digits).replace(/0+$/, '')
  return fraction === '' ? text.slice(0, -digits) : `${text.slice(0, -digits)}.${fraction}`
}

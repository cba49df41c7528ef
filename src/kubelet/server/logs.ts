// Which lines of a container's log a request asks for: PodLogOptions as the kubelet reads them. Pure.
import type { LogLine } from '../runtime/runtime.ts'

/** The text of the lines that the options choose at `now`. */
export function logText(lines: readonly LogLine[], query: URLSearchParams, now: number): string {
  const number = (name: string): number | undefined => {
    const text = query.get(name)
    return text === null || !/^\d{1,15}$/.test(text) ? undefined : Number(text)
  }
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const since = sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime === null ? 0 : Date.parse(sinceTime)
  const stream = query.get('stream') ?? 'All'
  const wanted = lines.filter((line) => line.at >= since && (stream === 'All' || stream.toLowerCase() === line.stream))
  const tail = number('tailLines')
  const last = tail === undefined ? wanted : tail === 0 ? [] : wanted.slice(-tail)
  const stamps = query.get('timestamps') === 'true'
  const text = last.map(({ at, text: line }) => `${stamps ? `${new Date(at).toISOString()} ` : ''}${line}\n`).join('')
  const limit = number('limitBytes')
  return limit === undefined ? text : Buffer.from(text).subarray(0, limit).toString()
}

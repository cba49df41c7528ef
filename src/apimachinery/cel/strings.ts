// String functions: the standard ones, and those of cel-go's strings extension. Positions count code points.
import { findAllRegex, findRegex } from '../regex/find.ts'
import { compileRegex } from '../regex/match.ts'
import { RegexSyntaxError } from '../regex/parse.ts'
import { formatted } from './format-text.ts'
import { fn, index, type Library, list, text } from './registry.ts'
import { CelError, noOverload } from './values.ts'

const points = (value: string): string[] => Array.from(value)

function position(at: number, length: number): number {
  if (at < 0 || at > length) throw new CelError(`index out of range: ${at}`)
  return at
}

function asciiCase(value: string, lower: boolean): string {
  return lower ? value.replace(/[A-Z]+/g, (word) => word.toLowerCase()) : value.replace(/[a-z]+/g, (word) => word.toUpperCase())
}

/** Whether a pattern (RE2) matches anywhere; in linear time. */
export function matches(value: string, pattern: string): boolean {
  return byRegex(() => compileRegex(pattern).test(value))
}

function byRegex<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof RegexSyntaxError) throw new CelError(error.message)
    throw error
  }
}

/** Methods of strings. */
export const stringMethods: Library = {
  contains: fn(2, ([value, part], spend) => text(value, spend).includes(text(part, spend))),
  startsWith: fn(2, ([value, part], spend) => text(value).startsWith(text(part, spend))),
  endsWith: fn(2, ([value, part], spend) => text(value).endsWith(text(part, spend))),
  matches: fn(2, ([value, pattern], spend) => {
    spend((text(value).length * Math.max(1, text(pattern).length)) / 10)
    return matches(text(value), text(pattern))
  }),
  find: fn(2, ([value, pattern], spend) => {
    spend((text(value).length * Math.max(1, text(pattern).length)) / 10)
    return byRegex(() => {
      const match = findRegex(text(pattern), text(value), 0, spend)
      return match === undefined ? '' : text(value).slice(match.start, match.end)
    })
  }),
  findAll: fn([2, 3], ([value, pattern, limit], spend) => {
    spend((text(value).length * Math.max(1, text(pattern).length)) / 10)
    return byRegex(() => findAllRegex(text(pattern), text(value), limit === undefined ? -1 : index(limit), spend))
  }),
  charAt: fn(2, ([value, at], spend) => {
    const all = points(text(value, spend))
    return all[position(index(at), all.length)] ?? ''
  }),
  lowerAscii: fn(1, ([value], spend) => asciiCase(text(value, spend), true)),
  upperAscii: fn(1, ([value], spend) => asciiCase(text(value, spend), false)),
  trim: fn(1, ([value], spend) => text(value, spend).replace(/^[\s\u0085]+|[\s\u0085]+$/g, '')),
  substring: fn([2, 3], ([value, from, to], spend) => {
    const all = points(text(value, spend))
    const start = index(from)
    const end = to === undefined ? all.length : index(to)
    if (start < 0 || start > all.length) throw new CelError(`index out of range: ${start}`)
    if (end < 0 || end > all.length) throw new CelError(`index out of range: ${end}`)
    if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
    return all.slice(start, end).join('')
  }),
  replace: fn([3, 4], ([value, from, to, count], spend) => {
    const whole = text(value, spend)
    const wanted = text(from)
    const most = count === undefined ? -1 : index(count)
    const result = replaced(whole, wanted, text(to), most)
    spend(result.length / 10)
    return result
  }),
  split: fn([2, 3], ([value, separator, count], spend) => {
    const parts = text(value, spend).length === 0 && separator === '' ? [] : splitText(text(value), text(separator))
    const most = count === undefined ? -1 : index(count)
    if (most < 0 || parts.length <= most) return parts
    if (most === 0) return []
    return [...parts.slice(0, most - 1), parts.slice(most - 1).join(text(separator))]
  }),
  join: fn([1, 2], ([values, separator], spend) => {
    const joined = list(values, spend)
      .map((value) => text(value, spend))
      .join(separator === undefined ? '' : text(separator))
    spend(joined.length / 10)
    return joined
  }),
  format: fn(2, ([value, args], spend) => {
    const result = formatted(text(value, spend), list(args))
    spend(result.length / 10)
    return result
  }),
}

function splitText(value: string, separator: string): string[] {
  return separator === '' ? points(value) : value.split(separator)
}

function replaced(value: string, from: string, to: string, most: number): string {
  if (most === 0) return value
  if (most < 0 && from !== '') return value.replaceAll(from, () => to)
  const parts = from === '' ? ['', ...points(value), ''] : value.split(from)
  const times = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1)
  const head = parts.slice(0, times + 1).join(to)
  return [head, ...parts.slice(times + 1)].join(from)
}

/** First or last place of a part in a string, counted in code points. */
export function placeOf(value: string, part: string, from: number | undefined, last: boolean): bigint {
  const all = points(value)
  const wanted = points(part)
  const length = all.length
  const fits = (at: number) => wanted.every((char, offset) => all[at + offset] === char)
  if (last) {
    if (from !== undefined && (from < 0 || from >= Math.max(1, length))) throw new CelError(`index out of range: ${from}`)
    for (let at = Math.min(from ?? length, length - wanted.length); at >= 0; at--) if (fits(at)) return BigInt(at)
    return -1n
  }
  if (from !== undefined && (from < 0 || from >= Math.max(1, length))) throw new CelError(`index out of range: ${from}`)
  for (let at = from ?? 0; at + wanted.length <= length; at++) if (fits(at)) return BigInt(at)
  return -1n
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

/** Functions on strings. */
export const stringFunctions: Library = {
  'strings.quote': fn(1, ([value], spend) => {
    return `"${text(value, spend).replace(/[\x07\b\f\n\r\t\v\\"]/g, (char) => escapes[char] ?? char)}"`
  }),
  matches: fn(2, (args, spend) => {
    const method = stringMethods['matches']
    if (method === undefined) throw noOverload()
    return method.call(args, spend)
  }),
}

// Flags that a command hands on to the processes it starts, by name.
import type { Flag, Flags } from '../flags.ts'

/** The words for the flags of `table` that were given, `except` some. */
export function handedOn(
  table: Flags,
  values: Readonly<Record<string, unknown>>,
  given: ReadonlySet<string>,
  except: readonly string[],
): string[] {
  return Object.entries(table)
    .filter(([name]) => given.has(name) && !except.includes(name))
    .map(([name, flag]) => `--${name}=${flagText(flag, values[name])}`)
}

function flagText(flag: Flag, value: unknown): string {
  if (flag.text !== undefined) return flag.text(value)
  if (Array.isArray(value)) return value.join(',')
  if (value !== null && typeof value === 'object')
    return Object.entries(value)
      .map(([key, text]) => `${key}=${text}`)
      .join(',')
  return String(value)
}

// A logger that keeps what it is told, for tests.
import pino, { type Logger } from 'pino'

export interface LogLine {
  level: string
  message: string
  fields: Record<string, unknown>
}

/** A Logger that appends to `lines`. Debug lines are left out. */
export function logTo(lines: LogLine[]): Logger {
  const write = (text: string) => {
    const { level, msg, ...fields } = JSON.parse(text) as { level: number; msg: string }
    lines.push({ level: pino.levels.labels[level] ?? '', message: msg, fields })
  }
  return pino({ level: 'info', base: null }, { write })
}

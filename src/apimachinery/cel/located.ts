// Where in an expression a fault is, as cel-go prints it.
import type { CelSyntaxError } from './lexer.ts'

/** `ERROR: <input>:1:5: undefined field 'x'`, the line, and a mark below the place. */
export function located({ message, at }: CelSyntaxError, source: string): string {
  const before = source.slice(0, at)
  const line = before.split('\n').length
  const column = at - (before.lastIndexOf('\n') + 1)
  return `ERROR: <input>:${line}:${column + 1}: ${message}\n | ${source.split('\n')[line - 1]}\n | ${'.'.repeat(column)}^`
}

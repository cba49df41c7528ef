// Where a pattern matches: the leftmost match, and of those at one place the one a backtracking matcher would prefer (RE2's rule).
// All alternatives run in step, in order of preference, so a text of n characters costs n steps of the pattern's size.
import { type Before, compileProgram, holds, type Instruction, kindOf } from './match.ts'

export interface Match {
  start: number
  end: number
}

interface Thread {
  at: number
  start: number
}

const end = -1
const programs = new Map<string, readonly Instruction[]>()

function programOf(pattern: string): readonly Instruction[] {
  let program = programs.get(pattern)
  if (program === undefined) {
    program = compileProgram(pattern)
    if (programs.size >= 100) programs.clear()
    programs.set(pattern, program)
  }
  return program
}

/** Counts work that is about to be done; may throw to stop it. */
type Spend = (steps: number) => void

/** The first match at or after `from`. @throws RegexSyntaxError */
export function findRegex(pattern: string, text: string, from = 0, spend: Spend = () => {}): Match | undefined {
  const program = programOf(pattern)
  let before = from === 0 ? 'start' : kindOf(previousCode(text, from))
  let threads: Thread[] = []
  let found: Match | undefined
  for (let place = from; ; ) {
    const code = place < text.length ? (text.codePointAt(place) as number) : end
    const width = code > 0xffff ? 2 : 1
    const seen = new Set<number>()
    const ready: Thread[] = []
    spend(1 + threads.length)
    for (const thread of threads) follow(program, thread, before, code, seen, ready)
    if (found === undefined) follow(program, { at: 0, start: place }, before, code, seen, ready)
    threads = []
    for (const { at, start } of ready) {
      const instruction = program[at] as Instruction
      if (instruction.op === 'match') {
        // Those behind are preferred less.
        found = { start, end: place }
        break
      }
      if (instruction.op === 'char' && code !== end && instruction.test(code)) threads.push({ at: at + 1, start })
    }
    if (code === end || (threads.length === 0 && found !== undefined)) return found
    before = kindOf(code)
    place += width
  }
}

/** All matches that do not overlap, at most `limit` (negative: all). @throws RegexSyntaxError */
export function findAllRegex(pattern: string, text: string, limit: number, spend: Spend = () => {}): string[] {
  const matches: string[] = []
  let from = 0
  let previousEnd = -1
  while (from <= text.length && (limit < 0 || matches.length < limit)) {
    const match = findRegex(pattern, text, from, spend)
    if (match === undefined) break
    const empty = match.end === match.start
    // An empty match right behind another one does not count.
    if (!(empty && match.start === previousEnd)) matches.push(text.slice(match.start, match.end))
    previousEnd = match.end
    from = empty ? match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1) : match.end
  }
  return matches
}

function previousCode(text: string, at: number): number {
  const low = text.charCodeAt(at - 1)
  return (low & 0xfc00) === 0xdc00 && at > 1 ? (text.codePointAt(at - 2) as number) : low
}

/** The instructions that a thread waits at, in order of preference. */
function follow(program: readonly Instruction[], thread: Thread, before: Before, code: number, seen: Set<number>, ready: Thread[]): void {
  const todo = [thread.at]
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    const instruction = program[at] as Instruction
    if (instruction.op === 'split') todo.push(...instruction.to.toReversed())
    else if (instruction.op === 'assert') {
      if (holds(instruction.what, before, code)) todo.push(at + 1)
    } else ready.push({ at, start: thread.start })
  }
}

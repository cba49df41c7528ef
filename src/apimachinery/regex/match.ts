// Matching in linear time: the tree becomes a nondeterministic automaton, run as a deterministic one whose states are made as they are met.
// A text of n characters costs n steps whatever the pattern, so a pattern from a CRD cannot stop the server.
import { type CharTest, isWord } from './classes.ts'
import { type Assertion, type Node, parseRegex, RegexSyntaxError } from './parse.ts'

export interface Regex {
  readonly pattern: string
  /** Whether the pattern matches anywhere in the text (anchors are up to the pattern), as Go's MatchString. */
  test(text: string): boolean
}

/** One step of a compiled pattern; the first of a split's ways is preferred. */
export type Instruction =
  | { op: 'char'; test: CharTest }
  | { op: 'split'; to: number[] }
  | { op: 'assert'; what: Assertion }
  | { op: 'match' }

const maxInstructions = 20_000
const maxStates = 500
const cache = new Map<string, Regex>()

/** Compiles a pattern in RE2's syntax; the last 500 are kept. @throws RegexSyntaxError */
export function compileRegex(pattern: string): Regex {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  const regex = new Automaton(pattern)
  if (cache.size >= 500) cache.clear()
  cache.set(pattern, regex)
  return regex
}

/** The program of a pattern. @throws RegexSyntaxError */
export function compileProgram(pattern: string): Instruction[] {
  const program: Instruction[] = []
  const add = (instruction: Instruction): number => {
    if (program.length >= maxInstructions) throw new RegexSyntaxError('expression too large', pattern)
    return program.push(instruction) - 1
  }
  const emit = (node: Node): void => {
    switch (node.kind) {
      case 'char':
        add({ op: 'char', test: node.test })
        break
      case 'assert':
        add({ op: 'assert', what: node.what })
        break
      case 'sequence':
        for (const part of node.parts) emit(part)
        break
      case 'choice':
        emitChoice(node.parts)
        break
      case 'repeat':
        emitRepeat(node.part, node.min, node.max)
    }
  }
  const jump = (): { op: 'split'; to: number[] } => {
    const instruction = { op: 'split' as const, to: [] as number[] }
    add(instruction)
    return instruction
  }
  const emitChoice = (parts: Node[]): void => {
    const head = jump()
    const ends = parts.map((part) => {
      head.to.push(program.length)
      emit(part)
      return jump()
    })
    for (const end of ends) end.to.push(program.length)
  }
  const emitRepeat = (part: Node, min: number, max: number): void => {
    for (let count = 0; count < min; count++) emit(part)
    if (max === Infinity) {
      const at = program.length
      const head = jump()
      head.to.push(program.length)
      emit(part)
      jump().to.push(at)
      head.to.push(program.length)
      return
    }
    const heads: { to: number[] }[] = []
    for (let count = min; count < max; count++) {
      const head = jump()
      head.to.push(program.length)
      heads.push(head)
      emit(part)
    }
    for (const head of heads) head.to.push(program.length)
  }
  emit(parseRegex(pattern))
  add({ op: 'match' })
  return program
}

/** What stands before a position, as far as assertions care. */
export type Before = 'start' | 'newline' | 'word' | 'other'

interface State {
  before: Before
  /** Instructions reached by the last character; the start is added at every position. */
  from: number[]
  next: Map<number, State | true>
}

const end = -1

class Automaton implements Regex {
  readonly pattern: string
  readonly #program: Instruction[]
  #states = new Map<string, State>()

  constructor(pattern: string) {
    this.pattern = pattern
    this.#program = compileProgram(pattern)
  }

  test(text: string): boolean {
    let state = this.#state('start', [])
    for (let at = 0; at < text.length; ) {
      const code = text.codePointAt(at) as number
      at += code > 0xffff ? 2 : 1
      const next = state.next.get(code) ?? this.#step(state, code)
      if (next === true) return true
      state = next
    }
    return (state.next.get(end) ?? this.#step(state, end)) === true
  }

  #step(state: State, code: number): State | true {
    const reached: number[] = []
    const seen = new Set<number>()
    const todo = [0, ...state.from]
    let matched = false
    for (let at = todo.pop(); at !== undefined && !matched; at = todo.pop()) {
      if (seen.has(at)) continue
      seen.add(at)
      const instruction = this.#program[at] as Instruction
      if (instruction.op === 'match') matched = true
      else if (instruction.op === 'split') todo.push(...instruction.to)
      else if (instruction.op === 'assert') {
        if (holds(instruction.what, state.before, code)) todo.push(at + 1)
      } else if (code !== end && instruction.test(code)) reached.push(at + 1)
    }
    const next = matched
      ? true
      : this.#state(
          kindOf(code),
          [...new Set(reached)].sort((a, b) => a - b),
        )
    if (state.next.size < 1000) state.next.set(code, next)
    return next
  }

  #state(before: Before, from: number[]): State {
    const key = `${before}:${from.join()}`
    let state = this.#states.get(key)
    if (state !== undefined) return state
    if (this.#states.size >= maxStates) this.#states = new Map()
    state = { before, from, next: new Map() }
    this.#states.set(key, state)
    return state
  }
}

/** What a character is to the position behind it. */
export function kindOf(code: number): Before {
  if (code === 10) return 'newline'
  return isWord(code) ? 'word' : 'other'
}

/** Whether a condition holds between what stands before and the next character (-1: the end). */
export function holds(what: Assertion, before: Before, code: number): boolean {
  switch (what) {
    case 'text-start':
      return before === 'start'
    case 'text-end':
      return code === end
    case 'line-start':
      return before === 'start' || before === 'newline'
    case 'line-end':
      return code === end || code === 10
    default: {
      const boundary = (before === 'word') !== (code !== end && isWord(code))
      return what === 'word' ? boundary : !boundary
    }
  }
}

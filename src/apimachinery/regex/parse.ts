// Regular expressions in RE2's syntax (what Go's regexp accepts), parsed to a tree. No backreferences, no lookaround: all that is left can
// be matched in linear time. https://github.com/google/re2/wiki/Syntax

import { type CharTest, perlClass, posixClasses, unicodeClass } from './classes.ts'

/** A condition on a position. */
export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word'

/** The tree of a pattern. */
export type Node =
  | { kind: 'empty' }
  | { kind: 'char'; test: CharTest }
  | { kind: 'assert'; what: Assertion }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; min: number; max: number }

/** A pattern Go would not compile; the message is Go's. */
export class RegexSyntaxError extends Error {
  constructor(problem: string, piece: string) {
    super(`error parsing regexp: ${problem}: \`${piece}\``)
  }
}

interface Flags {
  ignoreCase: boolean
  dotAll: boolean
  multiline: boolean
}

const maxRepeat = 1000
const maxDepth = 200

/** Parses a pattern. @throws RegexSyntaxError */
export function parseRegex(pattern: string): Node {
  const parser = new Parser(pattern)
  const node = parser.choice({ ignoreCase: false, dotAll: false, multiline: false }, 0)
  if (!parser.done) throw new RegexSyntaxError('unexpected )', pattern)
  return node
}

class Parser {
  readonly #pattern: string
  readonly #chars: string[]
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#chars = [...pattern]
  }

  get done(): boolean {
    return this.#at >= this.#chars.length
  }

  choice(outer: Flags, depth: number): Node {
    if (depth > maxDepth) throw new RegexSyntaxError('expression nests too deeply', this.#pattern)
    const flags = { ...outer }
    const parts: Node[] = [this.#sequence(flags, depth)]
    while (this.#taken('|')) parts.push(this.#sequence(flags, depth))
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'choice', parts }
  }

  /** `flags` changes in place: `(?i)` holds to the end of its group, beyond `|` too. */
  #sequence(flags: Flags, depth: number): Node {
    const parts: Node[] = []
    while (!this.done && this.#char() !== '|' && this.#char() !== ')') {
      const start = this.#at
      const atom = this.#atom(flags, depth)
      parts.push(this.#repeated(atom, start))
    }
    return { kind: 'sequence', parts }
  }

  #repeated(atom: Node, start: number): Node {
    const range = this.#range()
    if (range === undefined) return atom
    this.#taken('?')
    const piece = this.#chars.slice(start, this.#at).join('')
    if (this.#range() !== undefined) throw new RegexSyntaxError('invalid nested repetition operator', piece)
    return { kind: 'repeat', part: atom, min: range[0], max: range[1] }
  }

  #range(): [number, number] | undefined {
    if (this.#taken('*')) return [0, Infinity]
    if (this.#taken('+')) return [1, Infinity]
    if (this.#taken('?')) return [0, 1]
    const match = /^\{(\d+)(,(\d*))?\}/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''))
    if (match === null) return undefined
    this.#at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] === '' ? Infinity : Number(match[3])
    if (min > maxRepeat || (max !== Infinity && (max > maxRepeat || max < min)))
      throw new RegexSyntaxError('invalid repeat count', match[0])
    return [min, max]
  }

  #atom(flags: Flags, depth: number): Node {
    const char = this.#take()
    switch (char) {
      case '(':
        return this.#group(flags, depth)
      case '[':
        return { kind: 'char', test: folded(this.#class(), flags) }
      case '.':
        return { kind: 'char', test: flags.dotAll ? () => true : (code) => code !== 10 }
      case '^':
        return { kind: 'assert', what: flags.multiline ? 'line-start' : 'text-start' }
      case '$':
        return { kind: 'assert', what: flags.multiline ? 'line-end' : 'text-end' }
      case '\\':
        return this.#escape(flags)
      case '*':
      case '+':
      case '?':
        throw new RegexSyntaxError('missing argument to repetition operator', char)
      default:
        return literal(char, flags)
    }
  }

  #group(flags: Flags, depth: number): Node {
    let inner: Flags = flags
    const head = this.#chars.slice(this.#at, this.#at + 80).join('')
    const named = /^\?P?<([A-Za-z_]\w*)>/.exec(head)
    const options = /^\?([a-zA-Z-]*)([:)])/.exec(head)
    if (named !== null) this.#at += named[0].length
    else if (options !== null) {
      this.#at += options[0].length
      inner = this.#options(options[1] ?? '', flags)
      if (options[2] === ')') {
        Object.assign(flags, inner)
        return { kind: 'empty' }
      }
    } else if (head.startsWith('?')) throw new RegexSyntaxError('invalid or unsupported Perl syntax', `(${head.slice(0, 2)}`)
    const node = this.choice(inner, depth + 1)
    if (!this.#taken(')')) throw new RegexSyntaxError('missing closing )', this.#pattern)
    return node
  }

  #options(text: string, flags: Flags): Flags {
    const result = { ...flags }
    let on = true
    for (const char of text) {
      if (char === '-') on = false
      else if (char === 'i') result.ignoreCase = on
      else if (char === 's') result.dotAll = on
      else if (char === 'm') result.multiline = on
      else if (char !== 'U') throw new RegexSyntaxError('invalid or unsupported Perl syntax', `(?${text}`)
    }
    return result
  }

  #escape(flags: Flags): Node {
    const char = this.#chars[this.#at]
    const asserts: Record<string, Assertion> = { A: 'text-start', z: 'text-end', b: 'word', B: 'no-word' }
    if (char !== undefined && asserts[char] !== undefined) {
      this.#at++
      return { kind: 'assert', what: asserts[char] }
    }
    if (char === 'Q') return this.#quoted(flags)
    const set = this.#classEscape()
    if (set !== undefined) return { kind: 'char', test: folded(set, flags) }
    return literal(String.fromCodePoint(this.#escapedChar()), flags)
  }

  #quoted(flags: Flags): Node {
    this.#at++
    const rest = this.#chars.slice(this.#at)
    const end = rest.findIndex((char, index) => char === '\\' && rest[index + 1] === 'E')
    const text = end < 0 ? rest : rest.slice(0, end)
    this.#at += text.length + (end < 0 ? 0 : 2)
    return { kind: 'sequence', parts: text.map((char) => literal(char, flags)) }
  }

  /** `\d`, `\pL`, `\p{Greek}`, `\P{Lu}` …; undefined when something else is escaped. */
  #classEscape(): CharTest | undefined {
    const char = this.#chars[this.#at]
    if (char !== undefined && 'dDsSwW'.includes(char)) {
      this.#at++
      return perlClass(char)
    }
    if (char !== 'p' && char !== 'P') return undefined
    this.#at++
    const braced = /^\{(\^?)([\w]+)\}/.exec(this.#chars.slice(this.#at, this.#at + 40).join(''))
    const name = braced?.[2] ?? this.#chars[this.#at] ?? ''
    this.#at += braced?.[0].length ?? 1
    const test = unicodeClass(name)
    if (test === undefined) throw new RegexSyntaxError('invalid character class range', `\\${char}{${name}}`)
    return (char === 'P') !== (braced?.[1] === '^') ? (code) => !test(code) : test
  }

  #escapedChar(): number {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new RegexSyntaxError('trailing backslash at end of expression', '')
    const controls: Record<string, number> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 }
    if (controls[char] !== undefined) return controls[char]
    if (char === 'x') {
      const hex = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/.exec(this.#chars.slice(this.#at, this.#at + 8).join(''))
      const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16)
      if (hex === null || code > 0x10ffff) throw new RegexSyntaxError('invalid escape sequence', '\\x')
      this.#at += hex[0].length
      return code
    }
    if (/[0-7]/.test(char)) {
      const octal = /^[0-7]{0,2}/.exec(this.#chars.slice(this.#at, this.#at + 2).join(''))?.[0] ?? ''
      if (char !== '0' && octal === '') throw new RegexSyntaxError('invalid escape sequence', `\\${char}`)
      this.#at += octal.length
      return Number.parseInt(char + octal, 8)
    }
    if (/[\p{L}\p{N}]/u.test(char)) throw new RegexSyntaxError('invalid escape sequence', `\\${char}`)
    return char.codePointAt(0) as number
  }

  #class(): CharTest {
    const negated = this.#taken('^')
    const tests: CharTest[] = []
    for (let first = true; first || this.#char() !== ']'; first = false) {
      if (this.done) throw new RegexSyntaxError('missing closing ]', this.#pattern)
      const set = this.#classSet()
      if (set !== undefined) {
        tests.push(set)
        continue
      }
      const low = this.#classChar()
      if (this.#char() !== '-' || this.#chars[this.#at + 1] === ']' || this.#chars[this.#at + 1] === undefined) {
        tests.push((code) => code === low)
        continue
      }
      this.#at++
      const high = this.#classChar()
      if (high < low) {
        throw new RegexSyntaxError('invalid character class range', `${String.fromCodePoint(low)}-${String.fromCodePoint(high)}`)
      }
      tests.push((code) => code >= low && code <= high)
    }
    this.#at++
    return negated ? (code) => !tests.some((test) => test(code)) : (code) => tests.some((test) => test(code))
  }

  #classSet(): CharTest | undefined {
    const posix = /^\[:(\^?)(\w+):\]/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''))
    if (posix !== null) {
      const test = posixClasses[posix[2] ?? '']
      if (test === undefined) throw new RegexSyntaxError('invalid character class range', posix[0])
      this.#at += posix[0].length
      return posix[1] === '^' ? (code) => !test(code) : test
    }
    if (this.#char() !== '\\') return undefined
    this.#at++
    const set = this.#classEscape()
    if (set === undefined) this.#at--
    return set
  }

  #classChar(): number {
    return this.#taken('\\') ? this.#escapedChar() : (this.#take().codePointAt(0) as number)
  }

  #char(): string | undefined {
    return this.#chars[this.#at]
  }

  #take(): string {
    return this.#chars[this.#at++] ?? ''
  }

  #taken(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false
    this.#at++
    return true
  }
}

function literal(char: string, flags: Flags): Node {
  const code = char.codePointAt(0) as number
  return { kind: 'char', test: folded((given) => given === code, flags) }
}

function folded(test: CharTest, flags: Flags): CharTest {
  if (!flags.ignoreCase) return test
  return (code) => {
    const char = String.fromCodePoint(code)
    return (
      test(code) || [char.toLowerCase(), char.toUpperCase()].some((form) => form.length === char.length && test(form.codePointAt(0) ?? 0))
    )
  }
}

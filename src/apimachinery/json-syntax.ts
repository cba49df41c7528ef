// The slow side of JSON reading: what exactly is wrong with a text, in the words of Go's encoding/json, and which keys stand twice.

type Context = 'object' | 'array'

class Stop extends Error {}

/** The part of a string that needs no look. */
const plainText = /[^"\\\x00-\x1f]*/y

/** Go's message for a text that JSON.parse has refused; nesting beyond `maxDepth` ends the search. */
export function syntaxErrorText(text: string, maxDepth: number): string {
  const scan = new Scan(text, maxDepth)
  try {
    scan.document()
  } catch (error) {
    if (error instanceof Stop) return error.message
    throw error
  }
  return 'unexpected end of JSON input'
}

/** Paths of the keys that stand twice in one object of a valid text, each once, at most 100 (upstream's limit). */
export function duplicateKeys(text: string): string[] {
  const scan = new Scan(text, Infinity)
  scan.document()
  return [...scan.duplicates].slice(0, 100)
}

interface Level {
  context: Context
  keys?: Set<string>
  path: string
  index: number
}

/** A scanner with an explicit stack: nesting costs no call depth. */
class Scan {
  readonly duplicates = new Set<string>()
  readonly #text: string
  readonly #maxDepth: number
  #at = 0
  readonly #levels: Level[] = []

  constructor(text: string, maxDepth: number) {
    this.#text = text
    this.#maxDepth = maxDepth
  }

  document(): void {
    let path = ''
    for (;;) {
      if (this.#opened(path)) {
        const next = this.#firstMember()
        if (next !== undefined) {
          path = next
          continue
        }
      }
      const next = this.#nextMember()
      if (next === undefined) break
      path = next
    }
    this.#space()
    if (this.#at < this.#text.length) this.#bad('after top-level value')
  }

  /** Reads a scalar, or enters an object or array (true). */
  #opened(path: string): boolean {
    this.#space()
    const char = this.#char()
    if (char === '{' || char === '[') {
      this.#at++
      if (this.#levels.length === this.#maxDepth) throw new Stop('exceeded max depth')
      this.#levels.push({ context: char === '{' ? 'object' : 'array', path, index: 0 })
      return true
    }
    if (char === '"') this.#string()
    else if (char === '-' || isDigit(char)) this.#number()
    else if (char === 't') this.#literal('true')
    else if (char === 'f') this.#literal('false')
    else if (char === 'n') this.#literal('null')
    else this.#bad('looking for beginning of value')
    return false
  }

  /** Path of the first member of the level just opened; undefined when it is empty (and left). */
  #firstMember(): string | undefined {
    const level = this.#levels.at(-1)!
    this.#space()
    if (this.#char() === (level.context === 'object' ? '}' : ']')) {
      this.#at++
      this.#levels.pop()
      return undefined
    }
    return level.context === 'object' ? this.#key(level) : `${level.path}[0]`
  }

  /** After a value: path of the next member, leaving finished levels; undefined at the end. */
  #nextMember(): string | undefined {
    for (;;) {
      const level = this.#levels.at(-1)
      if (level === undefined) return undefined
      this.#space()
      const char = this.#char()
      if (char === (level.context === 'object' ? '}' : ']')) {
        this.#at++
        this.#levels.pop()
        continue
      }
      if (char !== ',') this.#bad(level.context === 'object' ? 'after object key:value pair' : 'after array element')
      this.#at++
      level.index++
      return level.context === 'object' ? this.#key(level) : `${level.path}[${level.index}]`
    }
  }

  #key(level: Level): string {
    this.#space()
    if (this.#char() !== '"') this.#bad('looking for beginning of object key string')
    const start = this.#at
    this.#string()
    const quoted = this.#text.slice(start, this.#at)
    const key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
    const path = level.path === '' ? key : `${level.path}.${key}`
    level.keys ??= new Set()
    if (level.keys.has(key)) this.duplicates.add(path)
    level.keys.add(key)
    this.#space()
    if (this.#char() !== ':') this.#bad('after object key')
    this.#at++
    return path
  }

  #string(): void {
    for (this.#at++; ; this.#at++) {
      plainText.lastIndex = this.#at
      plainText.test(this.#text)
      this.#at = plainText.lastIndex
      const char = this.#char()
      if (char === '"') break
      if (char === undefined) this.#end()
      if (char !== '\\') this.#bad('in string literal')
      this.#at++
      const escaped = this.#char()
      if (escaped === undefined) this.#end()
      if (escaped === 'u') this.#hex()
      else if (!'"\\/bfnrt'.includes(escaped)) this.#bad('in string escape code')
    }
    this.#at++
  }

  #hex(): void {
    for (let digit = 0; digit < 4; digit++) {
      this.#at++
      if (!/^[0-9a-fA-F]$/.test(this.#char() ?? this.#end())) this.#bad('in \\u hexadecimal character escape')
    }
  }

  #number(): void {
    if (this.#char() === '-') this.#at++
    if (!isDigit(this.#char())) this.#bad('in numeric literal')
    if (this.#char() === '0') this.#at++
    else this.#digits()
    if (this.#char() === '.') {
      this.#at++
      if (!isDigit(this.#char())) this.#bad('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#char() === 'e' || this.#char() === 'E') {
      this.#at++
      if (this.#char() === '+' || this.#char() === '-') this.#at++
      if (!isDigit(this.#char())) this.#bad('in exponent of numeric literal')
      this.#digits()
    }
  }

  #digits(): void {
    while (isDigit(this.#char())) this.#at++
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#char() !== expected) this.#bad(`in literal ${word} (expecting ${quotedChar(expected)})`)
      this.#at++
    }
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return
      this.#at++
    }
  }

  #char(): string | undefined {
    return this.#text[this.#at]
  }

  #end(): never {
    throw new Stop('unexpected end of JSON input')
  }

  #bad(context: string): never {
    const char = this.#text.codePointAt(this.#at)
    if (char === undefined) this.#end()
    throw new Stop(`invalid character ${quotedChar(firstByte(char))} ${context}`)
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9'
}

/** Go reads bytes: of a character beyond ASCII it names the first byte, as Latin-1. */
function firstByte(codePoint: number): string {
  return String.fromCharCode(new TextEncoder().encode(String.fromCodePoint(codePoint))[0] ?? 0)
}

function quotedChar(char: string): string {
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  const code = char.charCodeAt(0)
  const named = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f', '\v': '\\v', '\x07': '\\a', '\\': '\\\\' }[char]
  if (named !== undefined) return `'${named}'`
  if (code < 32 || code === 127) return `'\\x${code.toString(16).padStart(2, '0')}'`
  if (code >= 128 && code < 161) return `'\\u${code.toString(16).padStart(4, '0')}'`
  return `'${char}'`
}

// Tokens of a CEL expression. https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
import { Uint, type Value } from './values.ts'

export interface Token {
  /** Operators and punctuation are their own kind. */
  kind: 'ident' | 'literal' | 'end' | (string & {})
  text: string
  at: number
  value?: Value
  /** A field name in backquotes. */
  quoted?: true
}

/** An expression that cannot be read; `at` is an offset into it. */
export class CelSyntaxError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const space = /(?:\s|\/\/[^\n]*)+/y
const number = /0x[0-9a-fA-F]+[uU]?|\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?/y
const ident = /[A-Za-z_][A-Za-z0-9_]*/y
const quotedIdent = /`([A-Za-z0-9_.\-/ ]+)`/y
const operator = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y
const stringStart = /([rRbB]{0,2})("""|'''|"|')/y

const maxInt = 2n ** 63n - 1n
const maxUint = 2n ** 64n - 1n

/** All tokens, the last is `end`. Throws CelSyntaxError. */
export function tokens(text: string): Token[] {
  const found: Token[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(text)
  }
  while (true) {
    at += take(space)?.[0].length ?? 0
    if (at >= text.length) break
    const token = stringToken(text, at, take) ?? plainToken(at, take)
    if (token === undefined) throw new CelSyntaxError(`Syntax error: token recognition error at: '${text[at]}'`, at)
    found.push(token.token)
    at = token.end
  }
  found.push({ kind: 'end', text: '<EOF>', at: text.length })
  return found
}

interface Taken {
  token: Token
  end: number
}

type Take = (pattern: RegExp) => RegExpExecArray | null

function plainToken(at: number, take: Take): Taken | undefined {
  // `a.1` is no number: only digits or a dot at the start of an operand make one, and the parser never asks for `.5`.
  const digits = take(number)
  if (digits !== null && digits[0] !== undefined && !digits[0].startsWith('.')) {
    return { token: { kind: 'literal', text: digits[0], at, value: numberValue(digits[0], at) }, end: at + digits[0].length }
  }
  const word = take(ident)
  if (word !== null) return { token: { kind: 'ident', text: word[0], at }, end: at + word[0].length }
  const quoted = take(quotedIdent)
  if (quoted !== null) return { token: { kind: 'ident', text: quoted[1]!, at, quoted: true }, end: at + quoted[0].length }
  const sign = take(operator)
  return sign === null ? undefined : { token: { kind: sign[0], text: sign[0], at }, end: at + sign[0].length }
}

function numberValue(text: string, at: number): Value {
  if (/^\d/.test(text) && /^(0x[0-9a-f]+|\d+)u?$/i.test(text)) {
    const unsigned = /u$/i.test(text)
    const value = BigInt(unsigned ? text.slice(0, -1) : text)
    // 2^63 itself is allowed: a minus may stand before it.
    if (value > (unsigned ? maxUint : maxInt + 1n)) throw new CelSyntaxError(`invalid ${unsigned ? 'u' : ''}int literal`, at)
    return unsigned ? new Uint(value) : value
  }
  return Number(text)
}

function stringToken(text: string, at: number, take: Take): Taken | undefined {
  const start = take(stringStart)
  if (start === null) return undefined
  const prefix = start[1]!.toLowerCase()
  if (prefix.length === 2 && prefix[0] === prefix[1]) return undefined
  const quote = start[2]!
  const raw = prefix.includes('r')
  let end = at + start[0].length
  const from = end
  while (!text.startsWith(quote, end)) {
    if (end >= text.length || (quote.length === 1 && text[end] === '\n')) {
      throw new CelSyntaxError(`Syntax error: token recognition error at: '${text.slice(at, end)}'`, at)
    }
    end += text[end] === '\\' && !raw ? 2 : 1
  }
  const body = text.slice(from, end)
  const isBytes = prefix.includes('b')
  const value = isBytes ? bytesOf(body, raw, from) : raw ? body : unescaped(body, from)
  return { token: { kind: 'literal', text: text.slice(at, end + quote.length), at, value }, end: end + quote.length }
}

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\?"'`]))|\\/g
const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function unescaped(body: string, at: number): string {
  return body.replace(escapePattern, (_all, hex, short, long, octal, letter, offset: number) => {
    const code = hex ?? short ?? long
    if (code !== undefined) return codePoint(Number.parseInt(code, 16), at + offset)
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    if (letter === undefined) throw new CelSyntaxError('unable to unescape string', at + offset)
    return simple[letter] ?? letter
  })
}

function codePoint(code: number, at: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new CelSyntaxError('unable to unescape string', at)
  return String.fromCodePoint(code)
}

const encoder = new TextEncoder()

/** In bytes, \xHH and octal escapes are bytes, not code points. */
function bytesOf(body: string, raw: boolean, at: number): Uint8Array {
  if (raw) return encoder.encode(body)
  const bytes: number[] = []
  let from = 0
  for (const match of body.matchAll(escapePattern)) {
    bytes.push(...encoder.encode(body.slice(from, match.index)))
    const octet =
      match[1] === undefined ? (match[4] === undefined ? undefined : Number.parseInt(match[4], 8)) : Number.parseInt(match[1], 16)
    if (octet === undefined) bytes.push(...encoder.encode(unescaped(match[0], at + match.index)))
    else bytes.push(octet)
    from = match.index + match[0].length
  }
  bytes.push(...encoder.encode(body.slice(from)))
  return Uint8Array.from(bytes)
}

// CEL text → syntax tree, by precedence climbing; macros become nodes of their own.
import { balanced, checkHeight, maxChain, tooDeep } from './depth.ts'
import { CelSyntaxError, type Token, tokens } from './lexer.ts'
import { type MacroName, macros } from './macro-forms.ts'
import type { Value } from './values.ts'

export type Expr = { at: number } & (
  | { op: 'literal'; value: Value }
  | { op: 'ident'; name: string }
  /** `optional`: a.?b. */
  | { op: 'select'; target: Expr; field: string; optional: boolean }
  /** has(target.field). */
  | { op: 'has'; target: Expr; field: string }
  | { op: 'index'; target: Expr; index: Expr; optional: boolean }
  /** Functions, methods (with a target) and operators (`_+_`, named by their sign). */
  | { op: 'call'; name: string; target?: Expr; args: Expr[] }
  | { op: 'binary'; sign: string; left: Expr; right: Expr }
  | { op: 'unary'; sign: '!' | '-'; operand: Expr }
  | { op: 'conditional'; test: Expr; yes: Expr; no: Expr }
  | { op: 'list'; items: { value: Expr; optional: boolean }[] }
  | { op: 'map'; entries: { key: Expr; value: Expr; optional: boolean }[] }
  /** `Name.part{field: value}`: an object of a declared type. */
  | { op: 'struct'; name: string; fields: { name: string; value: Expr; optional: boolean }[] }
  | { op: 'macro'; macro: MacroName; target: Expr; variables: string[]; bodies: Expr[] }
)

const maxDepth = 100
/** cel-go's limit of an expression's code points. */
const maxLength = 100_000

const reserved = new Set('as break const continue else for function if import let loop package namespace return var void while'.split(' '))

/** Parses an expression. Throws CelSyntaxError. */
export function parse(text: string): Expr {
  if (text.length > maxLength)
    throw new CelSyntaxError(`expression code point size exceeds limit: size: ${text.length}, limit ${maxLength}`, 0)
  const parser = new Parser(tokens(text))
  const expr = parser.expression()
  parser.expect('end')
  checkHeight(expr)
  return expr
}

const levels: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+', '-'], ['*', '/', '%']]

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(found: readonly Token[]) {
    this.#tokens = found
  }

  get #token(): Token {
    return this.#tokens[this.#next]!
  }

  #is(kind: string): boolean {
    const { kind: own, text } = this.#token
    return own === kind || (kind === 'in' && own === 'ident' && text === 'in')
  }

  #take(kind: string): Token | undefined {
    return this.#is(kind) ? this.#tokens[this.#next++] : undefined
  }

  expect(kind: string): Token {
    const token = this.#take(kind)
    if (token === undefined) throw this.#unexpected()
    return token
  }

  #unexpected(): CelSyntaxError {
    const { kind, text, at } = this.#token
    const shown = kind === 'end' ? "mismatched input '<EOF>'" : `extraneous input '${text}'`
    return new CelSyntaxError(`Syntax error: ${shown}`, at)
  }

  expression(): Expr {
    if (++this.#depth > maxDepth) throw tooDeep(this.#token.at)
    const test = this.#binary(0)
    const question = this.#take('?')
    let expr = test
    if (question !== undefined) {
      const yes = this.#binary(0)
      this.expect(':')
      expr = { op: 'conditional', test, yes, no: this.expression(), at: question.at }
    }
    this.#depth--
    return expr
  }

  #binary(level: number): Expr {
    const signs = levels[level]
    if (signs === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    if (level < 2) return this.#logical(level, left)
    for (let length = 0; ; length++) {
      const sign = signs.find((one) => this.#is(one))
      if (sign === undefined) return left
      if (length > maxChain) throw tooDeep(this.#token.at)
      const { at } = this.expect(sign)
      left = { op: 'binary', sign, left, right: this.#binary(level + 1), at }
    }
  }

  /** Terms joined by one of || and &&, as a balanced tree: their number is not limited, and grouping does not change the value. */
  #logical(level: number, first: Expr): Expr {
    const sign = levels[level]![0]!
    const terms = [first]
    const places: number[] = []
    while (this.#is(sign)) {
      places.push(this.expect(sign).at)
      terms.push(this.#binary(level + 1))
    }
    return balanced(sign, terms, places)
  }

  #unary(): Expr {
    const signs: Token[] = []
    while (this.#is('!') || this.#is('-')) signs.push(this.#tokens[this.#next++]!)
    if (signs.length > maxDepth) throw tooDeep(this.#token.at)
    let operand = this.#member()
    for (const { kind, at } of signs.reverse()) operand = { op: 'unary', sign: kind as '!' | '-', operand, at }
    return operand
  }

  #member(): Expr {
    let expr = this.#primary()
    for (let length = 0; ; length++) {
      if (length > maxChain) throw tooDeep(this.#token.at)
      const dot = this.#take('.')
      if (dot !== undefined) {
        expr = this.#selected(expr, dot.at)
        continue
      }
      const name = this.#is('{') ? typePath(expr) : undefined
      if (name !== undefined) {
        const { at } = this.expect('{')
        expr = { op: 'struct', name, fields: this.#until('}', () => this.#field()), at }
        continue
      }
      const bracket = this.#take('[')
      if (bracket === undefined) return expr
      const optional = this.#take('?') !== undefined
      const index = this.expression()
      this.expect(']')
      expr = { op: 'index', target: expr, index, optional, at: bracket.at }
    }
  }

  #selected(target: Expr, at: number): Expr {
    const optional = this.#take('?') !== undefined
    const name = this.expect('ident')
    if (optional || name.quoted === true || !this.#is('(')) return { op: 'select', target, field: name.text, optional, at }
    const open = this.#token.at
    const args = this.#arguments()
    return macroOf(target, name.text, args, open) ?? { op: 'call', name: name.text, target, args, at: open }
  }

  #arguments(): Expr[] {
    this.expect('(')
    return this.#until(')', () => this.expression())
  }

  #until<T>(end: string, item: () => T): T[] {
    const items: T[] = []
    while (this.#take(end) === undefined) {
      if (items.length > 0) {
        this.expect(',')
        if (end !== ')' && this.#take(end) !== undefined) break
      }
      items.push(item())
    }
    return items
  }

  #primary(): Expr {
    const { kind, text, at, value } = this.#token
    this.#next++
    switch (kind) {
      case 'literal':
        return { op: 'literal', value: value!, at }
      case '(': {
        const inner = this.expression()
        this.expect(')')
        return inner
      }
      case '[':
        return { op: 'list', items: this.#until(']', () => this.#item()), at }
      case '{':
        return { op: 'map', entries: this.#until('}', () => this.#entry()), at }
      case '.':
        return this.#named(this.expect('ident').text, at)
      case 'ident':
        return this.#named(text, at)
    }
    this.#next--
    throw this.#unexpected()
  }

  #item(): { value: Expr; optional: boolean } {
    const optional = this.#take('?') !== undefined
    return { value: this.expression(), optional }
  }

  #field(): { name: string; value: Expr; optional: boolean } {
    const optional = this.#take('?') !== undefined
    const { text } = this.expect('ident')
    this.expect(':')
    return { name: text, value: this.expression(), optional }
  }

  #entry(): { key: Expr; value: Expr; optional: boolean } {
    const optional = this.#take('?') !== undefined
    const key = this.expression()
    this.expect(':')
    return { key, value: this.expression(), optional }
  }

  #named(name: string, at: number): Expr {
    if (name === 'true' || name === 'false') return { op: 'literal', value: name === 'true', at }
    if (name === 'null') return { op: 'literal', value: null, at }
    if (reserved.has(name) || name === 'in') throw new CelSyntaxError(`Syntax error: reserved identifier: ${name}`, at)
    if (!this.#is('(')) return { op: 'ident', name, at }
    const open = this.#token.at
    const args = this.#arguments()
    if (name !== 'has') return { op: 'call', name, args, at: open }
    const [tested] = args
    if (args.length !== 1 || tested?.op !== 'select' || tested.optional) throw new CelSyntaxError('invalid argument to has() macro', at)
    return { op: 'has', target: tested.target, field: tested.field, at }
  }
}

function macroOf(target: Expr, name: string, args: Expr[], at: number): Expr | undefined {
  const macro = Object.hasOwn(macros, name) ? macros[name] : undefined
  const form = macro?.forms.find(([variables, bodies]) => variables + bodies === args.length)
  if (macro === undefined || form === undefined) return undefined
  const variables = args.slice(0, form[0]).map((arg) => {
    if (arg.op !== 'ident') throw new CelSyntaxError('argument must be a simple name', arg.at)
    return arg.name
  })
  return { op: 'macro', macro: macro.name, target, variables, bodies: args.slice(form[0]), at }
}

/** `Object.spec.template` of names joined by dots; undefined for other expressions. */
function typePath(expr: Expr): string | undefined {
  if (expr.op === 'ident') return expr.name
  const parent = expr.op === 'select' && !expr.optional ? typePath(expr.target) : undefined
  return parent === undefined ? undefined : `${parent}.${(expr as Extract<Expr, { op: 'select' }>).field}`
}

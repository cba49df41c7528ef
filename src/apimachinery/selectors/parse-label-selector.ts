// The text form of label selectors (`a=b,c in (d,,e),!f,g>5`), with the error texts of k8s.io/apimachinery/pkg/labels.
import { ApiError, badRequest } from '../api-error.ts'
import { qualifiedName } from '../names.ts'
import { everything, type Operator, type Requirement, requirement, type Selector, selectorOf } from './label-selector.ts'

type Kind = 'error' | 'end' | ')' | ',' | '!' | '==' | '=' | '>' | 'identifier' | 'in' | '<' | '!=' | 'notin' | '('
interface Token {
  kind: Kind
  text: string
}

const words = new Set<string>([')', ',', '!', '==', '=', '>', 'in', '<', '!=', 'notin', '('])
const operators: Partial<Record<Kind, Operator>> = { in: 'in', notin: 'notin', '=': '=', '==': '==', '!=': '!=', '>': 'gt', '<': 'lt' }
const cache = new Map<string, Selector>()

/** Reads a selector; the empty text selects everything. @throws ApiError BadRequest */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return everything
  const known = cache.get(text)
  if (known !== undefined) return known
  const selector = selectorOf(new Parser(tokens(text)).requirements())
  if (cache.size >= 1000) cache.clear()
  if (text.length <= 1024) cache.set(text, selector)
  return selector
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  const pattern = /[ \t\r\n]*(?:([=!(),<>]+)|([^=!(),<>\0 \t\r\n]+))/y
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[2] !== undefined) found.push({ kind: words.has(match[2]) ? (match[2] as Kind) : 'identifier', text: match[2] })
    else found.push(...symbols(match[1] ?? ''))
  }
  return [...found, { kind: 'end', text: '' }]
}

/** A run of special characters: the longest symbols it starts with, one after the other. */
function symbols(run: string): Token[] {
  const found: Token[] = []
  for (let at = 0; at < run.length; ) {
    const two = run.slice(at, at + 2)
    const symbol = two.length === 2 && words.has(two) ? two : (run[at] ?? '')
    found.push({ kind: symbol as Kind, text: symbol })
    at += symbol.length
  }
  return found
}

class Parser {
  readonly #tokens: Token[]
  #at = 0

  constructor(tokens: Token[]) {
    this.#tokens = tokens
  }

  requirements(): Requirement[] {
    const found: Requirement[] = []
    for (;;) {
      const token = this.#peek()
      if (token.kind === 'end') return found
      if (token.kind !== 'identifier' && token.kind !== '!') {
        throw badRequest(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      found.push(this.#framedRequirement())
      const next = this.#take()
      if (next.kind === 'end') return found
      if (next.kind !== ',') throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`)
      const after = this.#peek()
      if (after.kind !== 'identifier' && after.kind !== '!') throw badRequest(`found '${after.text}', expected: identifier after ','`)
    }
  }

  #framedRequirement(): Requirement {
    try {
      return this.#requirement()
    } catch (error) {
      throw error instanceof ApiError ? badRequest(`unable to parse requirement: ${error.message}`) : error
    }
  }

  #requirement(): Requirement {
    let token = this.#take()
    const negated = token.kind === '!'
    if (negated) token = this.#take()
    if (token.kind !== 'identifier') throw badRequest(`found '${token.text}', expected: identifier`)
    const key = token.text
    const messages = qualifiedName(key)
    if (messages.length > 0) throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key)}: ${messages.join('; ')}`)
    const next = this.#peek()
    if (negated) return requirement(key, '!', [])
    if (next.kind === 'end' || next.kind === ',') return requirement(key, 'exists', [])
    const operator = this.#operator()
    return requirement(key, operator, operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()])
  }

  #operator(): Operator {
    const token = this.#tokens[this.#at++] as Token
    const operator = operators[token.kind]
    if (operator === undefined) throw badRequest(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`)
    return operator
  }

  #values(): string[] {
    const open = this.#take()
    if (open.kind !== '(') throw badRequest(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind === ')') {
      this.#take()
      return ['']
    }
    if (first.kind !== 'identifier' && first.kind !== ',') throw badRequest(`found '${first.text}', expected: ',', ')' or identifier`)
    const values = this.#valueList()
    if (this.#take().kind !== ')') throw badRequest(`found '${first.text}', expected: ')'`)
    return [...values].sort()
  }

  #valueList(): Set<string> {
    const values = new Set<string>()
    for (;;) {
      const token = this.#take()
      const next = this.#peek()
      if (token.kind === 'identifier') {
        values.add(token.text)
        if (next.kind === ')') return values
        if (next.kind !== ',') throw badRequest(`found '${next.text}', expected: ',' or ')'`)
      } else if (token.kind === ',') {
        if (values.size === 0 || next.kind === ',' || next.kind === ')') values.add('')
        if (next.kind === ')') return values
      } else throw badRequest(`found '${token.text}', expected: ',', or identifier`)
    }
  }

  #exactValue(): string {
    const token = this.#peek()
    if (token.kind === 'end' || token.kind === ',') return ''
    this.#at++
    if (token.kind === 'identifier') return token.text
    throw badRequest(`found '${token.text}', expected: identifier`)
  }

  /** Next token where `in` and `notin` are ordinary words; past the end it is the end. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? { kind: 'end', text: '' }
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
  }

  #take(): Token {
    const token = this.#peek()
    this.#at++
    return token
  }
}

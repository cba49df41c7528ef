// How deep an expression may be: whoever walks a syntax tree recurses, and the stack is not endless.
import { CelSyntaxError } from './lexer.ts'
import type { Expr } from './parser.ts'

/** How many operators or selections in a row may lean on one another: cel-go's limit of recursion. */
export const maxChain = 250
/** No tree is higher: far more than people write, far less than the stack takes. */
const maxHeight = 600

/** The refusal, at a place of the text. */
export function tooDeep(at: number): CelSyntaxError {
  return new CelSyntaxError(`expression recursion limit exceeded: ${maxChain}`, at)
}

/** Refuses a tree so high that walking it would exhaust the stack, however its height came about. */
export function checkHeight(root: Expr): void {
  const open: { node: object; height: number }[] = [{ node: root, height: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, height } = next
    if (height > maxHeight) throw tooDeep(0)
    if ('op' in node && node.op === 'literal') continue
    for (const below of Object.values(node)) {
      if (typeof below === 'object' && below !== null) open.push({ node: below, height: height + ('op' in node ? 1 : 0) })
    }
  }
}

/** Terms joined by a sign, as a tree of the least height; `places` are those of the signs between them. */
export function balanced(sign: string, terms: readonly Expr[], places: readonly number[], from = 0, to = terms.length - 1): Expr {
  if (from === to) return terms[from]!
  const middle = (from + to) >> 1
  const [left, right] = [balanced(sign, terms, places, from, middle), balanced(sign, terms, places, middle + 1, to)]
  return { op: 'binary', sign, left, right, at: places[middle]! }
}

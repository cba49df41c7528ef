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

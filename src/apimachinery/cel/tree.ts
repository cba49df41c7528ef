// Walks over syntax trees.
import type { Expr } from './parser.ts'

/** Adds the names that an expression reads, macro variables included. */
export function collectNames(expr: Expr, into: Set<string>): void {
  if (expr.op === 'ident') into.add(expr.name)
  for (const child of childrenOf(expr)) collectNames(child, into)
}

/** The parts of a node. */
export function childrenOf(expr: Expr): Expr[] {
  switch (expr.op) {
    case 'select':
    case 'has':
      return [expr.target]
    case 'index':
      return [expr.target, expr.index]
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    case 'binary':
      return [expr.left, expr.right]
    case 'unary':
      return [expr.operand]
    case 'conditional':
      return [expr.test, expr.yes, expr.no]
    case 'list':
      return expr.items.map(({ value }) => value)
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'macro':
      return [expr.target, ...expr.bodies]
    default:
      return []
  }
}

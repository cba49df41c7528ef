// The most that an expression can cost, estimated from the sizes that its schema allows. What cannot be told is taken as cheap.
// Rules and numbers: cel-go's checker/cost.go and k8s.io/apiserver/pkg/cel/library/cost.go.
import type { Declared } from './declared.ts'
import type { Expr } from './parser.ts'
import { resultTypes } from './result-types.ts'
import { isList } from './values.ts'

/** An expression's cost, and what is known of its value. */
interface Estimate {
  cost: number
  type?: Declared
  /** Most characters, items or entries; absent: not known. */
  size?: number
}

type Scope = ReadonlyMap<string, Estimate>

const perCharacter = 0.1
const perPatternCharacter = 0.25
const listCost = 10
const mapCost = 30

/** The most that an expression over self and oldSelf of this type can cost. */
export function maxCost(expr: Expr, self: Declared): number {
  const value = { cost: 1, type: self, size: self.maxElements }
  return estimated(
    expr,
    new Map([
      ['self', value],
      ['oldSelf', value],
    ]),
  ).cost
}

const textType: Declared = { kind: 'string', maxElements: 0, minBytes: 2 }
const scalarType: Declared = { kind: 'scalar', maxElements: 1, minBytes: 1 }

function ofType(type: Declared | undefined, cost: number): Estimate {
  return type === undefined ? { cost } : { cost, type, size: type.maxElements }
}

/** Sizes that are not known count as one. */
const sizeOf = ({ size }: Estimate): number => size ?? 1
const walk = (size: number, factor = perCharacter): number => Math.ceil(size * factor)
const sum = (parts: readonly Estimate[]): number => parts.reduce((total, { cost }) => total + cost, 0)

function estimated(expr: Expr, scope: Scope): Estimate {
  switch (expr.op) {
    case 'literal':
      return literal(expr)
    case 'ident':
      return scope.get(expr.name) ?? { cost: 1 }
    case 'select':
      return selected(estimated(expr.target, scope), expr)
    case 'has':
      return { cost: estimated(expr.target, scope).cost, type: scalarType, size: 1 }
    case 'index': {
      const [target, index] = [estimated(expr.target, scope), estimated(expr.index, scope)]
      return ofType(expr.optional ? undefined : target.type?.items, 1 + target.cost + index.cost)
    }
    case 'list': {
      const items = expr.items.map(({ value }) => estimated(value, scope))
      return { cost: sum(items) + listCost, size: items.length, ...elementsOf(items) }
    }
    case 'map': {
      const parts = expr.entries.flatMap(({ key, value }) => [estimated(key, scope), estimated(value, scope)])
      return { cost: sum(parts) + mapCost, size: expr.entries.length }
    }
    case 'struct':
      return { cost: 40 + sum(expr.fields.map(({ value }) => estimated(value, scope))) }
    case 'unary':
      return { cost: 1 + estimated(expr.operand, scope).cost, type: scalarType, size: 1 }
    case 'conditional': {
      const [test, yes, no] = [estimated(expr.test, scope), estimated(expr.yes, scope), estimated(expr.no, scope)]
      const larger = sizeOf(yes) >= sizeOf(no) ? yes : no
      return { ...larger, cost: test.cost + Math.max(yes.cost, no.cost) }
    }
    case 'binary':
      return binary(expr.sign, estimated(expr.left, scope), estimated(expr.right, scope))
    case 'call':
      return called(expr, scope)
    case 'macro':
      return comprehension(expr, scope)
  }
}

function literal({ value }: Extract<Expr, { op: 'literal' }>): Estimate {
  if (typeof value === 'string') return { cost: 0, type: textType, size: [...value].length }
  if (value instanceof Uint8Array || (value !== null && isList(value))) return { cost: 0, size: value.length }
  return { cost: 0, type: scalarType, size: 1 }
}

/** The type of a list of these items: the largest of them. */
function elementsOf(items: readonly Estimate[]): Pick<Estimate, 'type'> {
  const largest = Math.max(0, ...items.map(sizeOf))
  const kind = items[0]?.type?.kind
  if (kind === undefined) return {}
  return { type: { kind: 'list', maxElements: items.length, minBytes: 2, items: { kind, maxElements: largest, minBytes: 2 } } }
}

function selected(target: Estimate, { field, optional }: Extract<Expr, { op: 'select' }>): Estimate {
  const { type } = target
  const cost = target.cost + (type === undefined || type.kind === 'map' || type.kind === 'object' ? 1 : 0)
  if (optional) return { cost }
  return ofType(type?.kind === 'map' ? type.items : type?.fields?.get(field), cost)
}

function isText({ type }: Estimate): boolean {
  return type?.kind === 'string' || type?.kind === 'bytes'
}

function binary(sign: string, left: Estimate, right: Estimate): Estimate {
  const both = left.cost + right.cost
  const truth = (cost: number): Estimate => ({ cost, type: scalarType, size: 1 })
  switch (sign) {
    case '&&':
    case '||':
      return truth(both)
    case '==':
    case '!=':
      return truth(both + walk(Math.min(sizeOf(left), sizeOf(right))))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return truth(both + (isText(left) ? walk(Math.min(sizeOf(left), sizeOf(right))) : 1))
    case 'in':
      return truth(both + (right.type?.kind === 'map' ? 1 : sizeOf(right)))
    case '+':
      if (isText(left) || isText(right)) {
        const size = sizeOf(left) + sizeOf(right)
        return { cost: both + walk(size), type: textType, size }
      }
      if (left.type?.kind === 'list' || right.type?.kind === 'list') {
        return { cost: both + 1, size: sizeOf(left) + sizeOf(right), ...(left.type === undefined ? {} : { type: left.type }) }
      }
      return { cost: both + 1, type: scalarType, size: 1 }
    default:
      return { cost: both + 1, type: scalarType, size: 1 }
  }
}

function called({ name, target, args }: Extract<Expr, { op: 'call' }>, scope: Scope): Estimate {
  const given = args.map((arg) => estimated(arg, scope))
  const namespaced = target?.op === 'ident' && !scope.has(target.name)
  const on = target === undefined || namespaced ? undefined : estimated(target, scope)
  const before = sum(given) + (on?.cost ?? 0)
  const own = on === undefined ? undefined : methodCost(name, on, given)
  if (own !== undefined) return { ...own, cost: own.cost + before }
  const result = Object.hasOwn(resultTypes, name) ? resultTypes[name] : undefined
  if (result?.kind === 'scalar' && result.name !== 'string' && result.name !== 'bytes')
    return { cost: before + 1, type: scalarType, size: 1 }
  if (name === 'dyn') return { ...given[0], cost: before + 1 }
  return { cost: before + 1, ...(result?.kind === 'scalar' ? { type: textType } : {}) }
}

/** Methods that walk through what they are called on. */
function methodCost(name: string, on: Estimate, args: readonly Estimate[]): Estimate | undefined {
  const size = sizeOf(on)
  const first = args[0] === undefined ? 0 : sizeOf(args[0])
  const truth = { type: scalarType, size: 1 }
  switch (name) {
    case 'matches':
      return { ...truth, cost: walk(size + 1) * walk(first, perPatternCharacter) }
    case 'contains':
      return on.type?.kind === 'string' ? { ...truth, cost: walk(size) * walk(first) } : undefined
    case 'startsWith':
    case 'endsWith':
      return { ...truth, cost: walk(first) }
    case 'lowerAscii':
    case 'upperAscii':
    case 'substring':
    case 'trim':
      return { cost: walk(size), type: textType, size }
    case 'replace':
      return { cost: walk(size, 2 * perCharacter), type: textType, size: replacedSize(size, first, args[1]) }
    case 'split':
      return {
        cost: walk(size, 2 * perCharacter),
        size,
        type: { kind: 'list', maxElements: size, minBytes: 2, items: { ...textType, maxElements: size } },
      }
    case 'join': {
      const items = on.type?.items?.maxElements ?? 1
      const joined = size * items + first * Math.max(0, size - 1)
      return { cost: walk(joined), type: textType, size: joined }
    }
    case 'find':
    case 'findAll':
      return { cost: walk(size + 1) * walk(first, perPatternCharacter), size, ...(name === 'find' ? { type: textType } : {}) }
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return {
        ...truth,
        cost:
          on.type?.kind === 'list' ? size * (1 + (isText(ofType(on.type.items, 0)) ? walk(on.type.items!.maxElements) : 0)) : walk(size),
      }
    default:
      return undefined
  }
}

/** Every part that can be replaced is, by the longest replacement. */
function replacedSize(size: number, from: number, to: Estimate | undefined): number {
  const longer = to === undefined ? 0 : sizeOf(to)
  if (from === 0) return size + (size + 1) * longer
  return longer <= from ? size : Math.ceil(size / from) * longer
}

/** Cost of a step around its bodies, cost of the beginning, by macro: what their expansions do besides. */
const loops: Readonly<Record<string, { step: number; begin: number }>> = {
  all: { step: 3, begin: 1 },
  exists: { step: 4, begin: 1 },
  existsOne: { step: 2, begin: 2 },
  filter: { step: 13, begin: listCost + 1 },
  map: { step: 12, begin: listCost + 1 },
}

function comprehension(expr: Extract<Expr, { op: 'macro' }>, scope: Scope): Estimate {
  const range = estimated(expr.target, scope)
  const { type } = range
  const item = ofType(type?.kind === 'list' ? type.items : undefined, 1)
  const key: Estimate = { cost: 1, type: textType, size: 0 }
  const value = ofType(type?.items, 1)
  const index: Estimate = { cost: 1, type: scalarType, size: 1 }
  const two = expr.variables.length === 2
  const bound = type?.kind === 'map' ? [key, value] : two ? [index, item] : [item]
  const inner = new Map(scope)
  for (const [at, name] of expr.variables.entries()) inner.set(name, bound[at] ?? { cost: 1 })
  const bodies = expr.bodies.map((body) => estimated(body, inner))
  const last = bodies.at(-1)
  if (expr.macro === 'optMap' || expr.macro === 'optFlatMap') return { cost: range.cost + 2 + sum(bodies) }
  const { step, begin } = loops[expr.macro] ?? loops['map']!
  const cost = range.cost + begin + sizeOf(range) * (step + sum(bodies))
  if (expr.macro === 'all' || expr.macro === 'exists' || expr.macro === 'existsOne') return { cost, type: scalarType, size: 1 }
  const size = sizeOf(range)
  if (expr.macro === 'filter') return { cost, size, ...(type?.kind === 'list' ? { type } : {}) }
  const items = last?.type === undefined ? undefined : { ...last.type, maxElements: sizeOf(last) }
  return { cost, size, ...(items === undefined ? {} : { type: { kind: 'list', maxElements: size, minBytes: 2, items } }) }
}

// CEL's comprehensions. A variable of a macro takes the next place in the frame; results are bounded by the steps they cost.
import { compiled, type Evaluate, type Frame, type Scope } from './compile.ts'
import { sorted } from './lists.ts'
import type { Expr } from './parser.ts'
import { CelError, CelMap, isList, isObjectValue, noOverload, Optional, type Value } from './values.ts'

type MacroExpr = Extract<Expr, { op: 'macro' }>

/** The closure of a macro. */
export function macro(expr: MacroExpr, scope: Scope): Evaluate {
  const { variables, bodies } = expr
  const target = compiled(expr.target, scope)
  const first = nextPlace(scope)
  const inner = new Map(scope)
  for (const [index, name] of variables.entries()) inner.set(name, first + index)
  const parts = bodies.map((body) => compiled(body, inner))
  if (expr.macro === 'optMap' || expr.macro === 'optFlatMap') return optional(target, parts[0]!, first, expr.macro === 'optFlatMap')
  return (frame) => {
    const range = rangeOf(target(frame), variables.length)
    const enter = ([key, value]: readonly [Value, Value]): void => {
      frame.spend(1)
      frame.variables[first] = key
      if (variables.length === 2) frame.variables[first + 1] = value
    }
    return run(expr, range, enter, parts, frame)
  }
}

function nextPlace(scope: Scope): number {
  return Math.max(-1, ...scope.values()) + 1
}

/** Pairs of what the variables stand for: the item (or key) alone, or index and item, key and value. */
function rangeOf(target: Value, variables: number): (readonly [Value, Value])[] {
  const two = variables === 2
  if (isList(target)) return target.map((item, index) => (two ? [BigInt(index), item] : [item, null]))
  if (target instanceof CelMap) return target.entries().map(({ key, value }) => [key, value])
  if (isObjectValue(target)) return target.names().map((name) => [name, target.field(name) ?? null])
  throw noOverload()
}

type Range = readonly (readonly [Value, Value])[]

function run(
  { macro: name }: MacroExpr,
  range: Range,
  enter: (pair: readonly [Value, Value]) => void,
  parts: Evaluate[],
  frame: Frame,
): Value {
  switch (name) {
    case 'all':
      return quantified(range, enter, parts[0]!, frame, false)
    case 'exists':
      return quantified(range, enter, parts[0]!, frame, true)
    case 'existsOne':
      return chosen(range, enter, parts[0]!, frame).length === 1
    case 'filter':
      return chosen(range, enter, parts[0]!, frame)
    case 'map':
    case 'transformList':
      return transformed(range, enter, parts, frame).map(([, value]) => value)
    case 'transformMap':
      return mapOf(transformed(range, enter, parts, frame))
    case 'transformMapEntry':
      return entriesOf(transformed(range, enter, parts, frame))
    default: {
      const keys = transformed(range, enter, parts, frame).map(([, key]) => key)
      return sorted(
        range.map(([item]) => item),
        keys,
        frame.spend,
      )
    }
  }
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw noOverload()
  return value
}

/** What the body holds for. */
function chosen(range: Range, enter: (pair: readonly [Value, Value]) => void, body: Evaluate, frame: Frame): Value[] {
  const kept: Value[] = []
  for (const pair of range) {
    enter(pair)
    if (truth(body(frame))) kept.push(pair[0])
  }
  return kept
}

/** all (decided by false) and exists (decided by true): errors count only when nothing decides. */
function quantified(
  range: Range,
  enter: (pair: readonly [Value, Value]) => void,
  body: Evaluate,
  frame: Frame,
  decisive: boolean,
): boolean {
  let failure: CelError | undefined
  for (const pair of range) {
    enter(pair)
    try {
      if (truth(body(frame)) === decisive) return decisive
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !decisive
}

/** With two bodies the first one filters. */
function transformed(range: Range, enter: (pair: readonly [Value, Value]) => void, parts: Evaluate[], frame: Frame): [Value, Value][] {
  const [first, second] = parts
  const results: [Value, Value][] = []
  for (const pair of range) {
    enter(pair)
    if (second !== undefined && !truth(first!(frame))) continue
    results.push([pair[0], (second ?? first!)(frame)])
  }
  return results
}

function mapOf(pairs: readonly (readonly [Value, Value])[]): CelMap {
  const map = new CelMap()
  for (const [key, value] of pairs) map.set(key, value)
  return map
}

function entriesOf(pairs: readonly (readonly [Value, Value])[]): CelMap {
  const map = new CelMap()
  for (const [, part] of pairs) {
    if (!(part instanceof CelMap)) throw noOverload()
    for (const { key, value } of part.entries()) {
      if (map.has(key)) throw new CelError(`insert failed: key ${String(key)} already exists`)
      map.set(key, value)
    }
  }
  return map
}

function optional(target: Evaluate, body: Evaluate, place: number, flat: boolean): Evaluate {
  return (frame) => {
    const value = target(frame)
    if (!(value instanceof Optional)) throw noOverload()
    if (value.value === undefined) return value
    frame.variables[place] = value.value
    const result = body(frame)
    if (!flat) return new Optional(result)
    if (!(result instanceof Optional)) throw noOverload()
    return result
  }
}

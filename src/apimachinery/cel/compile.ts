// A syntax tree → nested closures that evaluate it. Every step is counted: an expression stops at its limit, whatever it does.
import { arithmetic, int, isIn, itemAt, missing, negated } from './arithmetic.ts'
import { functions, methods } from './functions.ts'
import { CelSyntaxError } from './lexer.ts'
import { macro } from './macros.ts'
import { type Expr, parse } from './parser.ts'
import { isStructType, StructValue } from './structs.ts'
import { collectNames } from './tree.ts'
import {
  CelError,
  CelMap,
  CostError,
  compareValues,
  equalValues,
  isObjectValue,
  noOverload,
  Optional,
  TypeValue,
  type Value,
} from './values.ts'

/** What a running expression has: its variables and the steps that are left. */
export interface Frame {
  variables: Value[]
  spend: (steps: number) => void
}

export type Evaluate = (frame: Frame) => Value

/** Names that are known while compiling, each with its place in the frame. */
export type Scope = ReadonlyMap<string, number>

export interface Program {
  readonly text: string
  readonly expr: Expr
  /** Whether the expression reads this variable. */
  uses: (name: string) => boolean
  /** The value and the steps it took. Throws CelError, CostError. */
  run: (variables: readonly Value[], limit: number) => { value: Value; steps: number }
}

/** Compiles an expression over these variables; `structs` allows it to make objects. Throws CelSyntaxError. */
export function compile(text: string, variables: readonly string[], options: { structs?: boolean } = {}): Program {
  const expr = parse(text)
  const scope = new Map(variables.map((name, index) => [name, index]))
  if (options.structs === true) scope.set(structures, -1)
  const evaluate = compiled(expr, scope)
  const used = new Set<string>()
  collectNames(expr, used)
  return {
    text,
    expr,
    uses: (name) => used.has(name),
    run: (values, limit) => {
      let left = limit
      const spend = (steps: number) => {
        left -= steps
        if (left < 0) throw new CostError()
      }
      const value = evaluate({ variables: [...values], spend })
      return { value, steps: limit - left }
    },
  }
}

const types: Readonly<Record<string, string>> = Object.fromEntries(
  ['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'].map((name) => [name, name]),
)

/** The closure of a node. Throws CelSyntaxError for names that mean nothing. */
export function compiled(expr: Expr, scope: Scope): Evaluate {
  const inner = node(expr, scope)
  return (frame) => {
    frame.spend(1)
    return inner(frame)
  }
}

function node(expr: Expr, scope: Scope): Evaluate {
  switch (expr.op) {
    case 'literal':
      return literal(expr.value, expr.at)
    case 'ident':
      return variable(expr.name, expr.at, scope)
    case 'select':
      return selection(expr, scope)
    case 'has':
      return presence(expr, scope)
    case 'index':
      return indexing(expr, scope)
    case 'call':
      return call(expr, scope)
    case 'binary':
      return binary(expr, scope)
    case 'unary':
      return unary(expr, scope)
    case 'conditional':
      return conditional(expr, scope)
    case 'list':
      return list(expr, scope)
    case 'map':
      return map(expr, scope)
    case 'struct':
      return structure(expr, scope)
    case 'macro':
      return macro(expr, scope)
  }
}

/** In a scope: objects of declared types may be made. No variable can have this name. */
const structures = '{}'

function structure({ name, fields, at }: Extract<Expr, { op: 'struct' }>, scope: Scope): Evaluate {
  if (!scope.has(structures) || !isStructType(name)) throw new CelSyntaxError(`undeclared reference to '${name}' (in container '')`, at)
  const parts = fields.map(({ name: field, value, optional }) => ({ field, of: compiled(value, scope), optional }))
  return (frame) => {
    const made = new Map<string, Value>()
    for (const { field, of, optional } of parts) for (const value of present(of(frame), optional)) made.set(field, value)
    return new StructValue(name, made)
  }
}

function literal(value: Value, at: number): Evaluate {
  if (typeof value === 'bigint' && value >= 2n ** 63n) throw new CelSyntaxError('invalid int literal', at)
  return () => value
}

function variable(name: string, at: number, scope: Scope): Evaluate {
  const place = scope.get(name)
  if (place !== undefined) return ({ variables }) => variables[place]!
  if (Object.hasOwn(types, name)) {
    const type = new TypeValue(name)
    return () => type
  }
  throw new CelSyntaxError(`undeclared reference to '${name}' (in container '')`, at)
}

/** A field of an object or a key of a map; undefined when it is not there. */
export function fieldOf(target: Value, name: string): Value | undefined {
  if (target instanceof CelMap) return target.get(name)
  if (isObjectValue(target)) return target.field(name)
  throw noOverload()
}

function selection({ target, field, optional }: Extract<Expr, { op: 'select' }>, scope: Scope): Evaluate {
  const of = compiled(target, scope)
  return (frame) => {
    const value = of(frame)
    if (value instanceof Optional) return new Optional(value.value === undefined ? undefined : fieldOf(value.value, field))
    const found = fieldOf(value, field)
    if (optional) return new Optional(found)
    if (found === undefined) throw new CelError(`no such key: ${field}`)
    return found
  }
}

function presence({ target, field }: Extract<Expr, { op: 'has' }>, scope: Scope): Evaluate {
  const of = compiled(target, scope)
  return (frame) => {
    const value = of(frame)
    const real = value instanceof Optional ? value.value : value
    return real !== undefined && fieldOf(real, field) !== undefined
  }
}

function indexing({ target, index, optional }: Extract<Expr, { op: 'index' }>, scope: Scope): Evaluate {
  const of = compiled(target, scope)
  const at = compiled(index, scope)
  return (frame) => {
    const value = of(frame)
    const place = at(frame)
    if (value instanceof Optional) return new Optional(value.value === undefined ? undefined : itemAt(value.value, place))
    const found = itemAt(value, place)
    if (optional) return new Optional(found)
    if (found === undefined) throw missing(value, place)
    return found
  }
}

/** `sets.contains(…)` is a function with a dot in its name, unless `sets` is a variable. */
function call({ name, target, args, at }: Extract<Expr, { op: 'call' }>, scope: Scope): Evaluate {
  const namespaced = target?.op === 'ident' && !scope.has(target.name) ? `${target.name}.${name}` : undefined
  const isFunction = target === undefined || (namespaced !== undefined && functions.has(namespaced))
  const found = isFunction ? functions.get(namespaced ?? name) : methods.get(name)
  if (found === undefined) throw new CelSyntaxError(`undeclared reference to '${name}' (in container '')`, at)
  const given = isFunction ? args : [target!, ...args]
  if (given.length < found.least || given.length > found.most) {
    throw new CelSyntaxError(`found no matching overload for '${name}'`, at)
  }
  const parts = given.map((arg) => compiled(arg, scope))
  return (frame) => {
    const values = new Array<Value>(parts.length)
    for (let i = 0; i < parts.length; i++) values[i] = parts[i]!(frame)
    return found.call(values, frame.spend)
  }
}

function binary({ sign, left, right }: Extract<Expr, { op: 'binary' }>, scope: Scope): Evaluate {
  const a = compiled(left, scope)
  const b = compiled(right, scope)
  switch (sign) {
    case '&&':
      return (frame) => decided(a, b, frame, false)
    case '||':
      return (frame) => decided(a, b, frame, true)
    case '==':
      return (frame) => equalValues(a(frame), b(frame), frame.spend)
    case '!=':
      return (frame) => !equalValues(a(frame), b(frame), frame.spend)
    case 'in':
      return (frame) => isIn(a(frame), b(frame), frame.spend)
    case '<':
      return (frame) => ordered(a(frame), b(frame), (order) => order < 0)
    case '<=':
      return (frame) => ordered(a(frame), b(frame), (order) => order <= 0)
    case '>':
      return (frame) => ordered(a(frame), b(frame), (order) => order > 0)
    case '>=':
      return (frame) => ordered(a(frame), b(frame), (order) => order >= 0)
    default:
      return (frame) => arithmetic(sign, a(frame), b(frame), frame.spend)
  }
}

function ordered(a: Value, b: Value, holds: (order: number) => boolean): boolean {
  const order = compareValues(a, b)
  return order !== undefined && holds(order)
}

/** Logic: one side that decides makes an error of the other one void. */
function decided(a: Evaluate, b: Evaluate, frame: Frame, decisive: boolean): boolean {
  let failure: unknown
  try {
    const left = a(frame)
    if (left === decisive) return decisive
    if (typeof left !== 'boolean') failure = noOverload()
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    failure = error
  }
  const right = b(frame)
  if (right === decisive) return decisive
  if (failure !== undefined) throw failure
  if (typeof right !== 'boolean') throw noOverload()
  return right
}

function unary({ sign, operand }: Extract<Expr, { op: 'unary' }>, scope: Scope): Evaluate {
  if (sign === '-' && operand.op === 'literal' && typeof operand.value === 'bigint') {
    const value = int(-operand.value)
    return () => value
  }
  const of = compiled(operand, scope)
  if (sign === '-') return (frame) => negated(of(frame))
  return (frame) => {
    const value = of(frame)
    if (typeof value !== 'boolean') throw noOverload()
    return !value
  }
}

function conditional({ test, yes, no }: Extract<Expr, { op: 'conditional' }>, scope: Scope): Evaluate {
  const [when, then, other] = [compiled(test, scope), compiled(yes, scope), compiled(no, scope)]
  return (frame) => {
    const value = when(frame)
    if (typeof value !== 'boolean') throw noOverload()
    return value ? then(frame) : other(frame)
  }
}

function list({ items }: Extract<Expr, { op: 'list' }>, scope: Scope): Evaluate {
  const parts = items.map(({ value, optional }) => ({ of: compiled(value, scope), optional }))
  return (frame) => parts.flatMap(({ of, optional }) => present(of(frame), optional))
}

function map({ entries }: Extract<Expr, { op: 'map' }>, scope: Scope): Evaluate {
  const parts = entries.map(({ key, value, optional }) => ({ key: compiled(key, scope), of: compiled(value, scope), optional }))
  return (frame) => {
    const made = new CelMap()
    for (const { key, of, optional } of parts) {
      const name = key(frame)
      for (const value of present(of(frame), optional)) {
        if (made.has(name)) throw new CelError(`Failed with repeated key: ${String(name)}`)
        made.set(name, value)
      }
    }
    return made
  }
}

/** The value, or none for an absent optional; flat, so that lists stay lists. */
function present(value: Value, optional: boolean): Value[] {
  if (!optional) return [value]
  if (!(value instanceof Optional)) throw noOverload()
  return value.value === undefined ? [] : [value.value]
}

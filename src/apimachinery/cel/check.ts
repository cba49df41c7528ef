// Finds what is wrong with an expression before it runs: fields that do not exist, operators between types that have none.
// Only sure faults are told; where a type is not known, the evaluator judges. Texts: cel-go's checker.
import type { Schema } from '../schema/schema.ts'
import { CelSyntaxError } from './lexer.ts'
import type { Expr } from './parser.ts'
import { resultTypes } from './result-types.ts'
import { fieldsOf, rootSchema } from './schema-values.ts'
import { bool, dyn, fits, int, scalar, type Type, typeOfSchema, typeText } from './types.ts'
import { isList, typeName } from './values.ts'

type Scope = ReadonlyMap<string, Type>

/** The type of an expression over self and oldSelf of a schema. Throws CelSyntaxError. */
export function typeOf(expr: Expr, schema: Schema, options: { root?: boolean; optionalOldSelf?: boolean } = {}): Type {
  const self = typeOfSchema(options.root === true ? rootSchema(schema) : schema)
  const oldSelf: Type = options.optionalOldSelf === true ? { kind: 'optional', of: self } : self
  const scope = new Map<string, Type>([
    ['self', self],
    ['oldSelf', oldSelf],
  ])
  return infer(expr, scope)
}

function infer(expr: Expr, scope: Scope): Type {
  switch (expr.op) {
    case 'literal':
      return isList(expr.value) ? dyn : expr.value === null ? { kind: 'null' } : scalar(typeName(expr.value))
    case 'ident':
      return scope.get(expr.name) ?? dyn
    case 'select':
      return selected(infer(expr.target, scope), expr.field, expr.optional, expr.at)
    case 'has':
      selected(infer(expr.target, scope), expr.field, false, expr.at)
      return bool
    case 'index':
      return indexed(infer(expr.target, scope), infer(expr.index, scope), expr.optional)
    case 'binary':
      return binary(expr.sign, infer(expr.left, scope), infer(expr.right, scope), expr.at)
    case 'unary':
      return unary(expr.sign, infer(expr.operand, scope), expr.at)
    case 'conditional':
      return conditional(expr, scope)
    case 'list':
      return { kind: 'list', items: common(expr.items.map(({ value }) => infer(value, scope))) }
    case 'map': {
      const keys = common(expr.entries.map(({ key }) => infer(key, scope)))
      return { kind: 'map', keys, values: common(expr.entries.map(({ value }) => infer(value, scope))) }
    }
    case 'struct':
      for (const { value } of expr.fields) infer(value, scope)
      return dyn
    case 'call':
      return called(expr, scope)
    case 'macro':
      return comprehension(expr, scope)
  }
}

function common(types: readonly Type[]): Type {
  const [first, ...rest] = types
  return first !== undefined && rest.every((type) => fits(first, type)) ? first : dyn
}

function selected(target: Type, field: string, optional: boolean, at: number): Type {
  if (target.kind === 'optional') return { kind: 'optional', of: selected(target.of, field, false, at) }
  const found = fieldType(target, field, at)
  return optional ? { kind: 'optional', of: found } : found
}

function fieldType(target: Type, field: string, at: number): Type {
  if (target.kind === 'map') return target.values
  if (target.kind === 'object') {
    const real = fieldsOf(target.schema).get(field)
    const schema = real === undefined ? undefined : target.schema.properties?.[real]
    if (schema === undefined) throw new CelSyntaxError(`undefined field '${field}'`, at)
    return typeOfSchema(schema)
  }
  if (target.kind === 'dyn') return dyn
  throw new CelSyntaxError(`type '${typeText(target)}' does not support field selection`, at)
}

function indexed(target: Type, _index: Type, optional: boolean): Type {
  if (target.kind === 'optional') return { kind: 'optional', of: indexed(target.of, _index, false) }
  const found = target.kind === 'list' ? target.items : target.kind === 'map' ? target.values : dyn
  return optional ? { kind: 'optional', of: found } : found
}

function noMatch(name: string, types: readonly Type[], at: number): CelSyntaxError {
  return new CelSyntaxError(`found no matching overload for '${name}' applied to '(${types.map(typeText).join(', ')})'`, at)
}

const names: Readonly<Record<string, string>> = { in: '@in' }
const ordered = new Set(['bool', 'int', 'uint', 'double', 'string', 'bytes', 'google.protobuf.Timestamp', 'google.protobuf.Duration'])
const numeric = new Set(['int', 'uint', 'double'])

function binary(sign: string, left: Type, right: Type, at: number): Type {
  const refuse = () => noMatch(names[sign] ?? `_${sign}_`, [left, right], at)
  switch (sign) {
    case '&&':
    case '||':
      if (!fits(left, bool) || !fits(right, bool)) throw refuse()
      return bool
    case '==':
    case '!=':
      if (!fits(left, right)) throw refuse()
      return bool
    case 'in':
      if (
        right.kind === 'scalar' ||
        (right.kind === 'list' && !fits(left, right.items)) ||
        (right.kind === 'map' && !fits(left, right.keys))
      )
        throw refuse()
      return bool
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (!comparable(left, right)) throw refuse()
      return bool
    default:
      return arithmetic(sign, left, right, refuse)
  }
}

function comparable(left: Type, right: Type): boolean {
  if (left.kind === 'dyn' || right.kind === 'dyn') return true
  if (left.kind !== 'scalar' || right.kind !== 'scalar') return false
  return (left.name === right.name && ordered.has(left.name)) || (numeric.has(left.name) && numeric.has(right.name))
}

const timestamp = 'google.protobuf.Timestamp'
const duration = 'google.protobuf.Duration'
/** Results of + and - between different or special types. */
const sums: Readonly<Record<string, string>> = {
  [`+ ${timestamp} ${duration}`]: timestamp,
  [`+ ${duration} ${timestamp}`]: timestamp,
  [`+ ${duration} ${duration}`]: duration,
  [`- ${timestamp} ${timestamp}`]: duration,
  [`- ${timestamp} ${duration}`]: timestamp,
  [`- ${duration} ${duration}`]: duration,
  '+ string string': 'string',
  '+ bytes bytes': 'bytes',
}

function arithmetic(sign: string, left: Type, right: Type, refuse: () => CelSyntaxError): Type {
  if (left.kind === 'dyn' || right.kind === 'dyn') return dyn
  if (sign === '+' && left.kind === 'list' && right.kind === 'list') return left
  if (left.kind !== 'scalar' || right.kind !== 'scalar') throw refuse()
  if (left.name === right.name && numeric.has(left.name) && !(sign === '%' && left.name === 'double')) return left
  const result = sums[`${sign} ${left.name} ${right.name}`]
  if (result === undefined) throw refuse()
  return scalar(result)
}

function unary(sign: '!' | '-', operand: Type, at: number): Type {
  const ok = sign === '!' ? fits(operand, bool) : operand.kind === 'dyn' || fits(operand, int) || fits(operand, scalar('double'))
  if (!ok) throw noMatch(sign === '!' ? '!_' : '-_', [operand], at)
  return operand
}

function conditional({ test, yes, no, at }: Extract<Expr, { op: 'conditional' }>, scope: Scope): Type {
  const types = [infer(test, scope), infer(yes, scope), infer(no, scope)] as const
  if (!fits(types[0], bool) || !fits(types[1], types[2])) throw noMatch('_?_:_', types, at)
  return common([types[1], types[2]])
}

function called({ name, target, args }: Extract<Expr, { op: 'call' }>, scope: Scope): Type {
  const receiver = target === undefined || (target.op === 'ident' && !scope.has(target.name)) ? undefined : infer(target, scope)
  const given = args.map((arg) => infer(arg, scope))
  if (receiver?.kind === 'optional' && (name === 'value' || name === 'orValue')) return receiver.of
  if (receiver?.kind === 'list' && ['sort', 'reverse', 'slice', 'distinct'].includes(name)) return receiver
  if (name === 'of' && target?.op === 'ident' && target.name === 'optional') return { kind: 'optional', of: given[0] ?? dyn }
  return Object.hasOwn(resultTypes, name) ? resultTypes[name]! : dyn
}

function comprehension(expr: Extract<Expr, { op: 'macro' }>, scope: Scope): Type {
  const range = infer(expr.target, scope)
  const inner = new Map(scope)
  const kinds = variableTypes(range, expr.variables.length, expr.at)
  for (const [index, name] of expr.variables.entries()) inner.set(name, kinds[index] ?? dyn)
  const bodies = expr.bodies.map((body) => infer(body, inner))
  const last = bodies.at(-1) ?? dyn
  switch (expr.macro) {
    case 'all':
    case 'exists':
    case 'existsOne':
      if (!fits(last, bool)) throw new CelSyntaxError(`expected type 'bool' but found '${typeText(last)}'`, expr.bodies.at(-1)!.at)
      return bool
    case 'filter':
      return { kind: 'list', items: kinds[0] ?? dyn }
    case 'map':
    case 'transformList':
      return { kind: 'list', items: last }
    case 'sortBy':
      return range
    case 'optMap':
      return { kind: 'optional', of: last }
    default:
      return dyn
  }
}

/** What the variables of a macro stand for. */
function variableTypes(range: Type, count: number, at: number): readonly Type[] {
  if (range.kind === 'optional') return [range.of]
  if (range.kind === 'list') return count === 2 ? [int, range.items] : [range.items]
  if (range.kind === 'map') return count === 2 ? [range.keys, range.values] : [range.keys]
  if (range.kind === 'dyn') return [dyn, dyn]
  throw new CelSyntaxError(`expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`, at)
}

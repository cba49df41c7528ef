// CEL over requests: the variables that webhooks' conditions and policies read, compiled once, evaluated within a budget.
// Variables and words: k8s.io/apiserver/pkg/admission/plugin/cel.
import { compile, type Program } from '../../../apimachinery/cel/compile.ts'
import { CelSyntaxError } from '../../../apimachinery/cel/lexer.ts'
import { celValue, type Session } from '../../../apimachinery/cel/schema-values.ts'
import { CelError, CostError, type ObjectValue, type Value } from '../../../apimachinery/cel/values.ts'
import type { Schema } from '../../../apimachinery/schema/schema.ts'

/** Names in the order of {@link Bindings}. */
export const variableNames = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'authorizer', 'variables'] as const

/** The values of one evaluation. */
export interface Given {
  object: unknown
  oldObject: unknown
  request: unknown
  params?: unknown
  namespaceObject?: unknown
  authorizer?: Value
  variables?: ObjectValue
}

export type Bindings = () => readonly Value[]

const untyped: Schema = {}

/** Values are made when first asked for, and shared by all expressions of the evaluation. */
export function bindingsOf(given: Given): Bindings {
  const session: Session = new WeakMap()
  let values: readonly Value[] | undefined
  return () => {
    values ??= [
      celValue(given.object, untyped, session),
      celValue(given.oldObject, untyped, session),
      celValue(given.request, untyped, session),
      celValue(given.params, untyped, session),
      celValue(given.namespaceObject, untyped, session),
      given.authorizer ?? null,
      given.variables ?? null,
    ]
    return values
  }
}

/** Steps that several expressions share. */
export class Budget {
  left: number
  constructor(steps: number) {
    this.left = steps
  }
}

export interface Expression {
  text: string
  program?: Program
  /** Why it cannot be compiled. */
  problem?: string
}

const compiled = new Map<string, Expression>()
/** Texts kept compiled; more begin anew. */
const maxCompiled = 2_000

/** The compiled form of a text. */
export function expression(text: string): Expression {
  const known = compiled.get(text)
  if (known !== undefined) return known
  if (compiled.size >= maxCompiled) compiled.clear()
  const made = compiledExpression(text)
  compiled.set(text, made)
  return made
}

function compiledExpression(text: string): Expression {
  try {
    return { text, program: compile(text, variableNames, { structs: true }) }
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error
    return { text, problem: error.message }
  }
}

export type Outcome = { value: Value; error?: undefined } | { value?: undefined; error: string }

/** Steps of one expression. */
const callLimit = 1_000_000

/** Evaluates an expression; what it costs is taken from the budget. */
export function evaluate({ text, program, problem }: Expression, bindings: Bindings, budget: Budget): Outcome {
  if (program === undefined) return { error: `compilation error: compilation failed: ERROR: <input>: ${problem}` }
  if (budget.left <= 0) return { error: 'validation failed due to running out of cost budget, no further validation rules will be run' }
  try {
    const { value, steps } = program.run(bindings(), Math.min(callLimit, budget.left))
    budget.left -= steps
    return { value }
  } catch (error) {
    if (error instanceof CostError) {
      budget.left = 0
      return { error: 'validation failed due to running out of cost budget, no further validation rules will be run' }
    }
    if (!(error instanceof CelError)) throw error
    budget.left -= 1
    return { error: `expression '${text}' resulted in error: ${error.message}` }
  }
}

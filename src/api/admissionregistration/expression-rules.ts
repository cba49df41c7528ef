// Whether the expressions of webhook conditions and policies can be compiled, over the variables that each may read.
// Words: pkg/apis/admissionregistration/validation upstream.
import { typeOf } from '../../apimachinery/cel/check.ts'
import { compile } from '../../apimachinery/cel/compile.ts'
import { CelSyntaxError } from '../../apimachinery/cel/lexer.ts'
import { located } from '../../apimachinery/cel/located.ts'
import { bool, fits, type Type, text } from '../../apimachinery/cel/types.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue } from '../../apimachinery/field-errors.ts'

export interface ExpressionContext {
  /** The policy has a paramKind. */
  params?: boolean
  /** Messages may not ask the authorizer. */
  authorizer?: boolean
  /** The policy has variables of its own, and is told of the namespace. */
  policy?: boolean
  /** Objects may be made. */
  structs?: boolean
}

const results: Readonly<Record<'bool' | 'string' | 'any', { fits: (type: Type) => boolean; text: string }>> = {
  bool: { fits: (type) => fits(type, bool), text: 'must evaluate to bool' },
  string: { fits: (type) => type.kind === 'null' || fits(type, text), text: 'must evaluate to string' },
  any: { fits: () => true, text: '' },
}

/** Faults of an expression: its syntax, names that mean nothing, and a result of the wrong type as far as that can be told. */
export function expressionErrors(
  expression: string,
  path: Path,
  result: keyof typeof results,
  context: ExpressionContext = {},
): FieldError[] {
  try {
    const program = compile(expression, variablesOf(context), { structs: context.structs === true })
    const type = typeOf(program.expr, {})
    return results[result].fits(type) ? [] : [invalidValue(path, expression, results[result].text)]
  } catch (error) {
    if (!(error instanceof CelSyntaxError)) throw error
    return [invalidValue(path, expression, `compilation failed: ${located(error, expression)}`)]
  }
}

function variablesOf({ params = false, authorizer = true, policy = false }: ExpressionContext): string[] {
  return [
    'object',
    'oldObject',
    'request',
    ...(policy ? ['namespaceObject', 'variables'] : []),
    ...(params ? ['params'] : []),
    ...(authorizer ? ['authorizer'] : []),
  ]
}

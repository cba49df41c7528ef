// matchConditions: CEL that a request must fulfil before a webhook is called or a policy evaluated. One false decides, whatever fails.
// Rule: k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions.
import type { MatchCondition } from '../../../../openapi/types/admissionregistration/v1.ts'
import type { Resolved } from '../../../apimachinery/kind.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import { celAuthorizer } from './cel-authorizer.ts'
import { type Bindings, Budget, bindingsOf, evaluate, expression } from './expressions.ts'
import type { DynamicServer } from './hooks.ts'
import { admissionRequest } from './review.ts'
import { kindIn, type Subject } from './subject.ts'
import { objectsIn } from './versioned-objects.ts'

export interface ConditionsOutcome {
  matches: boolean
  error?: string
}

/** Steps of all conditions of one webhook. */
const conditionsLimit = 250_000

interface Conditional {
  matchConditions?: MatchCondition[]
}

/** Evaluates the conditions of a webhook over a request. */
export async function conditionsMatch(
  server: DynamicServer,
  { matchConditions = [] }: Conditional,
  form: Resolved,
  subject: Subject,
  attributes: AdmissionAttributes,
): Promise<ConditionsOutcome> {
  const objects = await objectsIn(form, subject, attributes)
  const resource = { group: form.group, version: form.version, resource: form.kind.resource }
  const kind = subject.foreign ? subject.kind : kindIn(form)
  const request = admissionRequest(subject, attributes, { uid: '', kind, resource, objects })
  const bindings = bindingsOf({ ...objects, request, authorizer: celAuthorizer(server, attributes, subject) })
  return evaluateConditions(matchConditions, bindings)
}

/** The same, over variables that are known already. */
export function evaluateConditions(conditions: readonly MatchCondition[], bindings: Bindings): ConditionsOutcome {
  const budget = new Budget(conditionsLimit)
  const errors: string[] = []
  for (const { expression: text } of conditions) {
    const outcome = evaluate(expression(text), bindings, budget)
    if (outcome.error !== undefined) errors.push(outcome.error)
    else if (outcome.value !== true) return { matches: false }
  }
  if (errors.length === 0) return { matches: true }
  return { matches: false, error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` }
}

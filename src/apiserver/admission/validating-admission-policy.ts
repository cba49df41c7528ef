// ValidatingAdmissionPolicy: rules in CEL that requests must fulfil; bindings say where, with which parameters, and what a failure does.
// Flow and words: k8s.io/apiserver/pkg/admission/plugin/policy/validating.
import type {
  ValidatingAdmissionPolicyBinding as BindingObject,
  ValidatingAdmissionPolicy as PolicyObject,
  Validation,
} from '../../../openapi/types/admissionregistration/v1.ts'
import { ValidatingAdmissionPolicy } from '../../api/admissionregistration/validatingadmissionpolicy.ts'
import { ValidatingAdmissionPolicyBinding } from '../../api/admissionregistration/validatingadmissionpolicybinding.ts'
import { ApiError, type StatusReason, statusCodes } from '../../apimachinery/api-error.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { breathe } from '../breathe.ts'
import { Budget, evaluate, expression } from './dynamic/expressions.ts'
import type { DynamicServer } from './dynamic/hooks.ts'
import { evaluateConditions } from './dynamic/match-conditions.ts'
import { type Binding, type Policy, policiesFor } from './dynamic/policies.ts'
import { type PolicyScope, policyLimit, scopesOf } from './dynamic/policy-scope.ts'
import { isExempt, type Subject, subjectOf } from './dynamic/subject.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { refuse } from './refuse.ts'

type OwnPolicy = PolicyObject & Policy
type OwnBinding = BindingObject & Binding

const kinds = {
  policy: ValidatingAdmissionPolicy as unknown as Kind,
  binding: ValidatingAdmissionPolicyBinding as unknown as Kind,
}

/** A refusal. */
interface Denial {
  policy: string
  binding?: string
  message: string
  reason?: string
}

/** What one validation came to; undefined: it holds. */
interface Failure {
  index: number
  message: string
  reason?: string
}

/** The plugin; without a server around it it admits everything. */
export function validatingAdmissionPolicy({ server }: { server?: DynamicServer }): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionPolicy',
    on: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    validate: async (attributes, read) => {
      if (server === undefined || isExempt(attributes)) return
      const subject = subjectOf(attributes, server.registry)
      const denials = await judged(server, subject, attributes, read)
      if (denials.length > 0) throw denied(denials[0]!, attributes)
    },
  }
}

async function judged(server: DynamicServer, subject: Subject, attributes: AdmissionAttributes, read: Reader): Promise<Denial[]> {
  const { invocations, faults } = await policiesFor<OwnPolicy, OwnBinding>(server, kinds, subject, attributes, read)
  const denials: Denial[] = faults
    .filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore')
    .map(({ policy, binding, message }) => ({
      policy: nameOf(policy),
      ...(binding === undefined ? {} : { binding: nameOf(binding) }),
      message,
    }))
  const notes = new Map<string, Set<string>>()
  for (const invocation of invocations) {
    const { policy, binding } = invocation
    for (const scope of await scopesOf(server, invocation, subject, attributes, read, new Budget(policyLimit))) {
      await breathe()
      const outcome = evaluated(policy, scope)
      for (const failure of outcome.failures) act(policy, binding, failure, attributes, denials)
      for (const message of outcome.noteErrors) denials.push({ policy: nameOf(policy), binding: nameOf(binding), message })
      for (const [key, value] of outcome.notes) {
        const name = `${nameOf(policy)}/${key}`
        notes.set(name, (notes.get(name) ?? new Set()).add(value))
      }
    }
  }
  for (const [key, values] of notes) attributes.annotate(key, [...values].join(', '))
  return denials
}

interface Evaluated {
  failures: Failure[]
  notes: [string, string][]
  noteErrors: string[]
}

/** Evaluates a policy: conditions, validations, audit annotations. */
function evaluated({ spec }: OwnPolicy, scope: PolicyScope): Evaluated {
  const { matchConditions = [], validations = [], failurePolicy } = spec ?? {}
  const forgiving = failurePolicy === 'Ignore'
  const conditions = evaluateConditions(matchConditions, scope.bindings)
  if (conditions.error !== undefined) {
    return { failures: forgiving ? [] : [{ index: 0, message: conditions.error }], notes: [], noteErrors: [] }
  }
  if (!conditions.matches) return { failures: [], notes: [], noteErrors: [] }
  const failures = validations.flatMap((validation, index) => {
    const failure = validated(validation, index, scope)
    return failure === undefined || (failure.reason === undefined && forgiving) ? [] : [failure]
  })
  return { failures, ...annotations(spec, scope, forgiving) }
}

/** A failure without a reason is one of the evaluation itself. */
function validated(validation: Validation, index: number, scope: PolicyScope): Failure | undefined {
  const { value, error } = evaluate(expression(validation.expression), scope.bindings, scope.budget)
  if (error !== undefined) return { index, message: error }
  if (value === true) return undefined
  return { index, message: messageOf(validation, scope), reason: validation.reason ?? 'Invalid' }
}

const maxMessageBytes = 5 * 1024

/** What the message expression gives, else the message, else the expression. */
function messageOf({ expression: text, message, messageExpression }: Validation, { bindings, budget }: PolicyScope): string {
  const given = messageExpression ? evaluate(expression(messageExpression), bindings, budget).value : undefined
  const own = typeof given === 'string' ? given.trim() : ''
  if (own !== '' && !own.includes('\n') && Buffer.byteLength(own) <= maxMessageBytes) return own
  return message ? message.trim() : `failed expression: ${text.trim()}`
}

const maxNoteLength = 10 * 1024

function annotations(spec: OwnPolicy['spec'], { bindings, budget }: PolicyScope, forgiving: boolean): Omit<Evaluated, 'failures'> {
  const notes: [string, string][] = []
  const noteErrors: string[] = []
  for (const { key, valueExpression } of spec?.auditAnnotations ?? []) {
    const { value, error } = evaluate(expression(valueExpression), bindings, budget)
    if (error !== undefined) {
      if (!forgiving) noteErrors.push(error)
    } else if (typeof value === 'string') {
      if (value.trim() !== '') notes.push([key, value.trim().slice(0, maxNoteLength)])
    } else if (value !== null) {
      noteErrors.push(
        `valueExpression '${valueExpression}' resulted in unsupported return type. Return type must be either string or null.`,
      )
    }
  }
  return { notes, noteErrors }
}

/** Does with a failure what the binding says. */
function act(policy: OwnPolicy, binding: OwnBinding, failure: Failure, attributes: AdmissionAttributes, denials: Denial[]): void {
  const [policyName, bindingName] = [nameOf(policy), nameOf(binding)]
  const { message, reason, index } = failure
  const validationActions = binding.spec?.validationActions ?? []
  for (const action of validationActions) {
    if (action === 'Deny') denials.push({ policy: policyName, binding: bindingName, message, ...(reason === undefined ? {} : { reason }) })
    if (action === 'Warn') {
      attributes.warnings.push(`Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${message}`)
    }
    if (action === 'Audit') {
      const value = [{ message, policy: policyName, binding: bindingName, expressionIndex: index, validationActions }]
      attributes.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify(value))
    }
  }
}

/** What the client is told of the first denial. */
function denied({ policy, binding, message, reason = 'Invalid' }: Denial, attributes: AdmissionAttributes): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const error = refuse(attributes, text)
  const known = Object.hasOwn(statusCodes, reason) ? (reason as StatusReason) : 'Invalid'
  return new ApiError(known, error.message, { details: { ...error.details, causes: [{ message: text }] } })
}

function nameOf({ metadata }: KubeObject): string {
  return metadata?.name ?? ''
}

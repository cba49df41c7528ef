// MutatingAdmissionPolicy: changes requests by expressions that give a part of the object to merge, or a JSON patch; in the order of names.
// Flow and words: k8s.io/apiserver/pkg/admission/plugin/policy/mutating.
import type {
  MutatingAdmissionPolicyBinding as BindingObject,
  Mutation,
  MutatingAdmissionPolicy as PolicyObject,
} from '../../../openapi/types/admissionregistration/v1.ts'
import { MutatingAdmissionPolicy } from '../../api/admissionregistration/mutatingadmissionpolicy.ts'
import { MutatingAdmissionPolicyBinding } from '../../api/admissionregistration/mutatingadmissionpolicybinding.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { cloneJson } from '../../apimachinery/patch/json-values.ts'
import { breathe } from '../breathe.ts'
import { Budget, evaluate, expression } from './dynamic/expressions.ts'
import type { DynamicServer } from './dynamic/hooks.ts'
import { evaluateConditions } from './dynamic/match-conditions.ts'
import { MutationError, mutatedObject } from './dynamic/mutations.ts'
import { type Binding, type Invocation, type Policy, policiesFor } from './dynamic/policies.ts'
import { policyLimit, scopesOf } from './dynamic/policy-scope.ts'
import { isExempt, subjectOf } from './dynamic/subject.ts'
import { objectsIn, replaceObject } from './dynamic/versioned-objects.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'
import { refuse } from './refuse.ts'

type OwnPolicy = PolicyObject & Policy
type OwnBinding = BindingObject & Binding

const name = 'MutatingAdmissionPolicy'
const kinds = {
  policy: MutatingAdmissionPolicy as unknown as Kind,
  binding: MutatingAdmissionPolicyBinding as unknown as Kind,
}

/** Who is to be evaluated again when the object changes after them. */
interface Reinvocation {
  reinvocable: Set<string>
  again: Set<string>
  output: KubeObject | undefined
}

interface Fault {
  policy: OwnPolicy
  binding?: OwnBinding
  message: string
  reason?: 'Invalid'
}

/** The plugin; without a server around it it admits everything. */
export function mutatingAdmissionPolicy({ server }: { server?: DynamicServer }): AdmissionPlugin {
  return {
    name,
    on: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    mutate: async (attributes, read) => {
      if (server === undefined || isExempt(attributes)) return
      const faults = await mutateAll(server, attributes, read)
      const counted = faults.filter(({ policy }) => policy.spec?.failurePolicy !== 'Ignore')
      if (counted.length > 0) throw denied(counted, attributes)
    },
  }
}

async function mutateAll(server: DynamicServer, attributes: AdmissionAttributes, read: Reader): Promise<Fault[]> {
  const subject = subjectOf(attributes, server.registry)
  const { invocations, faults } = await policiesFor<OwnPolicy, OwnBinding>(server, kinds, subject, attributes, read)
  const found: Fault[] = [...faults]
  if (invocations.length === 0) return found
  const { reinvocation } = attributes
  const state = (reinvocation.states[name] ??= { reinvocable: new Set(), again: new Set(), output: undefined }) as Reinvocation
  if (reinvocation.second && !semanticEqual(state.output, attributes.object)) requireAgain(state)
  for (const invocation of invocations) {
    for (const param of invocation.params) {
      await breathe()
      const one = { ...invocation, params: [param] }
      const id = [nameOf(invocation.policy), nameOf(invocation.binding), param?.metadata?.namespace ?? '', nameOf(param ?? {})].join('/')
      if (reinvocation.second && !state.again.has(id)) continue
      if (!(await isMet(server, one, attributes, read, found))) continue
      const changed = await mutateOne(server, one, attributes, read, found)
      if (changed) {
        requireAgain(state)
        reinvocation.wanted = true
      }
      if (invocation.policy.spec?.reinvocationPolicy === 'IfNeeded') state.reinvocable.add(id)
    }
  }
  state.output = cloneJson(attributes.object)
  return found
}

function requireAgain(state: Reinvocation): void {
  for (const id of state.reinvocable) state.again.add(id)
  state.reinvocable.clear()
}

type One = Invocation<OwnPolicy, OwnBinding>

async function scopeOf(server: DynamicServer, one: One, attributes: AdmissionAttributes, read: Reader, budget: Budget) {
  const [scope] = await scopesOf(server, one, subjectOf(attributes, server.registry), attributes, read, budget)
  return scope!
}

/** Whether the policy's conditions hold. */
async function isMet(server: DynamicServer, one: One, attributes: AdmissionAttributes, read: Reader, faults: Fault[]): Promise<boolean> {
  const { policy, binding } = one
  const conditions = policy.spec?.matchConditions ?? []
  if (conditions.length === 0) return true
  const scope = await scopeOf(server, one, attributes, read, new Budget(policyLimit))
  const { matches, error } = evaluateConditions(conditions, scope.bindings)
  if (error !== undefined) faults.push({ policy, binding, message: error, reason: 'Invalid' })
  return matches
}

/** Applies a policy's mutations one after the other; each sees what the ones before have made. */
async function mutateOne(
  server: DynamicServer,
  one: One,
  attributes: AdmissionAttributes,
  read: Reader,
  faults: Fault[],
): Promise<boolean> {
  const { policy, binding } = one
  const budget = new Budget(policyLimit)
  let changed = false
  for (const mutation of policy.spec?.mutations ?? []) {
    if (attributes.object === undefined) return changed
    try {
      if (await mutate(server, one, mutation, attributes, read, budget)) changed = true
    } catch (error) {
      if (!(error instanceof MutationError)) throw error
      faults.push({ policy, binding, message: error.message, reason: 'Invalid' })
    }
  }
  return changed
}

async function mutate(
  server: DynamicServer,
  one: One,
  mutation: Mutation,
  attributes: AdmissionAttributes,
  read: Reader,
  budget: Budget,
): Promise<boolean> {
  const subject = subjectOf(attributes, server.registry)
  const text = (mutation.patchType === 'JSONPatch' ? mutation.jsonPatch : mutation.applyConfiguration)?.expression ?? ''
  const { bindings } = await scopeOf(server, one, attributes, read, budget)
  const { value, error } = evaluate(expression(text), bindings, budget)
  if (error !== undefined) throw new MutationError(error)
  const { object } = await objectsIn(one.form, subject, attributes)
  const made = mutatedObject(mutation.patchType, object!, value, one.form, subject)
  if (semanticEqual(made, object)) return false
  await replaceObject(one.form, subject, attributes, made)
  return true
}

/** 403 with every fault as a cause; the first one is the message. */
function denied(faults: readonly Fault[], attributes: AdmissionAttributes): ApiError {
  const messages = faults.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(nameOf(policy))} denied request: ${message}`
      : `policy '${nameOf(policy)}' with binding '${nameOf(binding)}' denied request: ${message}`,
  )
  const { details } = refuse(attributes, '')
  const causes = messages.map((message) => ({ message }))
  return new ApiError(faults[0]!.reason ?? 'Forbidden', messages[0]!, { code: 403, details: { ...details, causes } })
}

function nameOf({ metadata }: KubeObject): string {
  return metadata?.name ?? ''
}

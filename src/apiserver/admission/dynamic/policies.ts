// Which policies a request meets: a policy, a binding that puts it to work, and the parameters of the binding, one evaluation for each.
// Flow: k8s.io/apiserver/pkg/admission/plugin/policy/generic and matching.
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  Variable,
} from '../../../../openapi/types/admissionregistration/v1.ts'
import type { Kind, Resolved } from '../../../apimachinery/kind.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import { matchesLabels, selectorFromObject } from '../../../apimachinery/selectors/label-selector.ts'
import { toVersion } from '../../codec.ts'
import { converting } from '../../conversions.ts'
import type { AdmissionAttributes, Reader } from '../plugin.ts'
import type { DynamicServer } from './hooks.ts'
import { namespaceMatches, objectMatches } from './selectors.ts'
import { matchedForm, ruleMatches, type Subject } from './subject.ts'

export interface Policy extends KubeObject {
  spec?: {
    paramKind?: ParamKind
    matchConstraints?: MatchResources
    matchConditions?: MatchCondition[]
    variables?: Variable[]
    failurePolicy?: string
  }
}

export interface Binding extends KubeObject {
  spec?: { policyName?: string; paramRef?: ParamRef; matchResources?: MatchResources }
}

/** A policy at work on a request, with one parameter (undefined: it has none). */
export interface Invocation<P extends Policy, B extends Binding> {
  policy: P
  binding: B
  form: Resolved
  params: readonly (KubeObject | undefined)[]
}

/** A policy or binding that cannot be put to work. */
export interface ConfigurationFault<P extends Policy, B extends Binding> {
  policy: P
  binding?: B
  message: string
}

export interface Found<P extends Policy, B extends Binding> {
  invocations: Invocation<P, B>[]
  faults: ConfigurationFault<P, B>[]
}

/** Kinds that answer questions of access are not subject to policies. */
const excluded = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

/** What is at work on a request, in the order of the policies' and the bindings' names. */
export async function policiesFor<P extends Policy, B extends Binding>(
  server: DynamicServer,
  kinds: { policy: Kind; binding: Kind },
  subject: Subject,
  attributes: AdmissionAttributes,
  read: Reader,
): Promise<Found<P, B>> {
  const found: Found<P, B> = { invocations: [], faults: [] }
  if (attributes.kind.ephemeral === true && excluded.has(attributes.kind.group)) return found
  const policies = read.list(kinds.policy as Kind<P>)
  if (policies.length === 0) return found
  const bindings = Map.groupBy(read.list(kinds.binding as Kind<B>), ({ spec }) => spec?.policyName ?? '')
  for (const policy of policies) {
    const own = bindings.get(policy.metadata?.name ?? '') ?? []
    if (own.length === 0) continue
    const form = await matching(policy.spec?.matchConstraints, subject, attributes, read)
    if (form === undefined) continue
    for (const binding of own) {
      const { matchResources } = binding.spec ?? {}
      if (matchResources !== undefined && (await matching(matchResources, subject, attributes, read)) === undefined) continue
      try {
        found.invocations.push({ policy, binding, form, params: await paramsOf(server, policy, binding, subject, read) })
      } catch (error) {
        found.faults.push({
          policy,
          binding,
          message: `failed to configure binding: ${error instanceof Error ? error.message : String(error)}`,
        })
      }
    }
  }
  return found
}

/** The version in which the constraints mean the request; undefined: they do not. Without rules every resource is meant. */
async function matching(
  match: MatchResources | undefined,
  subject: Subject,
  attributes: AdmissionAttributes,
  read: Reader,
): Promise<Resolved | undefined> {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector, objectSelector } = match ?? {}
  if (!objectMatches(objectSelector, attributes)) return undefined
  if (!(await namespaceMatches(namespaceSelector, subject, attributes, read))) return undefined
  if (excludeResourceRules.some((rule) => meansName(rule, subject) && matchedForm([rule], matchPolicy, subject) !== undefined))
    return undefined
  if (resourceRules.length === 0) return subject.form
  const named = resourceRules.filter((rule) => meansName(rule, subject))
  if (named.some((rule) => ruleMatches(rule, subject, subject.form))) return subject.form
  return matchedForm(named, matchPolicy, subject)
}

function meansName({ resourceNames = [] }: NamedRuleWithOperations, { name }: Subject): boolean {
  return resourceNames.length === 0 || resourceNames.includes(name)
}

/** The parameters of a binding. Throws an Error for what cannot be found, in upstream's words. */
async function paramsOf(
  { registry }: DynamicServer,
  { spec }: Policy,
  { spec: bound }: Binding,
  { namespace }: Subject,
  read: Reader,
): Promise<(KubeObject | undefined)[]> {
  const { paramKind } = spec ?? {}
  const { paramRef } = bound ?? {}
  if (paramKind === undefined || paramRef === undefined) return [undefined]
  const resolved = registry.byKind(paramKind.apiVersion ?? '', paramKind.kind ?? '')
  if (resolved === undefined) throw new Error(`paramKind kind \`${paramKind.apiVersion}, Kind=${paramKind.kind}\` not known`)
  const place = paramNamespace(resolved, paramRef, namespace)
  const candidates = await candidatesOf(resolved, place, paramRef, read)
  const params = await converting(resolved.kind, () => candidates.map((one) => toVersion(resolved, one)))
  if (params.length === 0 && paramRef.parameterNotFoundAction === 'Deny') {
    throw new Error('no params found for policy binding with `Deny` parameterNotFoundAction')
  }
  return params
}

function paramNamespace({ kind }: Resolved, { namespace }: ParamRef, requested: string): string | undefined {
  if (kind.scope === 'Cluster') {
    if (namespace) throw new Error('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
    return undefined
  }
  const place = namespace || requested
  if (place === '') throw new Error('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources')
  return place
}

async function candidatesOf(
  { kind }: Resolved,
  namespace: string | undefined,
  { name, selector }: ParamRef,
  read: Reader,
): Promise<KubeObject[]> {
  if (name) {
    let found = read.get(kind as Kind<KubeObject>, namespace, name)
    if (found === undefined) {
      await read.refresh()
      found = read.get(kind as Kind<KubeObject>, namespace, name)
    }
    return found === undefined ? [] : [found]
  }
  const parsed = selectorFromObject(selector)
  return read.list(kind as Kind<KubeObject>, namespace).filter(({ metadata }) => matchesLabels(parsed, metadata?.labels))
}

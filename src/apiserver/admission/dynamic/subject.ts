// What a request is about, in the words of webhook and policy rules. Pure.
// Rules: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules.
import type { RuleWithOperations } from '../../../../openapi/types/admissionregistration/v1.ts'
import type { Kind, Registry, Resolved } from '../../../apimachinery/kind.ts'
import { splitApiVersion } from '../../../apimachinery/meta.ts'
import type { AdmissionAttributes, Operation } from '../plugin.ts'

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

export interface GroupVersionResource {
  group: string
  version: string
  resource: string
}

/** A request as rules see it. */
export interface Subject {
  operation: Operation
  resource: GroupVersionResource
  subresource: string
  kind: GroupVersionKind
  name: string
  /** '' for what is in no namespace; a Namespace is in itself. */
  namespace: string
  isNamespace: boolean
  /** The kind of the body is not the resource's own (Binding, Eviction, TokenRequest, Scale). */
  foreign: boolean
  /** The versions in which the same objects can be named, the request's own among them. */
  forms: readonly Resolved[]
  /** The request's own. */
  form: Resolved
}

const scaleKind: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

/** The subject of a request. */
export function subjectOf(attributes: AdmissionAttributes, registry: Pick<Registry, 'resolved'>): Subject {
  const { kind, resolved, name, operation, subresource = '' } = attributes
  const isNamespace = kind.group === '' && kind.resource === 'namespaces'
  const own = kindIn(resolved)
  const body = subresource === 'scale' ? scaleKind : (bodyKind(attributes) ?? own)
  return {
    operation,
    resource: { group: resolved.group, version: resolved.version, resource: kind.resource },
    subresource,
    kind: body,
    name,
    namespace: isNamespace ? name : (attributes.namespace ?? ''),
    isNamespace,
    foreign: body.kind !== kind.kind,
    forms: formsOf(kind, resolved, registry),
    form: resolved,
  }
}

/** Group, version and kind of a kind in one of its versions. */
export function kindIn({ kind, group, version }: Resolved): GroupVersionKind {
  return { group, version, kind: kind.kind }
}

/** Bodies of subresources name their own kind. */
function bodyKind({ object, kind, subresource }: AdmissionAttributes): GroupVersionKind | undefined {
  if (subresource === undefined || object?.kind === undefined || object.kind === kind.kind) return undefined
  return { ...splitApiVersion(object.apiVersion ?? ''), kind: object.kind }
}

const forms = new WeakMap<Kind, readonly Resolved[]>()

function formsOf(kind: Kind, resolved: Resolved, registry: Pick<Registry, 'resolved'>): readonly Resolved[] {
  if (kind.served === undefined || kind.served.length === 0) return [resolved]
  let found = forms.get(kind)
  if (found === undefined) forms.set(kind, (found = registry.resolved().filter((form) => form.kind === kind)))
  return found
}

/** Whether a rule means this subject, named in the version of `form`. */
export function ruleMatches(rule: RuleWithOperations, subject: Subject, { group, version }: Resolved): boolean {
  return (
    scopeMatches(rule.scope, subject) &&
    names(rule.operations, subject.operation) &&
    names(rule.apiGroups, group) &&
    names(rule.apiVersions, version) &&
    (rule.resources ?? []).some((text) => resourceMatches(text, subject))
  )
}

function names(list: readonly string[] | undefined, word: string): boolean {
  return list?.some((entry) => entry === '*' || entry === word) === true
}

/** Objects of the kind Namespace count as cluster-scoped, though they are in themselves. */
function scopeMatches(scope: string | undefined, { namespace, isNamespace }: Subject): boolean {
  if (scope === 'Namespaced') return namespace !== '' && !isNamespace
  return scope !== 'Cluster' || namespace === '' || isNamespace
}

function resourceMatches(text: string, { resource, subresource }: Subject): boolean {
  const [name = '', below = ''] = text.split('/')
  return (name === '*' || name === resource.resource) && (below === '*' || below === subresource)
}

/** The version in which the first matching rule names the subject: the request's own, or by matchPolicy Equivalent another one. */
export function matchedForm(
  rules: readonly RuleWithOperations[] | undefined,
  matchPolicy: string | undefined,
  subject: Subject,
): Resolved | undefined {
  if (rules === undefined) return undefined
  if (rules.some((rule) => ruleMatches(rule, subject, subject.form))) return subject.form
  if (matchPolicy === 'Exact') return undefined
  for (const rule of rules) {
    const found = subject.forms.find((form) => form !== subject.form && ruleMatches(rule, subject, form))
    if (found !== undefined) return found
  }
  return undefined
}

const configurations = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
])

/** Configurations of admission are exempt from it: a wrong one could never be repaired. */
export function isExempt({ kind }: AdmissionAttributes): boolean {
  return kind.group === 'admissionregistration.k8s.io' && configurations.has(kind.kind)
}

// What the six kinds of the group share: rule and selector defaults, columns of policies and their bindings.
import type {
  MatchResources,
  MutatingWebhook,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  RuleWithOperations,
  ValidatingWebhook,
} from '../../../openapi/types/admissionregistration/v1.ts'
import { formatLabelSelector } from '../apps/label-selector.ts'

type Webhook = ValidatingWebhook | MutatingWebhook

/** Defaults that both sorts of webhooks have. */
export function webhookDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443
  for (const rule of webhook.rules ?? []) ruleDefaults(rule)
}

/** Defaults of the match constraints of a policy or the match resources of a binding. */
export function matchResourcesDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) ruleDefaults(rule)
}

function ruleDefaults(rule: RuleWithOperations | NamedRuleWithOperations): void {
  rule.scope ??= '*'
}

/** The ParamKind cell. */
export function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`
}

/** The ParamRef cell: a name, in any namespace where none is given, or a selector. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference === undefined) return '<unset>'
  if (reference.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference.selector === undefined ? '<unset>' : formatLabelSelector(reference.selector)
}

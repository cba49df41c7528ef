// Validation of webhook configurations. Words: pkg/apis/admissionregistration/validation upstream.
import type { MutatingWebhook, ValidatingWebhook } from '../../../openapi/types/admissionregistration/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1123Subdomain } from '../../apimachinery/names.ts'
import { oneOfIfSet } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { clientConfigErrors, reviewVersionsErrors } from './client-config.ts'
import { matchConditionsErrors, ruleErrors } from './rule-rules.ts'

type Webhook = ValidatingWebhook | MutatingWebhook
const reviewVersions = ['v1', 'v1beta1']
const sideEffects = ['None', 'NoneOnDryRun']

/** Rules of either sort of configuration. */
export function webhookConfigurationErrors({ webhooks = [] }: { webhooks?: readonly Webhook[] }): FieldError[] {
  const names = new Set<string>()
  return webhooks.flatMap((webhook, index) => {
    const path = at('webhooks').index(index)
    const errors = [
      ...webhookErrors(webhook, path),
      ...reviewVersionsErrors(
        webhook.admissionReviewVersions,
        reviewVersions,
        path.child('admissionReviewVersions'),
        `must specify one of ${reviewVersions.join(', ')}`,
      ),
    ]
    if (webhook.name && names.has(webhook.name)) errors.push(duplicate(path.child('name'), webhook.name))
    names.add(webhook.name)
    return errors
  })
}

function webhookErrors(webhook: Webhook, path: Path): FieldError[] {
  const { timeoutSeconds: seconds } = webhook
  const errors = [
    ...fullNameErrors(webhook.name ?? '', path.child('name')),
    ...(webhook.rules ?? []).flatMap((rule, index) => ruleErrors(rule, path.child('rules').index(index))),
    ...oneOfIfSet(webhook.failurePolicy, ['Fail', 'Ignore'], path.child('failurePolicy')),
    ...oneOfIfSet(webhook.matchPolicy, ['Equivalent', 'Exact'], path.child('matchPolicy')),
    ...sideEffectsErrors(webhook.sideEffects, path.child('sideEffects')),
  ]
  if (seconds !== undefined && (seconds > 30 || seconds < 1)) {
    errors.push(invalidValue(path.child('timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds'))
  }
  errors.push(...validateLabelSelector(webhook.namespaceSelector, path.child('namespaceSelector')))
  errors.push(...validateLabelSelector(webhook.objectSelector, path.child('objectSelector')))
  if ('reinvocationPolicy' in webhook) {
    errors.push(...oneOfIfSet(webhook.reinvocationPolicy, ['IfNeeded', 'Never'], path.child('reinvocationPolicy')))
  }
  return [
    ...errors,
    ...clientConfigErrors(webhook.clientConfig ?? {}, path.child('clientConfig')),
    ...matchConditionsErrors(webhook.matchConditions, path.child('matchConditions')),
  ]
}

function sideEffectsErrors(value: string | undefined, path: Path): FieldError[] {
  if (value === undefined) return [required(path, `must specify one of ${sideEffects.join(', ')}`)]
  return sideEffects.includes(value) ? [] : [notSupported(path, value, sideEffects)]
}

function fullNameErrors(name: string, path: Path): FieldError[] {
  if (name === '') return [required(path)]
  const messages = dns1123Subdomain(name)
  if (messages.length > 0) return [invalidValue(path, name, messages.join(','))]
  return name.split('.').length < 3 ? [invalidValue(path, name, 'should be a domain with at least three segments separated by dots')] : []
}

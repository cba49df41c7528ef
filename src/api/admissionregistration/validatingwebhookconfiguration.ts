// ValidatingWebhookConfiguration: webhooks that may refuse objects.
import type { ValidatingWebhookConfiguration as ValidatingWebhookConfigurationObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { webhookDefaults } from './shared.ts'
import { webhookConfigurationErrors } from './webhook-rules.ts'

export const ValidatingWebhookConfiguration = defineKind<ValidatingWebhookConfigurationObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  requiresResourceVersion: true,
  generation: (configuration, old) => !semanticEqual(configuration.webhooks, old.webhooks),
  computeDefaults: (configuration) => {
    for (const webhook of configuration.webhooks ?? []) webhookDefaults(webhook)
  },
  validate: webhookConfigurationErrors,
  columns: [
    {
      name: 'Webhooks',
      type: 'integer',
      description: 'Number of webhooks.',
      value: (configuration) => configuration.webhooks?.length ?? 0,
    },
    ageColumn,
  ],
})

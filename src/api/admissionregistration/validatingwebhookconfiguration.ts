// ValidatingWebhookConfiguration: webhooks that may refuse objects.
import type { ValidatingWebhookConfiguration as ValidatingWebhookConfigurationObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { oldWebhooks } from './legacy.ts'
import { webhookDefaults } from './shared.ts'
import { webhookConfigurationErrors } from './webhook-rules.ts'

export const ValidatingWebhookConfiguration = defineKind<ValidatingWebhookConfigurationObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  categories: ['api-extensions'],
  scope: 'Cluster',
  served: [
    retired(
      'io.k8s.api.admissionregistration',
      'admissionregistration.k8s.io',
      'v1beta1',
      'ValidatingWebhookConfiguration',
      ['1.16', '1.22'],
      oldWebhooks,
    ),
  ],
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

// Webhook configurations in admissionregistration.k8s.io/v1beta1: same fields, milder defaults.
import type { ValidatingWebhookConfiguration } from '../../../openapi/types/admissionregistration/v1.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'

/** The conversion, for `served`. A webhook must say that it has no side effects: old requests default to `Unknown`, which v1 refuses. */
export const oldWebhooks = {
  toStorage: (object: KubeObject): KubeObject => {
    const { webhooks } = object as ValidatingWebhookConfiguration
    if (!Array.isArray(webhooks)) return object
    const completed = webhooks.map((webhook) => ({
      ...webhook,
      failurePolicy: webhook.failurePolicy ?? 'Ignore',
      matchPolicy: webhook.matchPolicy ?? 'Exact',
      timeoutSeconds: webhook.timeoutSeconds ?? 30,
      sideEffects: webhook.sideEffects ?? 'Unknown',
      admissionReviewVersions: webhook.admissionReviewVersions ?? ['v1beta1'],
    }))
    return { ...object, webhooks: completed } as KubeObject
  },
}

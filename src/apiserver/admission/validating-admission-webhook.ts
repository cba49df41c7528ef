// ValidatingAdmissionWebhook: asks the webhooks of ValidatingWebhookConfigurations, all at once; the first refusal in their order counts.
// Flow: k8s.io/apiserver/pkg/admission/plugin/webhook/validating.
import { ValidatingWebhookConfiguration } from '../../api/admissionregistration/validatingwebhookconfiguration.ts'
import type { Kind, Resolved } from '../../apimachinery/kind.ts'
import { callWebhook, forgive, takeRemarks } from './dynamic/call-webhook.ts'
import { calledIn, type DynamicServer, type Hook, hooksOf } from './dynamic/hooks.ts'
import { denial } from './dynamic/review.ts'
import { isExempt, type Subject, subjectOf } from './dynamic/subject.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'

const configurations = ValidatingWebhookConfiguration as unknown as Kind

/** The plugin; without a server around it it admits everything. */
export function validatingAdmissionWebhook({ server }: { server?: DynamicServer }): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    on: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    validate: async (attributes, read) => {
      if (server === undefined || isExempt(attributes)) return
      const hooks = hooksOf(read, configurations)
      if (hooks.length > 0) await askAll(server, hooks, attributes, read)
    },
  }
}

async function askAll(server: DynamicServer, hooks: readonly Hook[], attributes: AdmissionAttributes, read: Reader): Promise<void> {
  const subject = subjectOf(attributes, server.registry)
  const relevant: { hook: Hook; form: Resolved }[] = []
  for (const hook of hooks) {
    const form = await calledIn(server, hook, subject, attributes, read)
    if (form !== undefined) relevant.push({ hook, form })
  }
  const results = await Promise.allSettled(relevant.map(({ hook, form }, index) => ask(server, hook, index, form, subject, attributes)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function ask(
  server: DynamicServer,
  hook: Hook,
  index: number,
  form: Resolved,
  subject: Subject,
  attributes: AdmissionAttributes,
): Promise<void> {
  try {
    const { verdict } = await callWebhook(server, hook, form, subject, attributes, false)
    takeRemarks(hook, verdict, attributes)
    if (!verdict.allowed) throw denial(hook.webhook.name, verdict.result)
  } catch (error) {
    forgive(server, hook, error)
    attributes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, hook.webhook.name)
  }
}

// Calls one admission webhook about one request.
import type { Resolved } from '../../../apimachinery/kind.ts'
import { uuid } from '../../uuid.ts'
import type { WebhookClientConfig } from '../../webhook/client.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import type { DynamicServer, Hook } from './hooks.ts'
import { admissionRequest, admissionReview, callFailure, dryRunUnsupported, type Verdict, verdictOf } from './review.ts'
import { kindIn, type Subject } from './subject.ts'
import { type ObjectPair, objectsIn } from './versioned-objects.ts'

const maxAnswerBytes = 6 * 1024 * 1024
const defaultTimeoutSeconds = 10

/** A webhook that could not be called, or said nothing of use: its failurePolicy decides. */
export class CallFailure extends Error {
  readonly webhook: string
  constructor(webhook: string, reason: string) {
    super(reason)
    this.webhook = webhook
  }
}

/** What a webhook said of a request, and what it was shown. Throws CallFailure, 400 for a dry run that it does not support. */
export async function callWebhook(
  server: DynamicServer,
  { webhook }: Hook,
  form: Resolved,
  subject: Subject,
  attributes: AdmissionAttributes,
  mutating: boolean,
): Promise<{ verdict: Verdict; objects: ObjectPair }> {
  const { name, sideEffects } = webhook
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw dryRunUnsupported(name)
  const objects = await objectsIn(form, subject, attributes)
  const resource = { group: form.group, version: form.version, resource: form.kind.resource }
  const kind = subject.foreign ? subject.kind : kindIn(form)
  const request = admissionRequest(subject, attributes, { uid: uuid(server.random), kind, resource, objects })
  const timeoutMs = (webhook.timeoutSeconds ?? defaultTimeoutSeconds) * 1000
  const call = { timeoutMs, tellTimeout: true, maxAnswerBytes, signal: attributes.signal }
  try {
    const review = admissionReview(webhook.admissionReviewVersions, request)
    const answer = await server.webhooks.post(webhook.clientConfig as WebhookClientConfig, review, call).catch((error: Error) => {
      throw new CallFailure(name, `failed to call webhook: ${error.message}`)
    })
    return { verdict: verdictOf(review, request, answer, mutating), objects }
  } catch (error) {
    if (error instanceof CallFailure) throw error
    throw new CallFailure(name, `received invalid webhook response: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Takes over what a verdict says besides yes and no. */
export function takeRemarks({ webhook }: Hook, { warnings, auditAnnotations }: Verdict, attributes: AdmissionAttributes): void {
  attributes.warnings.push(...warnings)
  for (const [key, value] of Object.entries(auditAnnotations)) attributes.annotate(`${webhook.name}/${key}`, value)
}

/** By failurePolicy: forgives a failed call, or throws 500. */
export function forgive(server: DynamicServer, { webhook, configuration }: Hook, error: unknown): void {
  if (!(error instanceof CallFailure)) throw error
  const facts = { webhook: webhook.name, configuration, reason: error.message }
  if (webhook.failurePolicy !== 'Ignore') {
    server.log.warn(facts, 'Failed calling webhook, failing closed')
    throw callFailure(webhook.name, error.message)
  }
  server.log.warn(facts, 'Failed calling webhook, failing open')
}

// Which webhooks a request meets: by configuration, rules, selectors and conditions.
// Flow: k8s.io/apiserver/pkg/admission/plugin/webhook/generic ShouldCallHook.
import type { MutatingWebhook, ValidatingWebhook } from '../../../../openapi/types/admissionregistration/v1.ts'
import { forbidden } from '../../../apimachinery/api-error.ts'
import type { Kind, Resolved } from '../../../apimachinery/kind.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import type { ServerContext } from '../../context.ts'
import type { AdmissionAttributes, Reader } from '../plugin.ts'
import { conditionsMatch } from './match-conditions.ts'
import { namespaceMatches, objectMatches } from './selectors.ts'
import { matchedForm, type Subject } from './subject.ts'

export type Webhook = ValidatingWebhook & Partial<Pick<MutatingWebhook, 'reinvocationPolicy'>>

export interface Hook {
  webhook: Webhook
  configuration: string
  /** Names the webhook among all: two may have the same name. */
  id: string
}

/** What dynamic admission reaches of the server. */
export type DynamicServer = Pick<ServerContext, 'registry' | 'webhooks' | 'random' | 'clock' | 'log' | 'authorize' | 'read'>

const known = new WeakMap<KubeObject, readonly Hook[]>()

/** All webhooks of a sort of configuration: configurations by name, webhooks in their order. */
export function hooksOf(read: Reader, kind: Kind): Hook[] {
  const configurations = read.list(kind as Kind<KubeObject & { webhooks?: Webhook[] }>)
  return configurations.flatMap((configuration) => {
    let hooks = known.get(configuration)
    if (hooks === undefined) {
      const name = configuration.metadata?.name ?? ''
      hooks = (configuration.webhooks ?? []).map((webhook, index) => ({
        webhook,
        configuration: name,
        id: `${name}/${webhook.name}/${index}`,
      }))
      known.set(configuration, hooks)
    }
    return hooks
  })
}

/** The version in which a webhook is to see the request; undefined: it is not to be called. Throws 403, 404. */
export async function calledIn(
  server: DynamicServer,
  { webhook }: Hook,
  subject: Subject,
  attributes: AdmissionAttributes,
  read: Reader,
): Promise<Resolved | undefined> {
  const form = matchedForm(webhook.rules, webhook.matchPolicy, subject)
  if (form === undefined || !objectMatches(webhook.objectSelector, attributes)) return undefined
  if (!(await namespaceMatches(webhook.namespaceSelector, subject, attributes, read))) return undefined
  if ((webhook.matchConditions ?? []).length === 0) return form
  const outcome = await conditionsMatch(server, webhook, form, subject, attributes)
  if (outcome.error !== undefined) {
    if (webhook.failurePolicy === 'Ignore') return undefined
    throw forbidden({ group: subject.resource.group, resource: subject.resource.resource }, subject.name, outcome.error)
  }
  return outcome.matches ? form : undefined
}

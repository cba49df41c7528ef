// MutatingAdmissionWebhook: asks the webhooks of MutatingWebhookConfigurations, one after the other; each sees what the ones before have made.
// Flow: k8s.io/apiserver/pkg/admission/plugin/webhook/mutating.
import { MutatingWebhookConfiguration } from '../../api/admissionregistration/mutatingwebhookconfiguration.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { JsonError, parseJson } from '../../apimachinery/json.ts'
import type { Kind, Resolved } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { applyJsonPatch, refusalOf } from '../../apimachinery/patch/json-patch.ts'
import { cloneJson } from '../../apimachinery/patch/json-values.ts'
import { CallFailure, callWebhook, forgive, takeRemarks } from './dynamic/call-webhook.ts'
import { calledIn, type DynamicServer, type Hook, hooksOf } from './dynamic/hooks.ts'
import { denial, type Verdict } from './dynamic/review.ts'
import { isExempt, type Subject, subjectOf } from './dynamic/subject.ts'
import { type ObjectPair, replaceObject } from './dynamic/versioned-objects.ts'
import type { AdmissionAttributes, AdmissionPlugin, Reader } from './plugin.ts'

const configurations = MutatingWebhookConfiguration as unknown as Kind
const name = 'MutatingAdmissionWebhook'

/** Who is to be asked again when the object changes after them. */
interface Reinvocation {
  /** Called so far, with reinvocationPolicy IfNeeded. */
  reinvocable: Set<string>
  /** To be called in the second round. */
  again: Set<string>
  /** What the last webhook left behind. */
  output: KubeObject | undefined
}

/** The plugin; without a server around it it admits everything. */
export function mutatingAdmissionWebhook({ server }: { server?: DynamicServer }): AdmissionPlugin {
  return {
    name,
    on: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    mutate: async (attributes, read) => {
      if (server === undefined || isExempt(attributes)) return
      const hooks = hooksOf(read, configurations)
      if (hooks.length > 0) await askAll(server, hooks, attributes, read)
    },
  }
}

async function askAll(server: DynamicServer, hooks: readonly Hook[], attributes: AdmissionAttributes, read: Reader): Promise<void> {
  const { reinvocation } = attributes
  const state = (reinvocation.states[name] ??= { reinvocable: new Set(), again: new Set(), output: undefined }) as Reinvocation
  if (reinvocation.second && !semanticEqual(state.output, attributes.object)) requireAgain(state)
  for (const [index, hook] of hooks.entries()) {
    const subject = subjectOf(attributes, server.registry)
    const form = await calledIn(server, hook, subject, attributes, read)
    if (form === undefined || (reinvocation.second && !state.again.has(hook.id))) continue
    const changed = await ask(server, hook, index, form, subject, attributes)
    if (changed) {
      requireAgain(state)
      reinvocation.wanted = true
    }
    if (hook.webhook.reinvocationPolicy === 'IfNeeded') state.reinvocable.add(hook.id)
  }
  state.output = cloneJson(attributes.object)
}

function requireAgain(state: Reinvocation): void {
  for (const id of state.reinvocable) state.again.add(id)
  state.reinvocable.clear()
}

/** Whether the webhook changed the object. */
async function ask(
  server: DynamicServer,
  hook: Hook,
  index: number,
  form: Resolved,
  subject: Subject,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  const place = `round_${attributes.reinvocation.second ? 1 : 0}_index_${index}`
  const annotate = (mutated: boolean) =>
    attributes.annotate(
      `mutation.webhook.admission.k8s.io/${place}`,
      JSON.stringify({ configuration: hook.configuration, webhook: hook.webhook.name, mutated }),
    )
  let changed = false
  try {
    const { verdict, objects } = await callWebhook(server, hook, form, subject, attributes, true)
    takeRemarks(hook, verdict, attributes)
    if (!verdict.allowed) throw denial(hook.webhook.name, verdict.result)
    changed = await applyVerdict(hook, verdict, objects, form, subject, attributes)
  } catch (error) {
    forgive(server, hook, error)
    attributes.annotate(`failed-open.mutation.webhook.admission.k8s.io/${place}`, hook.webhook.name)
  } finally {
    annotate(changed)
  }
  return changed
}

async function applyVerdict(
  { webhook }: Hook,
  { patch, patchType }: Verdict,
  { object }: ObjectPair,
  form: Resolved,
  subject: Subject,
  attributes: AdmissionAttributes,
): Promise<boolean> {
  if (patch === '') return false
  const operations = decoded(webhook.name, patch)
  if (operations.length === 0) return false
  if (object === undefined) {
    throw internal(
      `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
    )
  }
  if (patchType !== 'JSONPatch') throw new CallFailure(webhook.name, `unsupported patch type ${JSON.stringify(patchType)}`)
  const changed = patched(object, operations)
  if (semanticEqual(changed, object)) return false
  await replaceObject(form, subject, attributes, changed)
  return true
}

function decoded(webhook: string, patch: string): unknown[] {
  try {
    const operations = parseJson(patch)
    if (Array.isArray(operations)) return operations
    throw new JsonError('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new CallFailure(webhook, `received undecodable patch in webhook response: ${error.message}`)
  }
}

function patched(object: KubeObject, operations: unknown[]): unknown {
  try {
    return applyJsonPatch(cloneJson(object), operations)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw internal(refusalOf(error) ?? error.message)
  }
}

function internal(message: string): ApiError {
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } })
}

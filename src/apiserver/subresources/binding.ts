// pods/binding and bindings: the scheduler's word on where a pod runs (wire.md 48).
import type { Binding as BindingObject, Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { ApiError, badRequest, conflict, fieldErrorText } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { at, notSupported, required } from '../../apimachinery/field-errors.ts'
import { setOwn } from '../../apimachinery/json.ts'
import { draft as draftOf, type KubeObject } from '../../apimachinery/meta.ts'
import { admitMutating, admitValidating } from '../admit.ts'
import { expectedType, readBody } from '../body.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { writeOptions } from '../parameters.ts'
import { updateObject } from '../store.ts'
import { plainStrategy } from '../strategy.ts'
import { setPodCondition } from './pod-condition.ts'
import { createWrite, success, writeTo } from './request.ts'

export const podBinding: Subresource = { name: 'binding', kinds: ['pods'], verbs: ['create'], handle }
/** The old form: the pod's name is in the body. */
export const bindings: Subresource = { name: '', kinds: ['bindings'], verbs: ['create'], handle }

async function handle(request: RequestContext, server: ServerContext): Promise<Answer> {
  const { fieldValidation } = writeOptions(request.query, 'CreateOptions')
  const given = readBody(server, request, expectedType('', 'v1', 'Binding'), fieldValidation) as BindingObject
  const name = request.info.resource === 'bindings' ? (given.metadata?.name ?? '') : (request.info.parts[1] ?? '')
  if (name !== given.metadata?.name || name === '') throw badRequest('name in URL does not match name in Binding object')
  const { namespace } = request.info
  if (given.metadata.namespace && given.metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  checkBinding(given)
  const write = writeTo(createWrite(server, request), Pod, namespace, name, 'binding')
  const binding = (await admitMutating(write, 'CREATE', given as KubeObject, undefined)) as BindingObject
  await admitValidating(write, 'CREATE', binding as KubeObject, undefined)
  const strategy = plainStrategy(write.resolved.kind)
  const own = writeTo(write, Pod, namespace, name)
  const transform = (current: KubeObject | undefined): KubeObject => bound(current as PodObject, binding, server.clock.now()) as KubeObject
  await updateObject(own, transform, { strategy, skipAdmission: true, managesFields: true })
  return success()
}

function checkBinding({ target }: BindingObject): void {
  const errors = []
  if (target?.kind && target.kind !== 'Node') errors.push(notSupported(at('target', 'kind'), target.kind, ['Node', '<empty>']))
  if (!target?.name) errors.push(required(at('target', 'name')))
  // Upstream answers these with a plain error, not with Invalid.
  if (errors.length > 0) throw new ApiError('', errors.map(fieldErrorText).join(', '))
}

/** The pod as bound. Throws 409 when it cannot be bound (any more). */
function bound(pod: PodObject, { metadata, target }: BindingObject, now: number): PodObject {
  const name = pod.metadata?.name ?? ''
  const refuse = (message: string) => conflict({ group: '', resource: 'pods/binding' }, name, message)
  if (metadata?.uid && metadata.uid !== pod.metadata?.uid) {
    throw refuse(`Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata?.uid}`)
  }
  if (metadata?.resourceVersion && metadata.resourceVersion !== pod.metadata?.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${metadata.resourceVersion}, ResourceVersion in object meta: ${pod.metadata?.resourceVersion}`,
    )
  }
  if (pod.metadata?.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec?.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  const draft = draftOf(pod)
  draft.spec = { ...draft.spec!, nodeName: target.name! }
  const own = (draft.metadata ??= {})
  for (const [key, value] of Object.entries(metadata?.annotations ?? {})) setOwn((own.annotations ??= {}), key, value)
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) setOwn((own.labels ??= {}), key, value)
  draft.status = setPodCondition(draft.status, { type: 'PodScheduled', status: 'True' }, timestamp(now))
  delete draft.status.nominatedNodeName
  return draft
}

// AdmissionReview: the question for an admission webhook, and what of its answer counts. Pure.
// Words: k8s.io/apiserver/pkg/admission/plugin/webhook/request and errors.
import { ApiError, badRequest, fromStatus, type Status } from '../../../apimachinery/api-error.ts'
import { isObject } from '../../../apimachinery/json.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import type { User } from '../../authentication/user.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import type { GroupVersionKind, GroupVersionResource, Subject } from './subject.ts'
import type { ObjectPair } from './versioned-objects.ts'

/** The request of a review: also the variable `request` of expressions. */
export interface AdmissionRequest {
  uid: string
  kind: GroupVersionKind
  resource: GroupVersionResource
  subResource?: string
  requestKind: GroupVersionKind
  requestResource: GroupVersionResource
  requestSubResource?: string
  name?: string
  namespace?: string
  operation: string
  userInfo: object
  object: KubeObject | null
  oldObject: KubeObject | null
  dryRun: boolean
  options: KubeObject | null
}

export interface RequestFacts {
  uid: string
  /** As the webhook or policy asked for it. */
  kind: GroupVersionKind
  resource: GroupVersionResource
  objects: ObjectPair
}

/** What is told of a request. */
export function admissionRequest(subject: Subject, attributes: AdmissionAttributes, { uid, kind, resource, objects }: RequestFacts) {
  const { subresource, name, namespace } = subject
  const request: AdmissionRequest = {
    uid,
    kind,
    resource,
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: subject.kind,
    requestResource: subject.resource,
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation: subject.operation,
    userInfo: userInfo(attributes.user),
    object: objects.object ?? null,
    oldObject: objects.oldObject ?? null,
    dryRun: attributes.dryRun,
    options: attributes.options ?? null,
  }
  return request
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

const group = 'admission.k8s.io'
const spoken = ['v1', 'v1beta1']

/** The review in the first of the webhook's versions that this server speaks. Throws when there is none. */
export function admissionReview(versions: readonly string[], request: AdmissionRequest): KubeObject {
  const version = versions.find((name) => spoken.includes(name))
  if (version === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
  return { kind: 'AdmissionReview', apiVersion: `${group}/${version}`, request } as unknown as KubeObject
}

/** What a webhook said, checked. */
export interface Verdict {
  allowed: boolean
  /** JSON text of the patch; '' for none. */
  patch: string
  patchType: string
  result: Partial<Status> | undefined
  warnings: readonly string[]
  auditAnnotations: Readonly<Record<string, string>>
}

/** The verdict of an answer. Throws an Error for an answer that is none. */
export function verdictOf(review: KubeObject, request: AdmissionRequest, answer: unknown, mutating: boolean): Verdict {
  const fields = isObject(answer) ? answer : {}
  const { response } = fields
  if (!isObject(response)) throw new Error('webhook response was absent')
  const strict = review.apiVersion === `${group}/v1`
  if (strict) {
    const uid = typeof response['uid'] === 'string' ? response['uid'] : ''
    if (uid !== request.uid) throw new Error(`expected response.uid=${JSON.stringify(request.uid)}, got ${JSON.stringify(uid)}`)
    const given = `${String(fields['apiVersion'] ?? '')}, Kind=${String(fields['kind'] ?? '')}`
    const wanted = `${review.apiVersion}, Kind=${review.kind}`
    if (given !== wanted) throw new Error(`expected webhook response of ${wanted}, got ${given}`)
  }
  const patch = typeof response['patch'] === 'string' ? Buffer.from(response['patch'], 'base64').toString() : ''
  const patchType = typeof response['patchType'] === 'string' ? response['patchType'] : ''
  if (strict) checkPatch(patch, patchType, mutating)
  const annotations = isObject(response['auditAnnotations']) ? response['auditAnnotations'] : {}
  return {
    allowed: response['allowed'] === true,
    patch: mutating ? patch : '',
    patchType: strict ? patchType : 'JSONPatch',
    result: isObject(response['status']) ? (response['status'] as Partial<Status>) : undefined,
    warnings: Array.isArray(response['warnings']) ? response['warnings'].filter((one) => typeof one === 'string') : [],
    auditAnnotations: Object.fromEntries(
      Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  }
}

function checkPatch(patch: string, patchType: string, mutating: boolean): void {
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch')
    if (patchType !== '') throw new Error('validating webhook may not return response.patchType')
    return
  }
  if (patch !== '' && patchType === '') throw new Error('webhook returned response.patch but not response.patchType')
  if (patch === '' && patchType !== '') throw new Error('webhook returned response.patchType but not response.patch')
}

/** What the client is told of a refusal. */
export function denial(webhook: string, result: Partial<Status> = {}): ApiError {
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const code = typeof result.code === 'number' && result.code >= 400 ? result.code : 400
  const text = result.message || result.reason
  return fromStatus({ ...result, status: 'Failure', message: text ? `${by}: ${text}` : `${by} without explanation`, code }, code)
}

/** A dry run may not call a webhook that has side effects. */
export function dryRunUnsupported(webhook: string): ApiError {
  return badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`)
}

/** 500 of a webhook that could not be called. */
export function callFailure(webhook: string, reason: string): ApiError {
  const message = `failed calling webhook ${JSON.stringify(webhook)}: ${reason}`
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { details: { causes: [{ message }] } })
}

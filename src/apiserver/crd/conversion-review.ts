// ConversionReview: the question for a conversion webhook, and what of its answer is acceptable. Pure.
// Rules and words: k8s.io/apiextensions-apiserver/pkg/apiserver/conversion webhook_converter.go.
import { fieldErrorText } from '../../apimachinery/api-error.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { isObject } from '../../apimachinery/json.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { validateAnnotations, validateLabels } from '../../apimachinery/object-meta.ts'
import { cloneJson } from '../../apimachinery/patch/json-values.ts'

type Fields = Record<string, unknown>

const group = 'apiextensions.k8s.io'
const supported = ['v1', 'v1beta1']

export interface ConversionRequest {
  objects: readonly KubeObject[]
  desiredAPIVersion: string
  uid: string
}

/** The review in the first of the webhook's versions that this server speaks. Throws when there is none. */
export function conversionReview(versions: readonly string[], { uid, desiredAPIVersion, objects }: ConversionRequest): KubeObject {
  const version = versions.find((name) => supported.includes(name))
  if (version === undefined) throw new Error('no supported conversion review versions')
  return { kind: 'ConversionReview', apiVersion: `${group}/${version}`, request: { uid, desiredAPIVersion, objects } } as KubeObject
}

/** The objects that the webhook gave back, each with its original's metadata. Throws an Error in upstream's words. */
export function convertedObjects(review: KubeObject, request: ConversionRequest, answer: unknown): KubeObject[] {
  const { objects } = request
  const many = objects.length > 1
  const subject = `conversion webhook for ${kindText(objects[0]!)}${many ? 'List' : ''}`
  const answered = about(`${subject} failed: `, () => answerObjects(review, request, answer))
  if (answered.length !== objects.length) throw new Error(`${subject} returned ${answered.length} objects, expected ${objects.length}`)
  return objects.map((original, index) => {
    const converted = answered[index]
    const place = many ? `converted object at index ${index}` : 'object'
    about(`${subject} returned invalid ${many ? place : 'object at index 0'}: `, () => checkType(original, converted, request))
    about(`${subject} returned invalid ${place}: `, () => checkIdentity(original, converted as Fields))
    const restored = many ? `invalid metadata in object at index ${index}` : 'invalid metadata'
    return about(`${subject} returned ${restored}: `, () => withMetadata(original, converted as Fields))
  })
}

function about<T>(prefix: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw new Error(`${prefix}${error instanceof Error ? error.message : String(error)}`)
  }
}

/** `group/version, Kind=Name`, as upstream prints kinds. */
function kindText({ apiVersion = '', kind = '' }: { apiVersion?: unknown; kind?: unknown }): string {
  return `${String(apiVersion)}, Kind=${String(kind)}`
}

function answerObjects(review: KubeObject, { uid }: ConversionRequest, answer: unknown): unknown[] {
  const fields = isObject(answer) ? answer : {}
  const strict = review.apiVersion === `${group}/v1`
  if (strict && kindText(fields) !== kindText(review)) {
    throw new Error(`expected webhook response of ${kindText(review)}, got ${kindText(fields)}`)
  }
  const { response } = fields
  if (!isObject(response)) throw new Error('no response provided')
  if (strict && response['uid'] !== uid) {
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`)
  }
  const result = isObject(response['result']) ? response['result'] : {}
  if (result['status'] !== 'Success') {
    if (typeof result['message'] === 'string' && result['message'] !== '') throw new Error(result['message'])
    throw new Error(`response.result.status was '${String(result['status'] ?? '')}', not 'Success'`)
  }
  const { convertedObjects: converted } = response
  return Array.isArray(converted) ? converted : []
}

function checkType(original: KubeObject, converted: unknown, { desiredAPIVersion }: ConversionRequest): void {
  if (!isObject(converted)) throw new Error("Object 'Kind' is missing")
  const { apiVersion, kind } = converted
  if (apiVersion !== desiredAPIVersion) {
    throw new Error(`invalid groupVersion (expected ${desiredAPIVersion}, received ${String(apiVersion ?? '')})`)
  }
  if (kind !== original.kind) throw new Error(`invalid kind (expected ${original.kind}, received ${String(kind ?? '')})`)
}

const identity = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

function checkIdentity({ metadata = {} }: KubeObject, { metadata: converted }: Fields): void {
  const other = isObject(converted) ? converted : {}
  for (const [field, word] of identity) {
    const [before, after] = [String(metadata[field] ?? ''), String(other[field] ?? '')]
    if (before !== after) throw new Error(`must have the same ${word}: ${before} != ${after}`)
  }
}

/** Only labels and annotations may differ from the original's metadata. */
function withMetadata(original: KubeObject, converted: Fields): KubeObject {
  const given = converted['metadata']
  if (given === undefined) throw new Error('missing metadata in converted object')
  if (!isObject(given)) throw new Error(`invalid metadata of type ${goType(given)} in converted object`)
  const metadata: Fields = { ...(cloneJson(original.metadata ?? {}) as Fields) }
  for (const field of ['labels', 'annotations']) {
    const map = given[field]
    if (map === undefined || map === null) delete metadata[field]
    else metadata[field] = checkedMap(field, map)
  }
  const { kind, apiVersion } = converted
  const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = converted
  return { kind, apiVersion, metadata, ...rest } as KubeObject
}

function checkedMap(field: string, map: unknown): Record<string, string> {
  if (!isObject(map)) throw new Error(`invalid metadata.${field} of type ${goType(map)} in converted object`)
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string') {
      throw new Error(`metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`)
    }
  }
  const texts = map as Record<string, string>
  const errors =
    field === 'labels' ? validateLabels(texts, at('metadata', 'labels')) : validateAnnotations(texts, at('metadata', 'annotation'))
  if (errors.length === 0) return texts
  const lines = errors.map(fieldErrorText)
  throw new Error(lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`)
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int64'
  return typeof value === 'number' ? 'float64' : 'map[string]interface {}'
}

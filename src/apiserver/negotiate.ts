// Which form of answer an Accept header asks for, and which form a body comes in. Pure.
// Rules: k8s.io/apiserver/pkg/endpoints/handlers/negotiation. Answers are JSON or YAML; bodies may be protobuf too (wire.md B1).
import { ApiError } from '../apimachinery/api-error.ts'
import type { View } from './context.ts'

const jsonType = 'application/json'
const yamlType = 'application/yaml'
export const protobufType = 'application/vnd.kubernetes.protobuf'

/** Content types of patch bodies, in the order of the 415 message. */
export const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const
export type PatchType = (typeof patchTypes)[keyof typeof patchTypes]

export type BodyEncoding = 'json' | 'yaml' | 'protobuf'

/** One clause of an Accept header. */
export interface AcceptClause {
  type: string
  subtype: string
  params: Readonly<Record<string, string>>
  quality: number
}

/** The clauses of an Accept header, best first. */
export function acceptClauses(header: string): AcceptClause[] {
  const clauses = header
    .split(',')
    .slice(0, 64)
    .map(acceptClause)
    .filter((clause) => clause !== undefined)
  return clauses.sort((a, b) => b.quality - a.quality)
}

function acceptClause(text: string): AcceptClause | undefined {
  const [media = '', ...rest] = text.split(';')
  const [type = '', subtype = type.trim() === '*' ? '*' : ''] = media.trim().toLowerCase().split('/')
  if (type === '' || subtype === '') return undefined
  const params: Record<string, string> = {}
  let quality = 1
  for (const param of rest) {
    const equals = param.indexOf('=')
    if (equals < 0) continue
    const name = param.slice(0, equals).trim()
    const value = param.slice(equals + 1).trim()
    if (name === 'q') quality = Number.parseFloat(value) || 0
    else if (name !== '__proto__') params[name] = value
  }
  return { type, subtype, params, quality }
}

const metaGroup = 'meta.k8s.io'
const transforms = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']

/**
 * The view that an Accept header asks for. `allowTransform`: the endpoint can answer with Tables and PartialObjectMetadata (errors cannot).
 * Throws 406 when nothing fits.
 */
export function negotiateView(accept: string | undefined, pretty: boolean, allowTransform: boolean): View {
  if (accept === undefined || accept.trim() === '') return { encoding: 'json', pretty, contentType: jsonType }
  for (const clause of acceptClauses(accept)) {
    const encoding = encodingOf(clause)
    if (encoding === undefined) continue
    const { as, g, v, stream } = clause.params
    if (stream !== undefined && stream !== '' && stream !== 'watch') continue
    if (clause.params['sv']) continue
    const contentType = encoding === 'json' ? jsonType : yamlType
    const view: View = { encoding, pretty: pretty || clause.params['pretty'] === '1', contentType }
    if (as === undefined && g === undefined && v === undefined) return view
    if (!allowTransform || g !== metaGroup || (v !== 'v1' && v !== 'v1beta1') || as === undefined || !transforms.includes(as)) continue
    return { ...view, as: as as NonNullable<View['as']>, asVersion: v }
  }
  throw new ApiError('NotAcceptable', `only the following media types are accepted: ${jsonType}, ${yamlType}`)
}

function encodingOf({ type, subtype }: AcceptClause): 'json' | 'yaml' | undefined {
  if ((type === '*' && subtype === '*') || (type === 'application' && (subtype === '*' || subtype === 'json'))) return 'json'
  return type === 'application' && subtype === 'yaml' ? 'yaml' : undefined
}

/** `?pretty=`, or a client that is a human with curl, wget or a browser. */
export function wantsPretty(query: URLSearchParams, userAgent: string): boolean {
  const asked = query.get('pretty')
  if (asked !== null && asked !== '') return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(asked)
  return /^(curl|Wget|Mozilla\/5\.0)/.test(userAgent)
}

/** The encoding of a body. A missing Content-Type means JSON; custom resources take no protobuf. Throws 415. */
export function bodyEncoding(contentType: string | undefined, custom: boolean): BodyEncoding {
  const media = mediaType(contentType)
  if (media === '' || media === jsonType) return 'json'
  if (media === yamlType) return 'yaml'
  if (media === protobufType && !custom) return 'protobuf'
  throw unsupportedMediaType([jsonType, yamlType, ...(custom ? [] : [protobufType])])
}

/** The kind of a patch. Strategic merge does not exist for custom resources. Throws 415 with the list of what is accepted. */
export function patchType(contentType: string | undefined, custom: boolean): PatchType {
  const accepted = Object.keys(patchTypes).filter((type) => !custom || patchTypes[type as keyof typeof patchTypes] !== 'strategic')
  const media = mediaType(contentType)
  if (!accepted.includes(media)) throw unsupportedMediaType(accepted)
  return patchTypes[media as keyof typeof patchTypes]
}

/** The media type of a Content-Type header, without parameters; '' when there is none. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]!.trim().toLowerCase()
}

function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )
}

// Strategy and validation of CertificateSigningRequests. Words: pkg/apis/certificates upstream.
import type {
  CertificateSigningRequestCondition as Condition,
  CertificateSigningRequest as Csr,
} from '../../../openapi/types/certificates/v1.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import type { WriteContext } from '../../apimachinery/kind.ts'
import { validateSignerName } from '../shared/validate-signer-name.ts'

const legacySigner = 'kubernetes.io/legacy-unknown'
const minSeconds = 600
const finalTypes = ['Approved', 'Denied', 'Failed']
const approvalTypes = ['Approved', 'Denied']

/** All key usages, sorted. */
export const keyUsages: readonly string[] = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

/** Who asks is what the server knows, not what the client says. */
export function recordRequestor(csr: Csr, context: WriteContext): void {
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = csr.spec
  csr.spec = {
    ...spec,
    username: context.userName,
    ...(context.userUid ? { uid: context.userUid } : {}),
    ...(context.userGroups?.length ? { groups: [...context.userGroups] } : {}),
    ...(Object.keys(context.userExtra ?? {}).length > 0
      ? { extra: structuredClone({ ...context.userExtra }) as Csr['spec']['extra'] }
      : {}),
  }
}

/** The spec never changes; approval conditions change at /approval only, and that changes nothing else of the status. */
export function prepareCsrUpdate(csr: Csr, old: Csr, { subresource, now }: WriteContext): void {
  csr.spec = old.spec
  if (subresource === undefined) return
  if (subresource === 'status') keepApprovals(csr, old)
  setConditionTimes(csr, old, timestamp(now))
  if (subresource === 'approval') csr.status = { ...old.status, ...(csr.status?.conditions ? { conditions: csr.status.conditions } : {}) }
}

function keepApprovals(csr: Csr, old: Csr): void {
  for (const type of approvalTypes) {
    const before = conditionsOf(old, type)
    if (before.length !== conditionsOf(csr, type).length) continue
    let next = 0
    csr.status = {
      ...csr.status,
      conditions: (csr.status?.conditions ?? []).map((each) => (each.type === type ? (before[next++] ?? each) : each)),
    }
  }
}

function setConditionTimes(csr: Csr, old: Csr, now: string): void {
  for (const condition of csr.status?.conditions ?? []) {
    condition.lastUpdateTime ??= now
    const same = old.status?.conditions?.find(({ type, status }) => type === condition.type && status === condition.status)
    condition.lastTransitionTime ??= same?.lastTransitionTime ?? now
  }
}

function conditionsOf(csr: Csr, type: string): Condition[] {
  return (csr.status?.conditions ?? []).filter((condition) => condition.type === type)
}

/** Rules of a request, new or changed. */
export function csrErrors({ spec }: Csr): FieldError[] {
  const path = at('spec')
  const { request = '', usages = [], signerName = '', expirationSeconds } = spec ?? {}
  const errors: FieldError[] = []
  if (!isPemRequest(request)) errors.push(invalidValue(path.child('request'), request, 'PEM block type must be CERTIFICATE REQUEST'))
  if (usages.length === 0) errors.push(required(path.child('usages')))
  for (const [index, usage] of usages.entries()) {
    if (!keyUsages.includes(usage)) errors.push(notSupported(path.child('usages').index(index), usage, keyUsages))
  }
  for (const [index, usage] of usages.entries()) {
    if (usages.indexOf(usage) < index) errors.push(duplicate(path.child('usages').index(index), usage))
  }
  if (signerName === legacySigner) {
    errors.push(invalidValue(path.child('signerName'), signerName, 'the legacy signerName is not allowed via this API version'))
  } else {
    errors.push(...validateSignerName(signerName, path.child('signerName')))
  }
  if (expirationSeconds !== undefined && expirationSeconds < minSeconds) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)'
    errors.push(invalidValue(path.child('expirationSeconds'), expirationSeconds, detail))
  }
  return errors
}

/** `request` is base64 of PEM; its inside is parsed by the signer. */
function isPemRequest(request: string): boolean {
  try {
    return /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(atob(request))
  } catch {
    return false
  }
}

/** Rules of a write to /status: a certificate once, no approvals. */
export function csrStatusErrors(csr: Csr, old: Csr): FieldError[] {
  const errors = [...conditionErrors(csr), ...removedErrors(csr, old)]
  const path = at('status', 'conditions')
  for (const type of approvalTypes) {
    const before = conditionsOf(old, type)
    const now = conditionsOf(csr, type)
    if (now.length > before.length) errors.push(forbiddenField(path, `updates may not add a condition of type "${type}"`))
    else if (now.length === before.length && !semanticEqual(now, before)) {
      errors.push(forbiddenField(path, `updates may not modify a condition of type "${type}"`))
    }
  }
  const certificate = old.status?.certificate
  if (certificate && certificate !== csr.status?.certificate) {
    errors.push(forbiddenField(at('status', 'certificate'), 'updates may not modify existing certificate content'))
  }
  return errors
}

/** Rules of a write to /approval. */
export function csrApprovalErrors(csr: Csr, old: Csr): FieldError[] {
  return [...conditionErrors(csr), ...removedErrors(csr, old)]
}

function removedErrors(csr: Csr, old: Csr): FieldError[] {
  return finalTypes
    .filter((type) => conditionsOf(csr, type).length < conditionsOf(old, type).length)
    .map((type) => forbiddenField(at('status', 'conditions'), `updates may not remove a condition of type "${type}"`))
}

function conditionErrors({ status }: Csr): FieldError[] {
  const path = at('status', 'conditions')
  const conditions = status?.conditions ?? []
  const errors: FieldError[] = []
  for (const [index, { type, status: value }] of conditions.entries()) {
    const where = path.index(index)
    const earlier = conditions.slice(0, index).map((condition) => condition.type)
    if (!type) errors.push(required(where.child('type')))
    const allowed = finalTypes.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (!value) errors.push(required(where.child('status')))
    else if (!allowed.includes(value)) errors.push(notSupported(where.child('status'), value, allowed))
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (opposite !== undefined && earlier.includes(opposite)) {
      errors.push(invalidValue(path, type, 'Approved and Denied conditions are mutually exclusive'))
    }
    if (earlier.includes(type)) errors.push(duplicate(where.child('type'), type))
  }
  return errors
}

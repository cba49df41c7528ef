// CertificateSigningRequest: asks a signer for an X.509 certificate.
import type { CertificateSigningRequest as CertificateSigningRequestObject } from '../../../openapi/types/certificates/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn, humanDuration } from '../shared/columns.ts'
import { csrErrors, csrStatusErrors, prepareCsrUpdate, recordRequestor } from './csr-rules.ts'

export const CertificateSigningRequest = defineKind<CertificateSigningRequestObject>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  resource: 'certificatesigningrequests',
  shortNames: ['csr'],
  scope: 'Cluster',
  served: [retired('io.k8s.api.certificates', 'certificates.k8s.io', 'v1beta1', 'CertificateSigningRequest', ['1.19', '1.22'])],
  nameRule: 'path-segment',
  subresources: { status: true, others: ['approval'] },
  selectableFields: { 'spec.signerName': (csr) => csr.spec?.signerName ?? '' },
  prepareForCreate: recordRequestor,
  prepareForUpdate: prepareCsrUpdate,
  validate: csrErrors,
  validateStatusUpdate: csrStatusErrors,
  columns: [
    ageColumn,
    { name: 'SignerName', description: 'Who is to sign.', value: (csr) => csr.spec?.signerName || '<none>' },
    { name: 'Requestor', description: 'The user who asks.', value: (csr) => csr.spec?.username ?? '' },
    { name: 'RequestedDuration', description: 'The lifetime asked for.', value: requestedDuration },
    { name: 'Condition', description: 'The state of the request.', value: csrState },
  ],
})

function requestedDuration(csr: CertificateSigningRequestObject): string {
  const seconds = csr.spec?.expirationSeconds
  return seconds === undefined ? '<none>' : humanDuration(seconds * 1000)
}

/** `Pending`, `Approved`, `Denied`, with `,Failed` and `,Issued` behind. */
export function csrState(csr: CertificateSigningRequestObject): string {
  const has = (type: string): boolean => csr.status?.conditions?.some((condition) => condition.type === type) ?? false
  let state = 'Pending'
  if (has('Denied')) state = 'Denied'
  else if (has('Approved')) state = 'Approved'
  if (has('Failed')) state += ',Failed'
  if (csr.status?.certificate) state += ',Issued'
  return state
}

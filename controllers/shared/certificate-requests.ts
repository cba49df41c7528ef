// What the controllers of certificate requests share: state of a request, and the rules of the cluster's own signers.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
import type { CertificateSigningRequest as Csr } from '../../openapi/types/certificates/v1.ts'
import { base64Decode } from '../../src/apimachinery/base64.ts'

/** Subject and names that a request asks for. */
export interface RequestedCertificate {
  commonName: string
  organizations: readonly string[]
  dnsNames: readonly string[]
  ipAddresses: readonly string[]
  emailAddresses: readonly string[]
  uris: readonly string[]
}

/** What the controllers need of X.509: the port `certificates`. Texts are PEM. */
export interface CertificatesPort {
  /** Throws in upstream's words when the text is no request or is not signed by its key. */
  readRequest(request: string): RequestedCertificate
  /** Whether there is an authority for this signer. */
  signs(signerName: string): boolean
  sign(order: { signerName: string; request: string; usages: readonly string[]; durationMs: number; now: number }): string
  /** When a certificate ends, in milliseconds since the epoch; undefined when the text is no certificate. */
  notAfter(certificate: string): number | undefined
}

export const signers = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

export function hasCondition(csr: Csr, type: string): boolean {
  return csr.status?.conditions?.some((condition) => condition.type === type) ?? false
}

/** The text of `spec.request` or `status.certificate`. */
export function pemOf(base64: string | undefined): string {
  return new TextDecoder('latin1').decode(base64Decode(base64 ?? ''))
}

/** Why a signer of the cluster refuses a request; undefined when it does not. `recognized` is false for signers of others. */
export function signerRefusal(
  signerName: string,
  request: RequestedCertificate,
  usages: readonly string[],
): { recognized: boolean; refusal?: string | undefined } {
  switch (signerName) {
    case signers.client:
      return { recognized: true, refusal: clientRefusal(usages) }
    case signers.kubeletClient:
      return { recognized: true, refusal: kubeletClientRefusal(request, usages) }
    case signers.kubeletServing:
      return { recognized: true, refusal: kubeletServingRefusal(request, usages) }
    case signers.legacyUnknown:
      return { recognized: true }
    default:
      return { recognized: false }
  }
}

function clientRefusal(usages: readonly string[]): string | undefined {
  const wrong = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage))
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

/** Why this is no request of a kubelet for its client certificate. */
export function kubeletClientRefusal(request: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!isNodeName(request)) return 'subject common name does not begin with system:node:'
  return usagesRefusal(usages, ['client auth', 'digital signature', 'key encipherment'])
}

function kubeletServingRefusal(request: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length + request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  const refusal = usagesRefusal(usages, ['digital signature', 'key encipherment', 'server auth'])
  if (refusal !== undefined) return refusal
  return isNodeName(request) ? undefined : 'subject common name does not begin with system:node:'
}

/** Exactly `wanted`; keys that cannot encipher keys go without that usage. */
function usagesRefusal(usages: readonly string[], wanted: readonly string[]): string | undefined {
  const asked = [...new Set(usages)].sort().join()
  const fits = asked === wanted.join() || asked === wanted.filter((usage) => usage !== 'key encipherment').join()
  return fits ? undefined : `usages did not match [${wanted.join(' ')}]`
}

function isOfNodes({ organizations }: RequestedCertificate): boolean {
  return organizations.length === 1 && organizations[0] === 'system:nodes'
}

function isNodeName({ commonName }: RequestedCertificate): boolean {
  return commonName.startsWith('system:node:')
}

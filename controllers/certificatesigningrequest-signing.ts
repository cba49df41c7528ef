// Signs approved certificate requests of the cluster's own signers.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#signer-control-plane
import type { CertificateSigningRequest as Csr } from '../openapi/types/certificates/v1.ts'
import { CertificateSigningRequest } from '../src/api/certificates/certificatesigningrequest.ts'
import { base64Encode } from '../src/apimachinery/base64.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, status } from '../src/controller/plan.ts'
import { type CertificatesPort, hasCondition, pemOf, signerRefusal } from './shared/certificate-requests.ts'

const shortestMs = 10 * 60_000

export const certificatesigningrequestSigning = defineController({
  name: 'certificatesigningrequest-signing',
  for: CertificateSigningRequest,
  reads: {},
  needs: ['certificates'],
  /** The longest life of a certificate, which is also that of a request without a wish; upstream's --cluster-signing-duration. */
  options: { clusterSigningDurationMs: 365 * 86_400_000 },
  reconcile(csr, _reads, { now, options, ports }) {
    const certificates = ports['certificates'] as CertificatesPort
    const { signerName = '', usages = [], expirationSeconds } = csr.spec ?? {}
    if (csr.status?.certificate || csr.metadata?.deletionTimestamp !== undefined) return nothing
    if (!hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied') || hasCondition(csr, 'Failed')) return nothing
    if (!certificates.signs(signerName)) return nothing
    const request = pemOf(csr.spec?.request)
    const { recognized, refusal } = signerRefusal(signerName, certificates.readRequest(request), usages)
    if (!recognized) return nothing
    if (refusal !== undefined) return plan(status(CertificateSigningRequest, csr, failed(csr, refusal, now)))
    const durationMs = grantedMs(expirationSeconds, Number(options['clusterSigningDurationMs']))
    const signed = certificates.sign({ signerName, request, usages, durationMs, now })
    return plan(status(CertificateSigningRequest, csr, { ...csr.status, certificate: base64Encode(new TextEncoder().encode(signed)) }))
  },
})

/** The wish, but no longer than the signer's own term and no shorter than ten minutes. */
export function grantedMs(expirationSeconds: number | undefined, longestMs: number): number {
  if (expirationSeconds === undefined) return longestMs
  const wishedMs = expirationSeconds * 1000
  return wishedMs > longestMs ? longestMs : Math.max(wishedMs, shortestMs)
}

function failed(csr: Csr, message: string, now: number): Csr['status'] {
  const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime: timestamp(now) }
  return { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] }
}

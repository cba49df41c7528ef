// Approves client certificates that kubelets ask for, when the requestor may: a new node its first one, a node its next one.
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#approval
import type { SubjectAccessReviewSpec } from '../openapi/types/authorization/v1.ts'
import type { CertificateSigningRequest as Csr } from '../openapi/types/certificates/v1.ts'
import { CertificateSigningRequest } from '../src/api/certificates/certificatesigningrequest.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, requeueAfter, update } from '../src/controller/plan.ts'
import {
  type CertificatesPort,
  hasCondition,
  kubeletClientRefusal,
  pemOf,
  type RequestedCertificate,
  signers,
} from './shared/certificate-requests.ts'

/** Asks the API server whether somebody may do something: the port `accessReview`. */
export type AccessReview = (spec: SubjectAccessReviewSpec) => Promise<boolean>

/** Kinds of request, and the subresource of certificatesigningrequests that one must be allowed to create. */
const recognizers = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: (csr: Csr, request: RequestedCertificate) => csr.spec?.username === request.commonName && isNodeClient(csr, request),
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: isNodeClient,
  },
] as const

/** Pauses before asking again after a "no": rights may be given later. */
const firstPauseMs = 200
const longestPauseMs = 1000_000

export const certificatesigningrequestApproving = defineController({
  name: 'certificatesigningrequest-approving',
  for: CertificateSigningRequest,
  reads: {},
  needs: ['certificates', 'accessReview'],
  async reconcile(csr, _reads, { key, memory, ports }) {
    if (csr.status?.certificate || hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied')) {
      memory.delete(key)
      return nothing
    }
    if (csr.metadata?.deletionTimestamp !== undefined) return nothing
    const request = (ports['certificates'] as CertificatesPort).readRequest(pemOf(csr.spec?.request))
    const tried = recognizers.filter(({ recognizes }) => recognizes(csr, request))
    for (const { subresource, message } of tried) {
      if (!(await (ports['accessReview'] as AccessReview)(review(csr, subresource)))) continue
      memory.delete(key)
      const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message }
      const conditions = [...(csr.status?.conditions ?? []), approved]
      return plan(update(CertificateSigningRequest, { ...csr, status: { ...csr.status, conditions } }, 'approval'))
    }
    if (tried.length === 0) return nothing
    const pauseMs = Math.min(Number(memory.get(key) ?? firstPauseMs), longestPauseMs)
    memory.set(key, pauseMs * 2)
    return plan(requeueAfter(pauseMs))
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

function isNodeClient(csr: Csr, request: RequestedCertificate): boolean {
  return csr.spec?.signerName === signers.kubeletClient && kubeletClientRefusal(request, csr.spec.usages ?? []) === undefined
}

function review({ spec }: Csr, subresource: string): SubjectAccessReviewSpec {
  return {
    user: spec?.username ?? '',
    ...(spec?.uid === undefined ? {} : { uid: spec.uid }),
    groups: [...(spec?.groups ?? [])],
    extra: { ...spec?.extra },
    resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource },
  } as SubjectAccessReviewSpec
}

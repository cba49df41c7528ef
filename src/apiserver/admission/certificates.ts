// CertificateApproval, CertificateSigning, CertificateSubjectRestriction: who may approve and sign for a signer, and which subjects none may ask for.
import type { CertificateSigningRequest } from '../../../openapi/types/certificates/v1.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import { parseCertificateRequest } from '../../pki/certificate-request.ts'
import type { User } from '../authentication/user.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { isFor, objectAs, oldObjectAs, refuse } from './refuse.ts'

/** Whether a user may `approve` or `sign` for a signer (resource `signers` of certificates.k8s.io). */
export type SignerAuthorization = (user: User, verb: 'approve' | 'sign', signerName: string) => boolean | Promise<boolean>

const resource = 'certificatesigningrequests.certificates.k8s.io'
const clientSigner = 'kubernetes.io/kube-apiserver-client'

export function certificateApproval(mayUse: SignerAuthorization): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    on: ['UPDATE'],
    validate: async (attributes) => {
      if (!isFor(attributes, resource, 'approval')) return
      const signer = oldObjectAs<CertificateSigningRequest>(attributes)?.spec?.signerName ?? ''
      if (await mayUse(attributes.user, 'approve', signer)) return
      throw refuse(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`)
    },
  }
}

export function certificateSigning(mayUse: SignerAuthorization): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    on: ['UPDATE'],
    validate: async (attributes) => {
      if (!isFor(attributes, resource, 'status')) return
      const old = oldObjectAs<CertificateSigningRequest>(attributes)
      const { status } = objectAs<CertificateSigningRequest>(attributes)
      if (old?.status?.certificate === status?.certificate && semanticDeepEqual(old?.status?.conditions, status?.conditions)) return
      const signer = old?.spec?.signerName ?? ''
      if (await mayUse(attributes.user, 'sign', signer)) return
      throw refuse(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`)
    },
  }
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  on: ['CREATE'],
  validate: (attributes) => {
    if (!isFor(attributes, resource)) return
    const { spec } = objectAs<CertificateSigningRequest>(attributes)
    if (spec?.signerName !== clientSigner) return
    let organizations: readonly string[]
    try {
      organizations = parseCertificateRequest(Buffer.from(spec.request ?? '', 'base64').toString('latin1')).organizations
    } catch (error) {
      throw refuse(attributes, `failed to parse CSR: ${(error as Error).message}`)
    }
    if (organizations.includes('system:masters')) {
      throw refuse(attributes, `use of ${clientSigner} signer with system:masters group is not allowed`)
    }
  },
}

// The signers' keys, read from their files whenever they are used: authorities may be replaced while the manager runs.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CertificatesPort } from '../../controllers/shared/certificate-requests.ts'
import { type CertificateAuthority, loadCertificateAuthority } from '../pki/certificate.ts'
import { parseCertificateRequest } from '../pki/certificate-request.ts'
import { signingValidity, signRequest } from '../pki/sign-request.ts'

/** The port `certificates` over authorities by signer name; `authorityOf` gives undefined for a signer without one. */
export function certificatesPort(
  authorityOf: (signerName: string) => CertificateAuthority | undefined,
  hasAuthority: (signerName: string) => boolean = (name) => authorityOf(name) !== undefined,
): CertificatesPort {
  return {
    readRequest: parseCertificateRequest,
    signs: hasAuthority,
    sign: ({ signerName, request, usages, durationMs, now }) => {
      const ca = authorityOf(signerName)
      if (ca === undefined) throw new Error(`no authority for signer ${JSON.stringify(signerName)}`)
      const validity = signingValidity(now, durationMs, Date.parse(ca.certificate.validTo))
      return signRequest({ ca, request: parseCertificateRequest(request), usages, ...validity })
    },
    notAfter: (certificate) => {
      try {
        return Date.parse(new X509Certificate(certificate).validTo)
      } catch {
        return undefined
      }
    },
  }
}

/** Certificate and key file by signer name. */
export type SignerFiles = Readonly<Record<string, { cert: string; key: string }>>

/** The port over files. Each is read once here, so that a mistake is told at start. */
export function certificatesPortOfFiles(files: SignerFiles): CertificatesPort {
  const load = (name: string): CertificateAuthority | undefined => {
    const pair = Object.hasOwn(files, name) ? files[name] : undefined
    return pair === undefined ? undefined : loadCertificateAuthority(readFileSync(pair.cert, 'utf8'), readFileSync(pair.key, 'utf8'))
  }
  for (const name of Object.keys(files)) load(name)
  return certificatesPort(load, (name) => Object.hasOwn(files, name))
}

// The certificates that clients show: TLS has verified them against all authorities that the server knows; here it is told which of them
// signed, since an authority of proxies says nothing about users, nor the other way round.
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { decodePem, encodePem } from '../pki/pem.ts'
import type { Credentials } from './authentication/user.ts'

type Certificates = Pick<Credentials, 'certificate' | 'proxyCertificate'>

const nobody: Certificates = {}
/** Intermediates between a certificate and its authority. */
const maxChain = 8

/** Reads the certificate of a request's connection. A connection's does not change (no renegotiation), and reading it costs more than a GET. */
export function certificateReader(
  authorities: { clientCa?: string; requestHeaderCa?: string } = {},
): (raw: IncomingMessage) => Certificates {
  const known = new WeakMap<TLSSocket, Certificates>()
  const { clientCa, requestHeaderCa } = authorities
  const users = requestHeaderCa === undefined ? undefined : certificatesOf(clientCa ?? '')
  const proxies = certificatesOf(requestHeaderCa ?? '')
  return ({ socket }) => {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return nobody
    let found = known.get(socket)
    if (found === undefined) known.set(socket, (found = read(socket, users, proxies)))
    return found
  }
}

/** Every certificate of a PEM text. */
export function certificatesOf(pem: string): X509Certificate[] {
  return decodePem(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ label, der }) => new X509Certificate(encodePem(label, der)))
}

function read(socket: TLSSocket, users: readonly X509Certificate[] | undefined, proxies: readonly X509Certificate[]): Certificates {
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  const { CN, O } = (subject ?? {}) as { CN?: string | string[]; O?: string | string[] }
  if (CN === undefined) return nobody
  const shown = { commonName: [CN].flat()[0]!, organizations: [O ?? []].flat(), fingerprint256 }
  if (users === undefined) return { certificate: shown }
  const leaf = socket.getPeerX509Certificate()
  return {
    ...(isSignedBy(leaf, users) ? { certificate: shown } : {}),
    ...(isSignedBy(leaf, proxies) ? { proxyCertificate: { commonName: shown.commonName } } : {}),
  }
}

/** True when the chain that the client sent leads to one of the authorities. Validity and usage are TLS's affair. */
function isSignedBy(leaf: X509Certificate | undefined, authorities: readonly X509Certificate[]): boolean {
  let current = leaf
  for (let i = 0; i < maxChain && current !== undefined; i++) {
    const certificate = current
    if (authorities.some((authority) => authority.ca && isIssuedBy(certificate, authority))) return true
    const issuer: X509Certificate | undefined = certificate.issuerCertificate
    current = issuer?.ca === true && isIssuedBy(certificate, issuer) ? issuer : undefined
  }
  return false
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
}

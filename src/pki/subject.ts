// Reads who a certificate was issued to.
import { X509Certificate } from 'node:crypto'
import { children, readNode } from './der.ts'
import { decodeName, type Subject } from './names.ts'

export type { Subject } from './names.ts'

/** CN and O of a certificate (PEM, DER or parsed). Throws when it is no certificate. */
export function certificateSubject(certificate: X509Certificate | string | Buffer): Subject {
  const parsed = certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate)
  const [body] = children(readNode(parsed.raw))
  const fields = body === undefined ? [] : children(body)
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4]
  if (subject === undefined) throw new Error('x509: malformed certificate')
  return decodeName(subject)
}

// PKCS#10 certificate signing requests (RFC 2986): made by kubelets, read by admission and by the signers.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { signatureAlgorithm, signDer } from './certificate.ts'
import {
  bitString,
  children,
  type DerNode,
  dottedId,
  explicit,
  objectId,
  octetString,
  readNode,
  sequence,
  setOf,
  tlv,
  unsignedInteger,
} from './der.ts'
import { loadKeyPair } from './keys.ts'
import { type AlternativeNames, decodeAlternativeNames, decodeName, encodeAlternativeNames, encodeName, type Subject } from './names.ts'
import { decodePem, encodePem } from './pem.ts'

export interface CertificateRequest extends Subject, AlternativeNames {
  publicKey: KeyObject
  /** The DER of the subject, as it was asked for. */
  rawSubject: Buffer
}

const extensionRequestId = '1.2.840.113549.1.9.14'
const subjectAltNameId = '2.5.29.17'

/** A request in PEM, signed by the private key (PEM). */
export function createCertificateRequest(options: {
  privateKeyPem: string
  commonName: string
  organizations?: readonly string[]
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
}): string {
  const { privateKey, publicKey } = loadKeyPair(options.privateKeyPem)
  const names = encodeAlternativeNames(options.dnsNames ?? [], options.ipAddresses ?? [])
  const hasNames = (options.dnsNames?.length ?? 0) + (options.ipAddresses?.length ?? 0) > 0
  const extensions = sequence(sequence(objectId(subjectAltNameId), octetString(names)))
  const body = sequence(
    unsignedInteger(Buffer.from([0])),
    encodeName(options),
    publicKey.export({ type: 'spki', format: 'der' }),
    hasNames ? explicit(0, sequence(objectId(extensionRequestId), setOf(extensions))) : tlv(0xa0),
  )
  return encodePem('CERTIFICATE REQUEST', sequence(body, signatureAlgorithm(privateKey), bitString(signDer(privateKey, body))))
}

/** Reads the first request of a PEM text and checks its signature. Throws with upstream's text when there is none. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const block = decodePem(pem)[0]
  if (block?.label !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST')
  const [body, algorithm, signature] = children(readNode(block.der))
  const [, name, key, attributes] = body === undefined ? [] : children(body)
  if (body === undefined || algorithm === undefined || signature === undefined || name === undefined || key === undefined) {
    throw new Error('asn1: structure error: certificate request')
  }
  const publicKey = createPublicKey({ key: key.raw, format: 'der', type: 'spki' })
  if (!verify(digestOf(algorithm), body.raw, publicKey, signature.content.subarray(1)))
    throw new Error('x509: invalid certificate request signature')
  return { ...decodeName(name), ...requestedNames(attributes), publicKey, rawSubject: name.raw }
}

function requestedNames(attributes: DerNode | undefined): AlternativeNames {
  for (const attribute of attributes === undefined ? [] : children(attributes)) {
    const [id, values] = children(attribute)
    if (id === undefined || values === undefined || dottedId(id.content) !== extensionRequestId) continue
    for (const extension of children(values).flatMap(children)) {
      const parts = children(extension)
      const value = parts.at(-1)
      if (parts[0] !== undefined && value !== undefined && dottedId(parts[0].content) === subjectAltNameId) {
        return decodeAlternativeNames(readNode(value.content))
      }
    }
  }
  return { dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] }
}

const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

function digestOf(algorithm: DerNode): string | null {
  const id = dottedId(children(algorithm)[0]?.content ?? Buffer.alloc(0))
  const digest = digests[id]
  if (digest === undefined) throw new Error(`x509: cannot verify signature: algorithm ${id} unimplemented`)
  return digest
}

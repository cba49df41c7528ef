// Makes X.509 v3 certificates (RFC 5280): a self-signed authority, and leaves for servers and clients.
import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import {
  bitString,
  boolean,
  children,
  dottedId,
  explicit,
  implicit,
  objectId,
  octetString,
  readNode,
  sequence,
  time,
  tlv,
  unsignedInteger,
} from './der.ts'
import { generateKeyPair, loadKeyPair, privateKeyPem, publicKeyOf } from './keys.ts'
import { encodeAlternativeNames, encodeName } from './names.ts'
import { encodePem } from './pem.ts'

export type CertificateUsage = 'client' | 'server'

/** A certificate with its private key, as written to disk. */
export interface IssuedCertificate {
  certificatePem: string
  privateKeyPem: string
}

/** What signs: a CA certificate and its key. */
export interface CertificateAuthority extends IssuedCertificate {
  certificate: X509Certificate
  privateKey: KeyObject
}

export interface AuthorityOptions {
  commonName: string
  organizations?: readonly string[]
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
  /** Big-endian magnitude; default: 8 random bytes. */
  serial?: Uint8Array
  /** Reuse this private key (PEM); default: a new P-256 key. */
  privateKeyPem?: string
}

export interface LeafOptions {
  ca: CertificateAuthority
  commonName: string
  organizations?: readonly string[]
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
  usages: readonly CertificateUsage[]
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
  serial?: Uint8Array
  /** The subject's key, when somebody else holds the private half (CSR). */
  publicKey: KeyObject
  /** Key usage beyond digitalSignature (RSA keys may encipher keys). */
  keyEncipherment?: boolean
}

const signatureIds = {
  sha256WithRSA: '1.2.840.113549.1.1.11',
  ecdsaWithSHA256: '1.2.840.10045.4.3.2',
  ecdsaWithSHA384: '1.2.840.10045.4.3.3',
  ecdsaWithSHA512: '1.2.840.10045.4.3.4',
  ed25519: '1.3.101.112',
}
export const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
}
const usageIds: Record<CertificateUsage, string> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }
const keyUsageBits = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04 }

/** A new self-signed authority (as kubeadm makes them: CN and SAN "kubernetes", may sign certificates). */
export function createCertificateAuthority(options: AuthorityOptions): CertificateAuthority {
  const pair = options.privateKeyPem === undefined ? generateKeyPair() : loadKeyPair(options.privateKeyPem)
  const name = encodeName(options)
  const bits = keyUsageBits.digitalSignature | keyUsageBits.keyEncipherment | keyUsageBits.keyCertSign
  const der = signedCertificate(pair.privateKey, {
    ...options,
    issuer: name,
    subject: name,
    publicKey: pair.publicKey,
    extensions: [
      keyUsage(bits),
      extension(extensionIds.basicConstraints, sequence(boolean(true)), true),
      extension(extensionIds.subjectKeyId, octetString(keyId(pair.publicKey))),
      extension(extensionIds.subjectAltName, encodeAlternativeNames([options.commonName.replace(/[^A-Za-z0-9.-]/g, '-')], [])),
    ],
  })
  return {
    certificatePem: encodePem('CERTIFICATE', der),
    privateKeyPem: privateKeyPem(pair.privateKey),
    certificate: new X509Certificate(der),
    privateKey: pair.privateKey,
  }
}

/** The authority of its two PEM files. Throws when they do not belong together or the certificate may not sign. */
export function loadCertificateAuthority(certificatePem: string, keyPem: string): CertificateAuthority {
  const certificate = new X509Certificate(certificatePem)
  const { privateKey } = loadKeyPair(keyPem)
  if (!certificate.checkPrivateKey(privateKey)) throw new Error('the private key does not belong to the CA certificate')
  if (!certificate.ca) throw new Error('the certificate is not a CA certificate')
  return { certificatePem, privateKeyPem: keyPem, certificate, privateKey }
}

/** A leaf certificate for a public key. Returns PEM. */
export function signCertificate(options: LeafOptions): string {
  const ca = options.ca.certificate
  const dnsNames = options.dnsNames ?? []
  const ipAddresses = options.ipAddresses ?? []
  const encipher = options.keyEncipherment ?? true
  const der = signedCertificate(options.ca.privateKey, {
    ...options,
    issuer: subjectOf(ca),
    subject: encodeName(options),
    extensions: [
      keyUsage(keyUsageBits.digitalSignature | (encipher ? keyUsageBits.keyEncipherment : 0)),
      ...(options.usages.length === 0
        ? []
        : [extension(extensionIds.extendedKeyUsage, sequence(...options.usages.map((usage) => objectId(usageIds[usage]))))]),
      extension(extensionIds.basicConstraints, sequence(), true),
      authorityKeyExtension(ca),
      ...(dnsNames.length + ipAddresses.length === 0
        ? []
        : [extension(extensionIds.subjectAltName, encodeAlternativeNames(dnsNames, ipAddresses))]),
    ],
  })
  return encodePem('CERTIFICATE', der)
}

/** A leaf certificate with a new P-256 key (or the given one). */
export function issueCertificate(options: Omit<LeafOptions, 'publicKey'> & { privateKeyPem?: string }): IssuedCertificate {
  const pair = options.privateKeyPem === undefined ? generateKeyPair() : loadKeyPair(options.privateKeyPem)
  return { certificatePem: signCertificate({ ...options, publicKey: pair.publicKey }), privateKeyPem: privateKeyPem(pair.privateKey) }
}

/** What a certificate says, its fields still in DER where they may be anything. */
export interface CertificateParts {
  issuer: Uint8Array
  subject: Uint8Array
  publicKey: KeyObject
  notBefore: number
  notAfter: number
  serial?: Uint8Array
  extensions: readonly Uint8Array[]
}

/** The DER of a certificate that `signer` vouches for. */
export function signedCertificate(signer: KeyObject, parts: CertificateParts): Buffer {
  const algorithm = signatureAlgorithm(signer)
  const body = sequence(
    explicit(0, unsignedInteger(Buffer.from([2]))), // version 3
    unsignedInteger(parts.serial ?? randomSerial()),
    algorithm,
    parts.issuer,
    sequence(time(parts.notBefore), time(parts.notAfter)),
    parts.subject,
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...parts.extensions)),
  )
  return sequence(body, algorithm, bitString(signDer(signer, body)))
}

/** The AlgorithmIdentifier that goes with a key: EC by its curve, RSA with SHA-256, Ed25519. */
export function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return sequence(objectId(signatureIds.sha256WithRSA), tlv(0x05))
  if (key.asymmetricKeyType === 'ed25519') return sequence(objectId(signatureIds.ed25519))
  const ids = { sha256: signatureIds.ecdsaWithSHA256, sha384: signatureIds.ecdsaWithSHA384, sha512: signatureIds.ecdsaWithSHA512 }
  return sequence(objectId(ids[curveHash(key)]))
}

/** The signature over `bytes` in the form X.509 wants (ECDSA: DER). */
export function signDer(key: KeyObject, bytes: Uint8Array): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key)
  return sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : curveHash(key), bytes, key)
}

function curveHash(key: KeyObject): 'sha256' | 'sha384' | 'sha512' {
  const curve = key.asymmetricKeyDetails?.namedCurve
  return curve === 'secp384r1' ? 'sha384' : curve === 'secp521r1' ? 'sha512' : 'sha256'
}

function randomSerial(): Buffer {
  const serial = randomBytes(8)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40 // positive, and never all zero
  return serial
}

/** One X.509 v3 extension. */
export function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octetString(value))
}

function keyUsage(bits: number): Buffer {
  const unused = Math.min(7, 31 - Math.clz32(bits & -bits))
  return extension(extensionIds.keyUsage, bitString(Buffer.from([bits]), unused), true)
}

/** SHA-1 of the subjectPublicKey bits (RFC 5280 4.2.1.2, method 1). */
function keyId(key: KeyObject): Buffer {
  const [, bits] = children(readNode(publicKeyOf(key).export({ type: 'spki', format: 'der' })))
  return createHash('sha1')
    .update(bits?.content.subarray(1) ?? Buffer.alloc(0))
    .digest()
}

/** Names the authority's key as the authority itself does; authorities differ in how they make that name of a key. */
export function authorityKeyExtension(authority: X509Certificate): Buffer {
  const id = ownKeyId(authority) ?? keyId(authority.publicKey)
  return extension(extensionIds.authorityKeyId, sequence(implicit(0, id)))
}

function ownKeyId(certificate: X509Certificate): Buffer | undefined {
  const extensions = children(children(readNode(certificate.raw))[0]!).find(({ tag }) => tag === 0xa3)
  for (const one of extensions === undefined ? [] : children(readNode(extensions.content))) {
    const [id, ...rest] = children(one)
    const value = rest.at(-1)
    if (id !== undefined && value !== undefined && dottedId(id.content) === extensionIds.subjectKeyId)
      return readNode(value.content).content
  }
  return undefined
}

/** The subject's own bytes, so that an issuer is named exactly as it names itself. */
export function subjectOf(certificate: X509Certificate): Buffer {
  const fields = children(children(readNode(certificate.raw))[0]!)
  return fields[fields[0]?.tag === 0xa0 ? 5 : 4]!.raw
}

// Signs certificate requests as the cluster's signers do: names as asked for, usages by their names in the API, no extension of the request.
import { randomBytes } from 'node:crypto'
import { authorityKeyExtension, type CertificateAuthority, extension, extensionIds, signedCertificate, subjectOf } from './certificate.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { bitString, objectId, sequence } from './der.ts'
import { encodeAlternativeNames } from './names.ts'
import { encodePem } from './pem.ts'

/** Bits of the key usage extension by usage; bit 0 is the first. */
const keyUsageBits: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
}

/** Object ids of extended key usages by usage, in the order in which Go writes them. */
const extendedUsageIds: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

const minuteMs = 60_000
/** Clocks differ: a certificate is valid from this long ago. */
const backdateMs = 5 * minuteMs
/** A certificate that lives shorter keeps its whole time. */
const shortMs = 8 * 60 * minuteMs

/** From when and until when a certificate is valid that shall last `durationMs`. Throws when the authority itself has ended. */
export function signingValidity(now: number, durationMs: number, signerNotAfter: number): { notBefore: number; notAfter: number } {
  const notBefore = now - backdateMs
  const wanted = durationMs < shortMs ? now + durationMs : now + durationMs - backdateMs
  const end = new Date(signerNotAfter).toISOString()
  if (notBefore >= signerNotAfter) throw new Error(`the signer has expired: NotAfter=${end}`)
  if (now >= signerNotAfter) throw new Error(`refusing to sign a certificate that expired in the past: NotAfter=${end}`)
  return { notBefore, notAfter: Math.min(wanted, signerNotAfter) }
}

export interface SigningOrder {
  ca: CertificateAuthority
  request: CertificateRequest
  usages: readonly string[]
  /** Milliseconds since the epoch. */
  notBefore: number
  notAfter: number
}

/** The certificate in PEM. Throws for a usage that is not known. */
export function signRequest({ ca, request, usages, notBefore, notAfter }: SigningOrder): string {
  const unknown = usages.filter((usage) => keyUsageBits[usage] === undefined && extendedUsageIds[usage] === undefined)
  if (unknown.length > 0) throw new Error(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(' ')}]`)
  const names = [request.dnsNames, request.ipAddresses, request.emailAddresses, request.uris] as const
  const der = signedCertificate(ca.privateKey, {
    issuer: subjectOf(ca.certificate),
    subject: request.rawSubject,
    publicKey: request.publicKey,
    notBefore,
    notAfter,
    serial: randomBytes(16),
    extensions: [
      ...keyUsageExtension(usages),
      ...extendedUsageExtension(usages),
      extension(extensionIds.basicConstraints, sequence(), true),
      authorityKeyExtension(ca.certificate),
      ...(names.every((list) => list.length === 0)
        ? []
        : // with an empty subject the names are all there is, and must be read (RFC 5280 4.2.1.6)
          [extension(extensionIds.subjectAltName, encodeAlternativeNames(...names), request.rawSubject.length === 2)]),
    ],
  })
  return encodePem('CERTIFICATE', der)
}

function keyUsageExtension(usages: readonly string[]): Buffer[] {
  const bits = [...new Set(usages.map((usage) => keyUsageBits[usage]).filter((bit) => bit !== undefined))]
  if (bits.length === 0) return []
  const last = Math.max(...bits)
  const bytes = Buffer.alloc(last > 7 ? 2 : 1)
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7)
  return [extension(extensionIds.keyUsage, bitString(bytes, 7 - (last & 7)), true)]
}

function extendedUsageExtension(usages: readonly string[]): Buffer[] {
  const asked = Object.entries(extendedUsageIds).filter(([usage]) => usages.includes(usage))
  const ids = [...new Set(asked.map(([, id]) => id))]
  return ids.length === 0 ? [] : [extension(extensionIds.extendedKeyUsage, sequence(...ids.map(objectId)))]
}

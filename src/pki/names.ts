// Distinguished names and subject alternative names: DER of them, and back.
import { isIPv4, isIPv6 } from 'node:net'
import { children, type DerNode, dottedId, implicit, objectId, printableString, sequence, setOf, stringValue, utf8String } from './der.ts'

/** A subject as Kubernetes reads it: CN is the user's name, each O a group. */
export interface Subject {
  commonName: string
  organizations: string[]
}

const organizationId = '2.5.4.10'
const commonNameId = '2.5.4.3'

/** The Name: all organizations in one set, then the common name. An empty subject is the empty sequence. */
export function encodeName(subject: { commonName?: string; organizations?: readonly string[] }): Buffer {
  const rdns: Buffer[] = []
  const organizations = subject.organizations ?? []
  if (organizations.length > 0) rdns.push(setOf(...organizations.map((value) => attribute(organizationId, value))))
  if (subject.commonName !== undefined && subject.commonName !== '') rdns.push(setOf(attribute(commonNameId, subject.commonName)))
  return sequence(...rdns)
}

/** CN (the last one counts) and all O of a Name. */
export function decodeName(name: DerNode): Subject {
  const subject: Subject = { commonName: '', organizations: [] }
  for (const pair of children(name).flatMap(children)) {
    const [type, value] = children(pair)
    if (type === undefined || value === undefined) continue
    const id = dottedId(type.content)
    if (id === commonNameId) subject.commonName = stringValue(value)
    if (id === organizationId) subject.organizations.push(stringValue(value))
  }
  return subject
}

export interface AlternativeNames {
  dnsNames: string[]
  ipAddresses: string[]
  emailAddresses: string[]
  uris: string[]
}

/** The GeneralNames of a subjectAltName extension. */
export function encodeAlternativeNames(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
  emailAddresses: readonly string[] = [],
  uris: readonly string[] = [],
): Buffer {
  return sequence(
    ...dnsNames.map((name) => implicit(2, Buffer.from(name, 'latin1'))),
    ...emailAddresses.map((address) => implicit(1, Buffer.from(address, 'latin1'))),
    ...ipAddresses.map((address) => implicit(7, addressBytes(address))),
    ...uris.map((uri) => implicit(6, Buffer.from(uri, 'latin1'))),
  )
}

/** The inverse of {@link encodeAlternativeNames}. */
export function decodeAlternativeNames(names: DerNode): AlternativeNames {
  const found: AlternativeNames = { dnsNames: [], ipAddresses: [], emailAddresses: [], uris: [] }
  for (const { tag, content } of children(names)) {
    if (tag === 0x81) found.emailAddresses.push(content.toString('latin1'))
    if (tag === 0x82) found.dnsNames.push(content.toString('latin1'))
    if (tag === 0x86) found.uris.push(content.toString('latin1'))
    if (tag === 0x87) found.ipAddresses.push(addressText(content))
  }
  return found
}

/** The 4 or 16 bytes of an IP address. Throws for anything else. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  if (!isIPv6(address)) throw new Error(`not an IP address: ${address}`)
  const mixed = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const pure = mixed === null ? address : `${mixed[1]}${pair(mixed[2], mixed[3])}:${pair(mixed[4], mixed[5])}`
  const [head = '', tail] = pure.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const words = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(words.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff]))
}

const pair = (high = '0', low = '0'): string => (Number(high) * 256 + Number(low)).toString(16)

/** The canonical text of 4 or 16 address bytes (RFC 5952, as the URL parser prints it). */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length !== 16) return bytes.toString('hex')
  const words = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1)
}

function attribute(id: string, value: string): Buffer {
  return sequence(objectId(id), /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? printableString(value) : utf8String(value))
}

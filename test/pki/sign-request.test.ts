// Signing what was requested: names, usages and times, judged by node's X509Certificate and by openssl.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createCertificateAuthority } from '../../src/pki/certificate.ts'
import { createCertificateRequest, parseCertificateRequest } from '../../src/pki/certificate-request.ts'
import { generateKeyPair, privateKeyPem } from '../../src/pki/keys.ts'
import { signingValidity, signRequest } from '../../src/pki/sign-request.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 0, 1)
const ca = createCertificateAuthority({ commonName: 'kubernetes', notBefore: now - hour, notAfter: now + 1000 * hour })
const key = privateKeyPem(generateKeyPair().privateKey)

function signed(names: Partial<Parameters<typeof createCertificateRequest>[0]>, usages: string[]): X509Certificate {
  const request = parseCertificateRequest(createCertificateRequest({ privateKeyPem: key, commonName: 'jane', ...names }))
  return new X509Certificate(signRequest({ ca, request, usages, notBefore: now, notAfter: now + hour }))
}

test('subject, names, key and authority are those of the request and the signer', () => {
  const certificate = signed({ organizations: ['devs'], dnsNames: ['a.example'], ipAddresses: ['10.0.0.1'] }, ['client auth'])
  assert.equal(certificate.subject, 'O=devs\nCN=jane')
  assert.equal(certificate.subjectAltName, 'DNS:a.example, IP Address:10.0.0.1')
  assert.equal(certificate.ca, false)
  assert.ok(certificate.checkIssued(ca.certificate) && certificate.verify(ca.certificate.publicKey))
})

const text = (certificate: X509Certificate): string =>
  spawnSync('openssl', ['x509', '-noout', '-text'], { input: certificate.toString() }).stdout?.toString() ?? ''

const usageCases: { name: string; usages: string[]; keyUsage?: string; extended: string[] | undefined }[] = [
  { name: 'one usage of the key', usages: ['digital signature'], keyUsage: 'Digital Signature', extended: undefined },
  { name: 'signing is digital signature', usages: ['signing', 'digital signature'], keyUsage: 'Digital Signature', extended: undefined },
  { name: 'only an extended one', usages: ['client auth'], extended: ['1.3.6.1.5.5.7.3.2'] },
  {
    name: 'of a serving kubelet',
    usages: ['server auth', 'key encipherment', 'digital signature'],
    keyUsage: 'Digital Signature, Key Encipherment',
    extended: ['1.3.6.1.5.5.7.3.1'],
  },
  { name: 'the ninth bit', usages: ['key agreement', 'decipher only'], keyUsage: 'Key Agreement, Decipher Only', extended: undefined },
  {
    name: 'extended ones come in their order, once',
    usages: ['netscape sgc', 's/mime', 'email protection', 'any'],
    extended: ['2.5.29.37.0', '1.3.6.1.5.5.7.3.4', '2.16.840.1.113730.4.1'],
  },
]

for (const { name, usages, keyUsage, extended } of usageCases) {
  test(`usages: ${name}`, (context) => {
    const certificate = signed({}, usages)
    assert.deepEqual(certificate.keyUsage, extended)
    const told = text(certificate)
    if (told === '') return context.diagnostic('openssl is not installed: key usage was not compared')
    assert.equal(/X509v3 Key Usage: critical\n\s*(.*)\n/.exec(told)?.[1], keyUsage)
  })
}

test('a usage nobody knows', () => {
  assert.throws(() => signed({}, ['client auth', 'magic']), { message: 'unrecognized usage values: ["magic"]' })
})

const minute = 60_000
const times = [
  {
    name: 'a long one is backdated at both ends',
    durationMs: 24 * hour,
    signerEnd: 100 * hour,
    want: [-5 * minute, 24 * hour - 5 * minute],
  },
  { name: 'a short one keeps its whole time', durationMs: hour, signerEnd: 100 * hour, want: [-5 * minute, hour] },
  { name: 'none outlives its signer', durationMs: 24 * hour, signerEnd: 10 * hour, want: [-5 * minute, 10 * hour] },
]

for (const { name, durationMs, signerEnd, want } of times) {
  test(`times: ${name}`, () => {
    const { notBefore, notAfter } = signingValidity(now, durationMs, now + signerEnd)
    assert.deepEqual([notBefore - now, notAfter - now], want)
  })
}

test('times: an authority that has ended signs nothing', () => {
  assert.throws(() => signingValidity(now, hour, now - minute), /refusing to sign a certificate that expired in the past/)
  assert.throws(() => signingValidity(now, hour, now - hour), /the signer has expired: NotAfter=2025-12-31T23:00:00/)
})

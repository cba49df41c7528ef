// Certificates made here are judged by others: node's X509Certificate, and openssl when it is installed.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createCertificateAuthority, issueCertificate, loadCertificateAuthority, signCertificate } from '../../src/pki/certificate.ts'
import { createCertificateRequest, parseCertificateRequest } from '../../src/pki/certificate-request.ts'
import { generateKeyPair, privateKeyPem, publicKeyPem } from '../../src/pki/keys.ts'
import { certificateSubject } from '../../src/pki/subject.ts'

const notBefore = Date.UTC(2026, 0, 1)
const notAfter = Date.UTC(2126, 0, 1)
const ca = createCertificateAuthority({ commonName: 'kubernetes', notBefore, notAfter })
const server = issueCertificate({
  ca,
  commonName: 'kube-apiserver',
  dnsNames: ['kubernetes', 'kubernetes.default.svc', '*.example.org'],
  ipAddresses: ['10.96.0.1', '::1', 'fd00:10:96::1'],
  usages: ['server'],
  notBefore,
  notAfter,
})

describe('a certificate authority', () => {
  it('signs itself and may sign others', () => {
    assert.equal(ca.certificate.ca, true)
    assert.equal(ca.certificate.verify(ca.certificate.publicKey), true)
    assert.equal(ca.certificate.subject, 'CN=kubernetes')
  })

  it('is loaded from its files, and refuses a foreign key', () => {
    assert.equal(loadCertificateAuthority(ca.certificatePem, ca.privateKeyPem).certificate.fingerprint256, ca.certificate.fingerprint256)
    assert.throws(() => loadCertificateAuthority(ca.certificatePem, privateKeyPem(generateKeyPair().privateKey)), /does not belong/)
    assert.throws(() => loadCertificateAuthority(server.certificatePem, server.privateKeyPem), /not a CA/)
  })
})

describe('a server certificate', () => {
  const certificate = new X509Certificate(server.certificatePem)

  it('is signed by the authority, for its key, with its names and dates', () => {
    assert.equal(certificate.verify(ca.certificate.publicKey), true)
    assert.equal(certificate.checkIssued(ca.certificate), true)
    assert.equal(certificate.ca, false)
    assert.equal(certificate.checkHost('kubernetes.default.svc'), 'kubernetes.default.svc')
    assert.equal(certificate.checkHost('elsewhere'), undefined)
    assert.equal(certificate.checkIP('10.96.0.1'), '10.96.0.1')
    assert.equal(certificate.checkIP('fd00:10:96::1'), 'fd00:10:96::1')
    assert.equal(certificate.checkIP('10.96.0.2'), undefined)
    assert.equal(Date.parse(certificate.validFrom), notBefore)
    assert.equal(Date.parse(certificate.validTo), notAfter)
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  })
})

describe('subjects', () => {
  const cases = [
    { name: 'kubeadm admin', commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    { name: 'several groups', commonName: 'system:node:n1', organizations: ['system:nodes', 'a', 'zz'] },
    { name: 'beyond ASCII, and characters that printers escape', commonName: 'jürgen,\nCN=root + x', organizations: ['gruppe ö'] },
    { name: 'no group', commonName: 'u', organizations: [] },
  ]
  for (const { name, commonName, organizations } of cases) {
    it(`survive a round trip: ${name}`, () => {
      const { certificatePem } = issueCertificate({
        ca,
        commonName,
        organizations,
        usages: ['client'],
        notBefore,
        notAfter,
        serial: Buffer.from([0, 0x80, 1]),
      })
      const subject = certificateSubject(certificatePem)
      assert.equal(subject.commonName, commonName)
      assert.deepEqual(subject.organizations.sort(), [...organizations].sort())
      assert.equal(new X509Certificate(certificatePem).serialNumber, '8001')
    })
  }
})

describe('certificate requests', () => {
  for (const algorithm of ['ec', 'rsa'] as const) {
    it(`are read back and signed: ${algorithm}`, () => {
      const pair = generateKeyPair(algorithm)
      const pem = createCertificateRequest({
        privateKeyPem: privateKeyPem(pair.privateKey),
        commonName: 'system:node:n1',
        organizations: ['system:nodes'],
        dnsNames: ['n1'],
        ipAddresses: ['192.168.0.7', '::ffff:10.0.0.1'],
      })
      const request = parseCertificateRequest(pem)
      assert.deepEqual(
        { ...request, publicKey: publicKeyPem(request.publicKey), rawSubject: undefined },
        {
          commonName: 'system:node:n1',
          organizations: ['system:nodes'],
          dnsNames: ['n1'],
          ipAddresses: ['192.168.0.7', '::ffff:a00:1'],
          emailAddresses: [],
          uris: [],
          publicKey: publicKeyPem(pair.privateKey),
          rawSubject: undefined,
        },
      )
      const signed = new X509Certificate(signCertificate({ ca, ...request, usages: ['client', 'server'], notBefore, notAfter }))
      assert.equal(signed.checkPrivateKey(pair.privateKey), true)
    })
  }

  it('with a broken signature are refused', () => {
    const pem = createCertificateRequest({ privateKeyPem: privateKeyPem(generateKeyPair().privateKey), commonName: 'u' })
    const der = Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64')
    der[12] = (der[12] ?? 0) ^ 1
    assert.throws(() =>
      parseCertificateRequest(`-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`),
    )
    assert.throws(() => parseCertificateRequest(ca.certificatePem), /PEM block type must be CERTIFICATE REQUEST/)
  })
})

it('openssl accepts chain, names and request', (context) => {
  if (spawnSync('openssl', ['version']).status !== 0) return context.diagnostic('openssl is not installed: nothing to compare with')
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-pki-'))
  try {
    const request = createCertificateRequest({ privateKeyPem: server.privateKeyPem, commonName: 'x', dnsNames: ['x'] })
    for (const [file, text] of [
      ['ca', ca.certificatePem],
      ['leaf', server.certificatePem],
      ['csr', request],
    ] as const)
      writeFileSync(join(directory, file), text)
    const verified = spawnSync(
      'openssl',
      ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_ip', '10.96.0.1', '-CAfile', 'ca', 'leaf'],
      { cwd: directory },
    )
    assert.equal(verified.stdout.toString(), 'leaf: OK\n', verified.stderr.toString())
    assert.equal(spawnSync('openssl', ['req', '-in', 'csr', '-noout', '-verify'], { cwd: directory }).status, 0)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

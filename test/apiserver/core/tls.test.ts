// HTTPS: who presents a certificate of the client CA is known by it; a foreign certificate says nothing; plain text is not answered.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { test } from 'node:test'
import type { Credentials } from '../../../src/apiserver/authentication/user.ts'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { start } from './harness.ts'

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }

function get(url: string, client: { cert?: string; key?: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { rejectUnauthorized: false, agent: false, ...client }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

test('the subject of a verified client certificate reaches the authenticators, that of a foreign one does not', async () => {
  const ca = createCertificateAuthority({ commonName: 'ca', ...validity })
  const foreign = createCertificateAuthority({ commonName: 'ca', ...validity })
  const server = issueCertificate({ ca, commonName: 'kube-apiserver', ipAddresses: ['127.0.0.1'], usages: ['server'], ...validity })
  const seen: Credentials['certificate'][] = []
  const k = await start(
    {
      bindAddress: '127.0.0.1',
      securePort: 0,
      tls: { cert: server.certificatePem, key: server.privateKeyPem, clientCa: ca.certificatePem },
    },
    {
      authenticators: () => [
        ({ certificate }) => {
          seen.push(certificate)
          return undefined
        },
      ],
    },
  )
  const url = `${await k.server.listen()}/api/v1/nodes`
  for (const signer of [ca, foreign]) {
    const own = issueCertificate({ ca: signer, commonName: 'u', organizations: ['g1', 'g2'], usages: ['client'], ...validity })
    assert.equal(await get(url, { cert: own.certificatePem, key: own.privateKeyPem }), 200)
  }
  assert.equal(await get(url, {}), 200)
  const [known, ...others] = seen
  assert.deepEqual([known?.commonName, [...(known?.organizations ?? [])].sort()], ['u', ['g1', 'g2']])
  assert.match(known?.fingerprint256 ?? '', /^([\dA-F]{2}:){31}[\dA-F]{2}$/)
  assert.deepEqual(others, [undefined, undefined])
  await assert.rejects(fetch(url.replace('https', 'http')))
  await k.close()
})

// Who a user is, said and believed in headers: what this server writes to those behind it, and what it reads from those before it.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, describe, it, test } from 'node:test'
import { forwardable, userHeaders } from '../../../src/apiserver/aggregation/front-proxy.ts'
import { requestHeaderAuthenticator, requestHeaderDefaults } from '../../../src/apiserver/authentication/request-header.ts'
import type { User } from '../../../src/apiserver/authentication/user.ts'
import { authenticationData } from '../../../src/apiserver/authentication-trust.ts'
import { connectionFault } from '../../../src/apiserver/connection-fault.ts'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { type AggregatingServer, startAggregating } from './extension-server.ts'

const users: { name: string; user: User }[] = [
  { name: 'a plain user', user: { name: 'jane', groups: ['devs', 'system:authenticated'] } },
  { name: 'letters beyond ASCII', user: { name: 'jürgen', uid: 'ü-1', groups: ['größe', '日本'] } },
  { name: 'odd keys', user: { name: 'x', groups: [], extra: { 'example.com/scope': ['a', 'b'], 'a b%': ['ç'] } } },
]
for (const { name, user } of users) {
  test(`headers and back: ${name}`, async () => {
    const rawHeaders = Object.entries(userHeaders(user)).flatMap(([key, value]) => [value].flat().flatMap((each) => [key, String(each)]))
    const headers: Record<string, string> = { accept: 'x', 'x-remote-user': 'y' }
    const read = requestHeaderAuthenticator({ ...requestHeaderDefaults, uidHeaders: ['X-Remote-Uid'] })
    assert.deepEqual(await read({ headers, rawHeaders, proxyCertificate: { commonName: 'p' } }), user)
    assert.deepEqual(headers, { accept: 'x' })
  })
}

const believed: { name: string; allowedNames?: string[]; commonName?: string; rawHeaders?: string[]; want: string | undefined }[] = [
  { name: 'no certificate', want: undefined },
  { name: 'any certificate of the authority', commonName: 'p', want: 'jane' },
  { name: 'a certificate on the list', allowedNames: ['q', 'p'], commonName: 'p', want: 'jane' },
  { name: 'a certificate that is not on it', allowedNames: ['q'], commonName: 'p', want: undefined },
  { name: 'no name', commonName: 'p', rawHeaders: ['X-Remote-Group', 'system:masters'], want: undefined },
  { name: 'an empty name', commonName: 'p', rawHeaders: ['X-Remote-User', ''], want: undefined },
]
for (const { name, allowedNames = [], commonName, rawHeaders = ['X-Remote-User', 'jane'], want } of believed) {
  test(`believed: ${name}`, async () => {
    const read = requestHeaderAuthenticator({ ...requestHeaderDefaults, allowedNames })
    const proxy = commonName === undefined ? {} : { proxyCertificate: { commonName } }
    assert.equal((await read({ headers: {}, rawHeaders, ...proxy }))?.name, want)
  })
}

test('what is not for the server behind does not go there', () => {
  const headers = {
    authorization: 'x',
    'impersonate-user': 'x',
    'X-Remote-Group': 'x',
    te: 'x',
    'proxy-authorization': 'x',
    upgrade: 'h2c',
  }
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  assert.deepEqual(forwardable({ ...lower, accept: 'a', cookie: 'c' }), { accept: 'a', cookie: 'c' })
})

const faults = [
  { code: 'ECONNREFUSED', want: 'dial tcp 10.0.0.1:443: connect: connection refused' },
  { code: 'ETIMEDOUT', want: 'dial tcp 10.0.0.1:443: i/o timeout' },
  { code: 'ENOTFOUND', want: 'dial tcp: lookup 10.0.0.1: no such host' },
  { code: 'DEPTH_ZERO_SELF_SIGNED_CERT', want: 'tls: failed to verify certificate: x509: certificate signed by unknown authority' },
  { code: 'CERT_HAS_EXPIRED', want: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid' },
  {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    want: 'tls: failed to verify certificate: x509: certificate relies on legacy Common Name field, use SANs instead',
  },
  { code: 'hasOwnProperty', want: 'words' },
]
test('faults in Go’s words', () => {
  for (const { code, want } of faults)
    assert.equal(connectionFault(Object.assign(new Error('words'), { code }), '10.0.0.1', 443, 'a.b.svc'), want, code)
})

const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const authority = (commonName: string, notAfter = validity.notAfter) => createCertificateAuthority({ commonName, ...validity, notAfter })
const [clientCa, proxyCa] = [authority('clients'), authority('proxies')]

describe('a proxy before the server', () => {
  let k: AggregatingServer
  let port: number
  before(async () => {
    const serving = issueCertificate({ ca: clientCa, commonName: 's', usages: ['server'], ipAddresses: ['127.0.0.1'], ...validity })
    const tls = { cert: serving.certificatePem, key: serving.privateKeyPem }
    k = await startAggregating({
      tls: { ...tls, clientCa: clientCa.certificatePem, requestHeaderCa: proxyCa.certificatePem },
      requestHeader: { ...requestHeaderDefaults, allowedNames: ['front'] },
    })
    port = (k.server.fastify.server.address() as { port: number }).port
  })
  after(() => k.close())

  const whoAmI = (ca: typeof clientCa | undefined, commonName: string, headers: Record<string, string | string[]>) => {
    const own = ca && issueCertificate({ ca, commonName, organizations: ['org'], usages: ['client'], ...validity })
    const body = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' })
    const options = {
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      headers: { ...headers, 'content-type': 'application/json' },
      ca: clientCa.certificatePem,
      agent: false as const,
      ...(own === undefined ? {} : { cert: own.certificatePem, key: own.privateKeyPem }),
    }
    return new Promise<{ code: number; user: { username: string; groups: string[]; extra?: Record<string, string[]> } | undefined }>(
      (resolve, reject) => {
        const outgoing = request(options, (response) => {
          let text = ''
          response.on('data', (piece) => (text += piece))
          response.on('end', () => resolve({ code: response.statusCode ?? 0, user: JSON.parse(text).status?.userInfo }))
        })
        outgoing.on('error', reject)
        outgoing.end(body)
      },
    )
  }
  const claim = { 'X-Remote-User': 'jane', 'X-Remote-Group': ['a', 'b'], 'X-Remote-Extra-Scope': 'all' }

  it('says who asks', async () => {
    const { user } = await whoAmI(proxyCa, 'front', claim)
    assert.deepEqual([user?.username, user?.groups, user?.extra], ['jane', ['a', 'b', 'system:authenticated'], { scope: ['all'] }])
  })
  it('is not one of the list', async () => assert.equal((await whoAmI(proxyCa, 'other', claim)).code, 401))
  it('is a client with a certificate of its own, whatever its headers say', async () => {
    assert.equal((await whoAmI(clientCa, 'front', claim)).user?.username, 'front')
  })
  it('is no user itself', async () => assert.equal((await whoAmI(proxyCa, 'front', {})).code, 401))
  it('has a certificate of nobody', async () => assert.equal((await whoAmI(authority('proxies'), 'front', claim)).code, 401))
  it('has no certificate', async () => assert.equal((await whoAmI(undefined, '', claim)).code, 401))

  it('is told by the ConfigMap that extension servers read', async () => {
    const { body } = await k.call('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')
    assert.deepEqual(body.data, {
      'client-ca-file': clientCa.certificatePem,
      'requestheader-allowed-names': '["front"]',
      'requestheader-client-ca-file': proxyCa.certificatePem,
      'requestheader-extra-headers-prefix': '["x-remote-extra-"]',
      'requestheader-group-headers': '["x-remote-group"]',
      'requestheader-uid-headers': '[]',
      'requestheader-username-headers': '["x-remote-user"]',
    })
  })
})

test('servers write the ConfigMap together; what has run out goes', () => {
  const other = authority('other')
  const old = authority('old', Date.now() - 600_000)
  const before = {
    'client-ca-file': `${other.certificatePem}${old.certificatePem}broken`,
    'requestheader-allowed-names': '["theirs"]',
    'requestheader-group-headers': 'broken',
  }
  const requestHeader = { ...requestHeaderDefaults, allowedNames: ['ours'], ca: proxyCa.certificatePem }
  const data = authenticationData({ clientCa: clientCa.certificatePem, requestHeader }, before, Date.now())
  assert.equal(data?.['client-ca-file'], other.certificatePem + clientCa.certificatePem)
  assert.equal(data?.['requestheader-allowed-names'], '["theirs","ours"]')
  assert.equal(data?.['requestheader-group-headers'], '["x-remote-group"]')
  assert.equal(authenticationData({}, before, Date.now()), undefined)
})

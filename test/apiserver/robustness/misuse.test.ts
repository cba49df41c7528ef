// Attacks by those who may write objects: addresses that are not theirs, tokens that outlive their pod, rules without end,
// impersonation without a name (guarantees 5.2: 9, 10, 15, 19, 22).
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { startWhole, type WholeServer } from '../side/whole-server.ts'

const core = '/api/v1/namespaces/default'
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'

let k: WholeServer
before(async () => {
  k = await startWhole({ enabled: ['DenyServiceExternalIPs'] })
  await k.namespace('default')
})
after(() => k.close())

describe('addresses that endpoints may not name', () => {
  for (const ip of ['127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '::1', 'fe80::1', '::ffff:127.0.0.1']) {
    it(ip, async () => {
      const endpoints = await k.admin('POST', `${core}/endpoints`, { metadata: { name: 'e' }, subsets: [{ addresses: [{ ip }] }] })
      assert.equal(endpoints.code, 422)
      const addressType = ip.includes(':') ? 'IPv6' : 'IPv4'
      const slice = await k.admin('POST', slices, { metadata: { name: 'e' }, addressType, endpoints: [{ addresses: [ip] }], ports: [] })
      assert.equal(slice.code, 422)
    })
  }
})

it('external addresses of services are refused where they are denied', async () => {
  const ports = [{ port: 80 }]
  const external = await k.admin('POST', `${core}/services`, { metadata: { name: 'x' }, spec: { ports, externalIPs: ['198.51.100.1'] } })
  assert.equal(external.code, 403)
  assert.equal((await k.admin('POST', `${core}/services`, { metadata: { name: 'x' }, spec: { ports } })).code, 201)
  const patch = await k.admin('PATCH', `${core}/services/x`, { spec: { externalIPs: ['198.51.100.1'] } }, merge)
  assert.equal(patch.code, 403)
  const status = { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } }
  await k.admin('PATCH', `${core}/services/x`, { status }, merge)
  assert.deepEqual((await k.admin('GET', `${core}/services/x`)).body.status.loadBalancer, {}, 'status has a right of its own')
})
const merge = { 'content-type': 'application/merge-patch+json' }

it('a token of a pod ends with the pod', async () => {
  const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const { body: made } = await k.admin('POST', `${core}/pods`, pod)
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: made.metadata.uid }
  const asked = await k.admin('POST', `${core}/serviceaccounts/default/token`, { spec: { boundObjectRef, audiences: [] } })
  assert.equal(asked.code, 201)
  const headers = { authorization: `Bearer ${asked.body.status.token}` }
  assert.notEqual((await k.call('GET', '/api', undefined, headers)).code, 401)
  await k.admin('DELETE', `${core}/pods/p`, { gracePeriodSeconds: 0 })
  assert.equal((await k.call('GET', '/api', undefined, headers)).code, 401)
  await k.admin('POST', `${core}/pods`, pod)
  assert.equal((await k.call('GET', '/api', undefined, headers)).code, 401, 'another pod of the same name')
})

it('a token for a pod that is not there is refused', async () => {
  const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'none' }
  const { code } = await k.admin('POST', `${core}/serviceaccounts/default/token`, { spec: { boundObjectRef } })
  assert.equal(code, 404)
})

describe('impersonation that says too little or too much', () => {
  const headersOf: Record<string, Record<string, string>> = {
    'groups without a user': { 'impersonate-group': 'system:masters' },
    'extra without a user': { 'impersonate-extra-a': 'b' },
    'a uid without a user': { 'impersonate-uid': '1' },
  }
  for (const [name, headers] of Object.entries(headersOf)) {
    it(name, async () => {
      const { code } = await k.admin('GET', `${core}/pods`, undefined, headers)
      assert.ok(code >= 400 && code < 500 && code !== 404, String(code))
    })
  }
})

describe('paths that lead elsewhere', () => {
  for (const path of [
    '/api/v1/nodes/n/proxy/..%2f..%2fetc',
    `${core}/pods/..%2f..%2fsecrets`,
    `${core}/pods/%2e%2e/log`,
    '/api/v1/namespaces/..%2f/pods',
  ]) {
    it(path, async () => {
      const { code } = await k.admin('GET', path)
      assert.ok(code >= 400 && code < 505, String(code))
      assert.notEqual(code, 500)
    })
  }
})

it('rules of a definition that never end are stopped by their budget', async () => {
  const rule = `self.all(a, self.all(b, self.all(c, self.all(d, a != 'x'))))`
  const list = { type: 'array', maxItems: 200, items: { type: 'string', maxLength: 10 }, 'x-kubernetes-validations': [{ rule }] }
  const root = { type: 'object', properties: { list } }
  const names = { plural: 'loops', kind: 'Loop' }
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: root } }]
  const spec = { group: 'g.example', scope: 'Namespaced', names, versions }
  const crd = await k.admin('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'loops.g.example' },
    spec,
  })
  if (crd.code === 422) return
  assert.equal(crd.code, 201)
  const before = process.threadCpuUsage()
  const body = { apiVersion: 'g.example/v1', kind: 'Loop', metadata: { name: 'l' }, list: Array(200).fill('a') }
  const { code } = await k.admin('POST', '/apis/g.example/v1/namespaces/default/loops', body)
  const { user } = process.threadCpuUsage(before)
  assert.ok(code === 422 || code === 404, String(code))
  assert.ok(user / 1000 < 3000)
})

describe('large lists', () => {
  it('are compressed for those who take it, and only from 128 KiB on', async () => {
    const data = { a: randomBytes(100_000).toString('base64') }
    for (const name of ['big-1', 'big-2']) await k.admin('POST', `${core}/configmaps`, { metadata: { name, labels: { big: 'yes' } }, data })
    const plain = await k.admin('GET', `${core}/configmaps?labelSelector=big%3Dyes`)
    assert.equal(plain.headers['content-encoding'], undefined)
    const { server } = k
    const inject = (url: string) =>
      server.fastify.inject({ method: 'GET', url, headers: { authorization: 'Bearer admin-token', 'accept-encoding': 'gzip' } })
    const packed = await inject(`${core}/configmaps?labelSelector=big%3Dyes`)
    assert.equal(packed.headers['content-encoding'], 'gzip')
    assert.deepEqual(JSON.parse(gunzipSync(packed.rawPayload).toString()).items, plain.body.items)
    assert.equal((await inject(`${core}/configmaps?labelSelector=big%3Dno`)).headers['content-encoding'], undefined)
  })
})

// Addresses and ports of services: given once, released, found again after a restart.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { numberPool } from '../../../src/apiserver/allocators/number-pool.ts'
import { seeded } from '../core/harness.ts'
import { startWhole, type WholeServer } from './whole-server.ts'

let server: WholeServer
const url = '/api/v1/namespaces/web/services'
const service = (name: string, spec: Record<string, unknown> = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })

before(async () => {
  server = await startWhole()
  await server.namespace('web')
})
after(() => server.close())

describe('a service', () => {
  it('gets an address of the upper band and the fields of one family', async () => {
    const { code, body } = await server.admin('POST', url, service('a'))
    assert.equal(code, 201)
    assert.deepEqual(body.spec.clusterIPs, [body.spec.clusterIP])
    assert.deepEqual([body.spec.ipFamilies, body.spec.ipFamilyPolicy], [['IPv4'], 'SingleStack'])
    assert.match(body.spec.clusterIP, /^10\.96\.(?!0\.)/)
  })

  const refusals = [
    {
      name: 'a foreign address',
      spec: { clusterIP: '1.2.3.4' },
      want: 'spec.clusterIPs: Invalid value: ["1.2.3.4"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    },
    {
      name: 'an address in use',
      spec: { clusterIP: '10.96.0.1' },
      want: 'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    },
    {
      name: 'a port out of range',
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 33212 }] },
      want: 'spec.ports[0].nodePort: Invalid value: 33212: provided port is not in the valid range. The range of valid ports is 30000-32767',
    },
    {
      name: 'two families in a cluster of one',
      spec: { ipFamilyPolicy: 'RequireDualStack' },
      want: 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    },
  ]
  for (const { name, spec, want } of refusals) {
    it(`is refused with ${name}`, async () => {
      const { code, body } = await server.admin('POST', url, service('x', spec))
      assert.equal(code, 422)
      assert.equal(body.message, `Service "x" is invalid: ${want}`)
    })
  }

  it('holds its port until it is deleted or changes its type', async () => {
    const asked = { type: 'NodePort', ports: [{ port: 80, nodePort: 30007 }] }
    const first = await server.admin('POST', url, service('p1', asked))
    assert.equal(first.code, 201)
    const second = await server.admin('POST', url, service('p2', asked))
    assert.equal(
      second.body.message,
      'Service "p2" is invalid: spec.ports[0].nodePort: Invalid value: 30007: provided port is already allocated',
    )
    const plain = await server.admin('PUT', `${url}/p1`, { ...first.body, spec: { ...first.body.spec, type: 'ClusterIP' } })
    assert.equal(plain.code, 200)
    assert.equal(plain.body.spec.ports[0].nodePort, undefined)
    assert.equal((await server.admin('POST', url, service('p2', asked))).code, 201)
    assert.equal((await server.admin('DELETE', `${url}/p2`)).code, 200)
    assert.equal((await server.admin('POST', url, service('p3', asked))).code, 201)
  })

  it('gives back what a failed or dry create had taken', async () => {
    const spec = { clusterIP: '10.96.0.77', type: 'NodePort', ports: [{ port: 80, nodePort: 30077 }] }
    assert.equal((await server.admin('POST', `${url}?dryRun=All`, service('f', spec))).code, 201)
    assert.equal((await server.admin('POST', url, service('f', { ...spec, sessionAffinity: 'Nope' }))).code, 422)
    assert.equal((await server.admin('POST', url, service('f', spec))).code, 201)
  })

  it('keeps its address through a PUT without one', async () => {
    const { body } = await server.admin('POST', url, service('keep'))
    const put = await server.admin('PUT', `${url}/keep`, {
      ...service('keep'),
      metadata: { name: 'keep', resourceVersion: body.metadata.resourceVersion },
    })
    assert.equal(put.code, 200)
    assert.equal(put.body.spec.clusterIP, body.spec.clusterIP)
  })
})

it('a new process knows what the old one gave', async () => {
  const fork = server.storage.fork()
  const next = await startWhole({ storage: fork })
  const { body } = await next.admin('POST', url, service('again', { clusterIP: '10.96.0.77' }))
  assert.match(body.message, /provided IP is already allocated/)
  await next.close()
})

it('dual stack: both families, or the one that is preferred', async () => {
  const dual = await startWhole({ clusterIpRanges: ['10.96.0.0/16', 'fd00:96::/112'] })
  await dual.namespace('web')
  const both = await dual.admin('POST', url, service('both', { ipFamilyPolicy: 'PreferDualStack' }))
  assert.deepEqual(both.body.spec.ipFamilies, ['IPv4', 'IPv6'])
  assert.match(both.body.spec.clusterIPs[1], /^fd00:96::/)
  const six = await dual.admin('POST', url, service('six', { ipFamilies: ['IPv6'] }))
  assert.match(six.body.spec.clusterIP, /^fd00:96::/)
  await dual.close()
})

describe('a pool', () => {
  it('gives every number once, the upper band first, and takes them back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 1000 }), (size, seed) => {
        const pool = numberPool(1n, BigInt(size), { least: 16n, most: 256n, step: 16n }, seeded(seed))
        const given = Array.from({ length: size }, () => pool.takeNext()!)
        assert.equal(new Set(given).size, size)
        assert.equal(pool.takeNext(), undefined)
        const lower = size <= 16 ? 0 : Math.max(16, Math.floor(size / 16))
        assert.ok(given.slice(0, size - lower).every((number) => number > lower))
        pool.release(given[0]!)
        assert.equal(pool.takeNext(), given[0])
      }),
      { numRuns: 40 },
    )
  })
})

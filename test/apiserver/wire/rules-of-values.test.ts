// Rules of the wire protocol by their numbers, through the whole server: values, answers and pods (50–70); shutdown.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCertificateRequest } from '../../../src/pki/certificate-request.ts'
import { generateKeyPair, privateKeyPem } from '../../../src/pki/keys.ts'
import { settle } from '../core/harness.ts'
import type { ProgramServer } from './server.ts'
import { startProgram } from './server.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const podSpec = { containers: [{ name: 'c', image: 'nginx' }] }
const _deployment = (name: string) => ({
  metadata: { name },
  spec: { selector: { matchLabels: { a: name } }, template: { metadata: { labels: { a: name } }, spec: podSpec } },
})

describe('wire rules of values', () => {
  let program: ProgramServer
  const call: ProgramServer['call'] = (...args) => program.call(...args)
  before(async () => {
    program = await startProgram()
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
    await program.server.context.read.refresh()
  })
  after(() => program.close())

  test('C50 a pod may change its image, not its command', async () => {
    await call('POST', pods, { metadata: { name: 'c50' }, spec: podSpec })
    const patch = (spec: object) => call('PATCH', `${pods}/c50`, { spec }, { 'content-type': 'application/strategic-merge-patch+json' })
    assert.equal((await patch({ containers: [{ name: 'c', image: 'nginx:2' }] })).code, 200)
    const refused = await patch({ containers: [{ name: 'c', command: ['sh'] }] })
    assert.equal(refused.code, 422)
    assert.match(refused.body.message, /spec: Forbidden: pod updates may not change fields other than/)
  })

  test('C52 approval sets Approved or Denied, once and for all', async () => {
    const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
    const request = Buffer.from(
      createCertificateRequest({ privateKeyPem: privateKeyPem(generateKeyPair().privateKey), commonName: 'c52' }),
    ).toString('base64')
    const made = await call('POST', url, {
      metadata: { name: 'c52' },
      spec: { request, signerName: 'example.com/x', usages: ['client auth'] },
    })
    assert.equal(made.code, 201, made.text)
    const decide = (type: string) =>
      call('PUT', `${url}/c52/approval`, {
        ...made.body,
        metadata: { name: 'c52' },
        status: { conditions: [{ type, status: 'True', reason: 'r' }] },
      })
    assert.equal((await decide('Approved')).body.status.conditions[0].type, 'Approved')
    const turned = await decide('Denied')
    assert.deepEqual([turned.code, turned.body.reason], [422, 'Invalid'])
  })

  test('C53 quantities come back canonical, limits become requests', async () => {
    const resources = { limits: { cpu: '1.5', memory: '1024Ki' } }
    const { body } = await call('POST', pods, { metadata: { name: 'c53' }, spec: { containers: [{ name: 'c', image: 'x', resources }] } })
    const canonical = { cpu: '1500m', memory: '1Mi' }
    assert.deepEqual(body.spec.containers[0].resources, { limits: canonical, requests: canonical })
  })

  test('C54 times are normalised: seconds in UTC, microseconds for leases', async () => {
    const url = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    const { body } = await call('POST', url, { metadata: { name: 'c54' }, spec: { renewTime: '2026-01-02T03:04:05.500000+01:00' } })
    assert.equal(body.spec.renewTime, '2026-01-02T02:04:05.500000Z')
    assert.match(body.metadata.creationTimestamp, /^2026-03-01T\d\d:\d\d:\d\dZ$/)
  })

  test('C55 secrets: stringData goes into data and is never told, bad base64 is 400, immutable locks', async () => {
    const url = '/api/v1/namespaces/default/secrets'
    const { body } = await call('POST', url, { metadata: { name: 'c55' }, stringData: { a: 'x' }, immutable: true })
    assert.deepEqual([body.data, body.stringData, body.type], [{ a: 'eA==' }, undefined, 'Opaque'])
    const bad = await call('POST', url, { metadata: { name: 'c55b' }, data: { a: '***' } })
    assert.equal(bad.code, 400)
    assert.match(bad.body.message, /illegal base64 data at input byte 0/)
    const locked = await call('PATCH', `${url}/c55`, { data: { a: 'eQ==' } }, { 'content-type': 'application/merge-patch+json' })
    assert.equal(locked.code, 422)
    assert.match(locked.body.message, /data: Forbidden: field is immutable when `immutable` is set/)
  })

  test('C57 a service keeps its address through a PUT without one, and takes its Endpoints along when it goes', async () => {
    const url = '/api/v1/namespaces/default/services'
    const { body } = await call('POST', url, { metadata: { name: 'c57' }, spec: { ports: [{ port: 80 }] } })
    assert.deepEqual(
      [body.spec.ipFamilies, body.spec.ipFamilyPolicy, body.spec.internalTrafficPolicy],
      [['IPv4'], 'SingleStack', 'Cluster'],
    )
    const put = await call('PUT', `${url}/c57`, { metadata: { name: 'c57' }, spec: { ports: [{ port: 81 }] } })
    assert.equal(put.body.spec.clusterIP, body.spec.clusterIP)
    await call('POST', '/api/v1/namespaces/default/endpoints', { metadata: { name: 'c57' } })
    await call('DELETE', `${url}/c57`)
    assert.equal((await call('GET', '/api/v1/namespaces/default/endpoints/c57')).code, 404)
  })

  test('C58 one autoscaler in two versions has one identity', async () => {
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
    }
    const one = (
      await call('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'c58' }, spec })
    ).body
    const two = (await call('GET', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/c58')).body
    assert.deepEqual([two.metadata.uid, two.metadata.resourceVersion], [one.metadata.uid, one.metadata.resourceVersion])
    assert.equal(two.spec.metrics[0].resource.target.averageUtilization, 50)
  })

  test('C59 failures say reason, details and code; successes have no reason', async () => {
    const { body } = await call('GET', '/apis/apps/v1/namespaces/default/deployments/none')
    assert.deepEqual(body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "none" not found',
      reason: 'NotFound',
      details: { name: 'none', group: 'apps', kind: 'deployments' },
      code: 404,
    })
  })

  test('C63 warnings are headers, one each, quoted', async () => {
    const reply = await call('POST', configMaps, { metadata: { name: 'c63' }, foo: 1, bar: 2 })
    assert.deepEqual([reply.headers['warning']].flat(), ['299 - "unknown field \\"foo\\""', '299 - "unknown field \\"bar\\""'])
  })

  test('C69 a leader that renews with an old resourceVersion is 409', async () => {
    const url = '/apis/coordination.k8s.io/v1/namespaces/default/leases'
    const { body } = await call('POST', url, { metadata: { name: 'c69' }, spec: { holderIdentity: 'a' } })
    const renewed = { ...body, spec: { ...body.spec, leaseTransitions: 1 } }
    assert.equal((await call('PUT', `${url}/c69`, renewed)).code, 200)
    const late = await call('PUT', `${url}/c69`, { ...renewed, spec: { holderIdentity: 'b' } })
    assert.deepEqual([late.code, late.body.reason], [409, 'Conflict'])
  })

  test('C70 a new pod has its defaults, admission fields and status', async () => {
    const { body } = await call('POST', pods, { metadata: { name: 'c70' }, spec: podSpec })
    assert.deepEqual(body.status, { phase: 'Pending', qosClass: 'BestEffort' })
    assert.equal(body.spec.serviceAccountName, 'default')
    assert.equal(body.spec.priority, 0)
    assert.deepEqual(
      body.spec.tolerations.map(({ key, tolerationSeconds }: { key: string; tolerationSeconds: number }) => [key, tolerationSeconds]),
      [
        ['node.kubernetes.io/not-ready', 300],
        ['node.kubernetes.io/unreachable', 300],
      ],
    )
  })

  test('ComponentStatus has a row for each component', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const { body } = await call('GET', '/api/v1/componentstatuses', undefined, { accept })
    assert.deepEqual(
      body.rows.map(({ cells }: { cells: string[] }) => cells.slice(0, 2)),
      [
        ['controller-manager', 'Unhealthy'],
        ['scheduler', 'Unhealthy'],
        ['etcd-0', 'Healthy'],
      ],
    )
    assert.equal((await call('GET', '/api/v1/componentstatuses/none')).code, 404)
  })
})

test('NamespaceAutoProvision makes the namespace of the first object in it', async () => {
  const program = await startProgram({ enableAdmissionPlugins: ['NamespaceAutoProvision'] })
  assert.equal((await program.call('POST', '/api/v1/namespaces/made/configmaps', { metadata: { name: 'a' } })).code, 201)
  assert.equal((await program.call('GET', '/api/v1/namespaces/made')).code, 200)
  await program.close()
})

test('shutdown: first /readyz fails while all is served, then newcomers are 429 and probes are still answered', async () => {
  const program = await startProgram({ shutdownDelayMs: 5000 })
  const held = program.server.fastify.inject({
    url: '/api/v1/namespaces/default/configmaps/x?resourceVersion=99999',
    headers: { authorization: 'Bearer admin-token' },
  })
  await settle()
  const closed = program.close()
  await settle()
  assert.match((await program.call('GET', '/readyz?verbose')).text, /\[-\]shutdown failed/)
  assert.equal((await program.call('GET', '/livez/ping')).code, 200)
  assert.equal((await program.call('GET', '/api/v1/nodes')).code, 200)
  const later = held.then(({ statusCode }) => statusCode)
  await program.clock.advance(5000)
  const refused = await program.call('GET', '/api/v1/nodes').catch(() => undefined)
  if (refused !== undefined) assert.deepEqual([refused.code, refused.headers['retry-after']], [429, '5'])
  assert.equal(await later, 504)
  await closed
})

// The kubelet's server over real TLS sockets on loopback: who may ask, and which node answers.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import type { Pod } from '../../../openapi/types/core/v1.ts'
import type { Client } from '../../../src/client/client.ts'
import type { ServedNode } from '../../../src/kubelet/server/served-node.ts'
import { kubeletServer } from '../../../src/kubelet/server/server.ts'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { ManualClock } from '../../apiserver/core/harness.ts'

const clock = new ManualClock()
const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
const ca = createCertificateAuthority({ commonName: 'test', ...validity })
const stranger = createCertificateAuthority({ commonName: 'other', ...validity })
const leaf = (authority: typeof ca, commonName: string, usage: 'client' | 'server') =>
  issueCertificate({ ca: authority, commonName, usages: [usage], dnsNames: ['localhost'], ...validity })

const pod: Pod = {
  metadata: { name: 'web', namespace: 'default', uid: 'u1' },
  spec: { containers: [{ name: 'main', image: 'nginx' }] },
}

function servedNode(name: string): ServedNode {
  const startedAt = clock.now() - 5000
  return {
    name,
    startedAt,
    capacity: { memory: '1Gi' },
    pods: () => (name === 'node-1' ? [pod] : []),
    runtime: {
      info: { name: 'hollow', version: '1' },
      podState: () => ({
        sandboxes: [],
        containers: [
          {
            id: 'c1',
            name: 'main',
            attempt: 0,
            image: 'nginx',
            imageRef: 'nginx@x',
            hash: '',
            phase: 'running',
            createdAt: startedAt,
            startedAt,
          },
        ],
      }),
      usage: () => [{ name: 'main', startedAt, cpuNanoCores: 2_000_000, cpuNanoSeconds: 10_000_000, memoryBytes: 4096 }],
      logs: () => ['a', 'b', 'c'].map((text, i) => ({ at: startedAt + i * 1000, stream: 'stdout', text })),
    },
  }
}

interface Asked {
  reviews: number
  port: (node: string) => number
  get: (
    path: string,
    options?: { node?: string; cert?: ReturnType<typeof leaf>; token?: string; method?: string },
  ) => Promise<{ code: number; text: string }>
}

async function world(t: TestContext): Promise<Asked> {
  const stop = new AbortController()
  const asked = { reviews: 0 }
  const create = async (
    kind: { kind: string },
    body: { spec: { token?: string; user?: string; resourceAttributes?: { subresource: string } } },
  ) => {
    asked.reviews++
    if (kind.kind === 'TokenReview') {
      const authenticated = body.spec.token === 'good'
      return { status: { authenticated, ...(authenticated ? { user: { username: 'scraper', groups: ['g'] } } : {}) } }
    }
    const { user, resourceAttributes } = body.spec
    return { status: { allowed: user === 'admin' || (user === 'scraper' && resourceAttributes?.subresource === 'metrics') } }
  }
  const server = leaf(ca, 'kubelet', 'server')
  const kubelets = kubeletServer(
    {
      ...{ address: '127.0.0.1', port: 0, cert: server.certificatePem, key: server.privateKeyPem, clientCa: ca.certificatePem },
      ...{ anonymousAuth: false, authorizationMode: 'Webhook', tokenWebhook: true },
    },
    { client: { create } as unknown as Client, clock, random: () => 0.5, log: pino({ level: 'silent' }), signal: stop.signal },
  )
  t.after(() => {
    stop.abort()
    kubelets.close()
  })
  const ports = new Map<string, number>()
  for (const [index, name] of ['node-1', 'node-2'].entries()) ports.set(name, await kubelets.open(servedNode(name), index))
  const get: Asked['get'] = (path, { node = 'node-1', cert, token, method = 'GET' } = {}) =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        ...{ host: 'localhost', port: ports.get(node)!, path, method, ca: ca.certificatePem, agent: false },
        ...(cert === undefined ? {} : { cert: cert.certificatePem, key: cert.privateKeyPem }),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
      outgoing.on('error', reject).on('response', async (answer) => {
        let text = ''
        for await (const piece of answer) text += piece
        resolve({ code: answer.statusCode ?? 0, text })
      })
      outgoing.end()
    })
  return Object.assign(asked, { port: (node: string) => ports.get(node)!, get })
}

const admin = leaf(ca, 'admin', 'client')
const forbidden = 'Forbidden (user=scraper, verb=get, resource=nodes, subresource(s)=[pods proxy])\n'
const accessTable = [
  { name: 'nobody', given: {}, path: '/pods', want: [401, 'Unauthorized'] },
  {
    name: 'a certificate of another authority',
    given: { cert: leaf(stranger, 'admin', 'client') },
    path: '/pods',
    want: [401, 'Unauthorized'],
  },
  { name: 'an unknown token', given: { token: 'bad' }, path: '/healthz', want: [401, 'Unauthorized'] },
  { name: 'a token without the right', given: { token: 'good' }, path: '/pods', want: [403, forbidden] },
  { name: 'the administrator', given: { cert: admin }, path: '/healthz', want: [200, 'ok'] },
  { name: 'no such path', given: { cert: admin }, path: '/nothing', want: [404, '404 page not found\n'] },
  { name: 'another method', given: { cert: admin, method: 'DELETE' }, path: '/pods', want: [405, '405: Method Not Allowed'] },
  {
    name: 'exec',
    given: { cert: admin, method: 'POST' },
    path: '/exec/a/b/c',
    want: [501, 'exec is not implemented by the hollow runtime'],
  },
]

test('default deny, and answers in upstream’s words', async (t) => {
  const { get } = await world(t)
  for (const { name, given, path, want } of accessTable) {
    const { code, text } = await get(path, given)
    assert.deepEqual([code, text], want, name)
  }
})

test('the right to one subresource is enough, and reviews are kept', async (t) => {
  const kubelet = await world(t)
  assert.equal((await kubelet.get('/metrics/resource', { token: 'good' })).code, 200)
  const before = kubelet.reviews
  assert.equal((await kubelet.get('/metrics', { token: 'good' })).code, 200)
  assert.equal(kubelet.reviews, before)
})

test('the port says which node is meant', async (t) => {
  const { get, port } = await world(t)
  assert.notEqual(port('node-1'), port('node-2'))
  for (const node of ['node-1', 'node-2']) {
    const { node: stats, pods } = JSON.parse((await get('/stats/summary', { node, cert: admin })).text)
    assert.equal(stats.nodeName, node)
    assert.equal(pods.length, node === 'node-1' ? 1 : 0)
  }
})

test('a summary adds up', async (t) => {
  const { get } = await world(t)
  const { node, pods } = JSON.parse((await get('/stats/summary', { cert: admin })).text)
  assert.deepEqual(pods[0].podRef, { name: 'web', namespace: 'default', uid: 'u1' })
  assert.equal(pods[0].containers[0].cpu.usageNanoCores, 2_000_000)
  assert.equal(node.cpu.usageNanoCores, 12_000_000)
  assert.equal(node.memory.workingSetBytes + node.memory.availableBytes, 2 ** 30)
})

const logTable = [
  { name: 'all', path: 'web/main', want: [200, 'a\nb\nc\n'] },
  { name: 'the last one', path: 'web/main?tailLines=1', want: [200, 'c\n'] },
  { name: 'none', path: 'web/main?tailLines=0', want: [200, ''] },
  { name: 'bytes', path: 'web/main?limitBytes=3', want: [200, 'a\nb'] },
  { name: 'since', path: 'web/main?sinceSeconds=3&timestamps=true', want: [200, '2026-03-01T11:59:57.000Z c\n'] },
  { name: 'no such pod', path: 'other/main', want: [404, 'pod "other" does not exist'] },
  { name: 'no such container', path: 'web/side', want: [404, 'container "side" not found in pod "web"'] },
  { name: 'no former one', path: 'web/main?previous=true', want: [400, 'previous terminated container "main" in pod "web" not found'] },
]

test('logs', async (t) => {
  const { get } = await world(t)
  for (const { name, path, want } of logTable) {
    const { code, text } = await get(`/containerLogs/default/${path}`, { cert: admin })
    assert.deepEqual([code, text], want, name)
  }
})

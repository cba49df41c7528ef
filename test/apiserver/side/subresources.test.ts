// Binding, eviction, scale, tokens, reviews, logs: the paths below objects.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { ask, dialError } from '../../../src/apiserver/subresources/backend.ts'
import { pod, startWhole, type WholeServer } from './whole-server.ts'

let server: WholeServer
const pods = '/api/v1/namespaces/web/pods'

before(async () => {
  server = await startWhole()
  await server.namespace('web')
})
after(() => server.close())

async function setStatus(path: string, status: Record<string, unknown>): Promise<void> {
  const { body } = await server.admin('GET', path)
  const reply = await server.admin('PUT', `${path}/status`, { ...body, status: { ...body.status, ...status } })
  assert.equal(reply.code, 200, reply.text)
}

describe('binding', () => {
  it('assigns a pod to a node once, with the topology labels of the node', async () => {
    await server.admin('POST', '/api/v1/nodes', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z1' } } })
    await server.admin('POST', pods, pod('b'))
    const binding = { metadata: { name: 'b' }, target: { kind: 'Node', name: 'n1' } }
    const { code, body } = await server.admin('POST', `${pods}/b/binding`, binding)
    assert.deepEqual([code, body], [201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }])
    const bound = (await server.admin('GET', `${pods}/b`)).body
    assert.equal(bound.spec.nodeName, 'n1')
    assert.equal(bound.metadata.labels['topology.kubernetes.io/zone'], 'z1')
    assert.deepEqual(bound.status.conditions, [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-03-01T12:00:00Z' }])
    const again = await server.admin('POST', '/api/v1/namespaces/web/bindings', binding)
    assert.equal(again.code, 409)
    assert.equal(again.body.message, 'Operation cannot be fulfilled on pods/binding "b": pod b is already assigned to node "n1"')
  })

  it('wants the same name in URL and body, and a node', async () => {
    await server.admin('POST', pods, pod('b2'))
    const other = await server.admin('POST', `${pods}/b2/binding`, { metadata: { name: 'x' }, target: { name: 'n1' } })
    assert.deepEqual([other.code, other.body.message], [400, 'name in URL does not match name in Binding object'])
    const none = await server.admin('POST', `${pods}/b2/binding`, { metadata: { name: 'b2' }, target: { kind: 'Pod' } })
    assert.equal(none.code, 500)
    assert.match(none.body.message, /target\.kind: Unsupported value: "Pod"/)
  })
})

describe('eviction', () => {
  const evict = (name: string) => server.admin('POST', `${pods}/${name}/eviction`, { metadata: { name } })

  before(async () => {
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } }
    await server.admin('POST', '/apis/policy/v1/namespaces/web/poddisruptionbudgets', { metadata: { name: 'web' }, spec })
    for (const name of ['e1', 'e2']) {
      await server.admin('POST', pods, pod(name, { nodeName: 'n1' }, { labels: { app: 'web' } }))
      await setStatus(`${pods}/${name}`, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })
    }
  })

  it('waits for the controller, then obeys the budget and notes what it took', async () => {
    const budget = '/apis/policy/v1/namespaces/web/poddisruptionbudgets/web'
    const early = await evict('e1')
    assert.equal(early.code, 429)
    assert.deepEqual(early.body.details, {
      causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web is still being processed by the server.' }],
      retryAfterSeconds: 10,
    })
    await setStatus(budget, { observedGeneration: 1, currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, expectedPods: 2 })
    assert.equal((await evict('e1')).code, 201)
    const { status } = (await server.admin('GET', budget)).body
    assert.equal(status.disruptionsAllowed, 0)
    assert.deepEqual(status.disruptedPods, { e1: '2026-03-01T12:00:00Z' })
    const gone = (await server.admin('GET', `${pods}/e1`)).body
    assert.equal(gone.metadata.deletionGracePeriodSeconds, 30)
    assert.equal(gone.status.conditions.find((c: { type: string }) => c.type === 'DisruptionTarget').reason, 'EvictionByEvictionAPI')
    await setStatus(budget, { currentHealthy: 1 })
    const refused = await evict('e2')
    assert.equal(refused.body.message, "Cannot evict pod as it would violate the pod's disruption budget.")
    assert.equal(refused.body.details.causes[0].message, 'The disruption budget web needs 1 healthy pods and has 1 currently')
  })

  it('asks no budget about a pending pod', async () => {
    await server.admin('POST', pods, pod('pending', {}, { labels: { app: 'web' } }))
    assert.equal((await evict('pending')).code, 201)
    assert.equal((await server.admin('GET', `${pods}/pending`)).code, 404)
  })
})

describe('scale', () => {
  const deployments = '/apis/apps/v1/namespaces/web/deployments'
  before(async () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: pod('x').spec }
    await server.admin('POST', deployments, {
      metadata: { name: 'd' },
      spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template },
    })
  })

  it('reads, patches and replaces the number of replicas', async () => {
    const { body } = await server.admin('GET', `${deployments}/d/scale`)
    assert.deepEqual(
      [body.kind, body.apiVersion, body.spec, body.status],
      ['Scale', 'autoscaling/v1', { replicas: 2 }, { replicas: 0, selector: 'a=b' }],
    )
    const patched = await server.admin(
      'PATCH',
      `${deployments}/d/scale`,
      { spec: { replicas: 3 } },
      { 'content-type': 'application/merge-patch+json' },
    )
    assert.deepEqual(patched.body.spec, { replicas: 3 })
    const stale = await server.admin('PUT', `${deployments}/d/scale`, { ...body, spec: { replicas: 9 } })
    assert.equal(stale.code, 409)
    const put = await server.admin('PUT', `${deployments}/d/scale`, { ...patched.body, spec: { replicas: 0 } })
    assert.deepEqual(put.body.spec, {})
    assert.equal((await server.admin('GET', `${deployments}/d`)).body.metadata.generation, 3)
  })
})

describe('tokens', () => {
  const path = '/api/v1/namespaces/web/serviceaccounts/default/token'

  it('name their account, expire, and end with what they are bound to', async () => {
    const made = (await server.admin('POST', pods, pod('t'))).body
    const ref = { apiVersion: 'v1', kind: 'Pod', name: 't', uid: made.metadata.uid }
    const { code, body } = await server.admin('POST', path, { spec: { expirationSeconds: 600, boundObjectRef: ref } })
    assert.equal(code, 201)
    assert.equal(body.status.expirationTimestamp, '2026-03-01T12:10:00Z')
    const headers = { authorization: `Bearer ${body.status.token}` }
    const who = await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)
    const { username, groups, extra } = who.body.status.userInfo
    assert.equal(username, 'system:serviceaccount:web:default')
    assert.deepEqual(groups, ['system:serviceaccounts', 'system:serviceaccounts:web', 'system:authenticated'])
    assert.deepEqual(extra['authentication.kubernetes.io/pod-name'], ['t'])
    const review = await server.admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token: body.status.token, audiences: ['other'] },
    })
    assert.equal(review.body.status.authenticated, undefined)
    await server.admin('DELETE', `${pods}/t`)
    assert.equal((await server.call('GET', pods, undefined, headers)).code, 401)
  })

  const refusals = [
    { name: 'too short', spec: { expirationSeconds: 60 }, code: 422, want: /may not specify a duration less than 10 minutes/ },
    {
      name: 'bound to a missing pod',
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'no' } },
      code: 404,
      want: /pods "no" not found/,
    },
    {
      name: 'bound to something else',
      spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Service', name: 's' } },
      code: 400,
      want: /cannot bind token to object of type \/v1, Kind=Service/,
    },
  ]
  for (const { name, spec, code, want } of refusals) {
    it(`are refused: ${name}`, async () => {
      const reply = await server.admin('POST', path, { spec })
      assert.equal(reply.code, code)
      assert.match(reply.body.message, want)
    })
  }

  it('expire', async () => {
    const { body } = await server.admin('POST', path, { spec: { expirationSeconds: 600 } })
    const headers = { authorization: `Bearer ${body.status.token}` }
    assert.equal((await server.call('GET', pods, undefined, headers)).code, 200)
    await assert.rejects(server.tokens.verify(`${body.status.token.slice(0, -4)}AAAA`, server.server.context.read), /signature/)
    await server.clock.advance(700_000)
    assert.equal((await server.call('GET', pods, undefined, headers)).code, 401)
  })
})

describe('logs', () => {
  it('need a known container, and a kubelet that answers', async () => {
    await server.admin(
      'POST',
      pods,
      pod('l', {
        nodeName: 'n7',
        containers: [
          { name: 'a', image: 'i' },
          { name: 'b', image: 'i' },
        ],
      }),
    )
    const none = await server.admin('GET', `${pods}/l/log`)
    assert.deepEqual([none.code, none.body.message], [400, 'a container name must be specified for pod l, choose one of: [a b]'])
    const wrong = await server.admin('GET', `${pods}/l/log?container=z`)
    assert.equal(wrong.body.message, 'container z is not valid for pod l')
    const lost = await server.admin('GET', `${pods}/l/log?container=a`)
    assert.deepEqual([lost.code, lost.body.message], [404, 'nodes "n7" not found'])
    await server.admin('POST', pods, pod('unbound'))
    const empty = await server.admin('GET', `${pods}/unbound/log`)
    assert.deepEqual([empty.code, empty.text], [200, ''])
  })

  it('say so when nobody listens', () => {
    const error = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    const backend = { scheme: 'https' as const, host: '10.0.0.1', port: 10250, path: '/containerLogs/a/b/c' }
    assert.equal(
      dialError(backend, error).message,
      'Get "https://10.0.0.1:10250/containerLogs/a/b/c": dial tcp 10.0.0.1:10250: connect: connection refused',
    )
  })

  it('come from a backend as they are', async () => {
    const kubelet = createServer((_request, response) => response.end('line\n'))
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
    const { port } = kubelet.address() as AddressInfo
    const answer = await ask({ scheme: 'http', host: '127.0.0.1', port, path: '/' }, 'GET', {}, undefined, AbortSignal.timeout(5000))
    assert.equal(Buffer.concat(await answer.toArray()).toString(), 'line\n')
    kubelet.close()
  })
})

it('proxies refuse addresses that are no pods', async () => {
  await server.admin('POST', pods, pod('evil', { nodeName: 'n1' }))
  await setStatus(`${pods}/evil`, { phase: 'Running', podIP: '169.254.169.254', podIPs: [{ ip: '169.254.169.254' }] })
  const { code, body } = await server.admin('GET', `${pods}/evil/proxy/latest/meta-data`)
  assert.deepEqual([code, body.message], [400, 'address not allowed'])
})

it('namespaces end when their own finalizer is taken away', async () => {
  await server.admin('POST', '/api/v1/namespaces', { metadata: { name: 'end' } })
  await server.admin('DELETE', '/api/v1/namespaces/end')
  const { body } = await server.admin('GET', '/api/v1/namespaces/end')
  assert.equal(body.status.phase, 'Terminating')
  const done = await server.admin('PUT', '/api/v1/namespaces/end/finalize', { ...body, spec: {} })
  assert.equal(done.code, 200)
  assert.equal((await server.admin('GET', '/api/v1/namespaces/end')).code, 404)
})

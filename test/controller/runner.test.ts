// The runner with real controllers over a faked server: it converges, never twice, in spite of lag, conflicts and refusals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints } from '../../controllers/endpoints.ts'
import { replicaset } from '../../controllers/replicaset.ts'
import type { ReplicaSet as ReplicaSetObject } from '../../openapi/types/apps/v1.ts'
import { ReplicaSet } from '../../src/api/apps/replicaset.ts'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { Endpoints } from '../../src/api/core/endpoints.ts'
import { Event } from '../../src/api/core/event.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { Service } from '../../src/api/core/service/index.ts'
import { ApiError, conflict } from '../../src/apimachinery/api-error.ts'
import { defineController } from '../../src/controller/define.ts'
import { create, nothing, plan } from '../../src/controller/plan.ts'
import { running, scaleTo, web, webSet } from './running.ts'

test('a ReplicaSet of ten converges', async () => {
  const { clock, server, stop } = running(replicaset, (one) => one.create(ReplicaSet, webSet(10)))
  await clock.advance(1000)
  assert.equal(server.all(Pod).length, 10)
  assert.equal(server.all(ReplicaSet)[0]?.status?.replicas, 10)
  assert.equal(server.all(ReplicaSet)[0]?.status?.observedGeneration, 1)
  scaleTo(server, 4)
  await clock.advance(1000)
  assert.equal(server.all(Pod).length, 4)
  assert.equal(server.all(ReplicaSet)[0]?.status?.replicas, 4)
  await stop()
})

test('no pod is made or deleted twice when the caches lag by seconds', async () => {
  const { clock, server, stop } = running(replicaset, (one) => one.create(ReplicaSet, webSet(3)))
  await clock.advance(1000)
  server.lagMs = 20_000
  scaleTo(server, 10)
  // something else wakes the set all the time
  for (let i = 0; i < 8; i++) {
    server.change<ReplicaSetObject>(ReplicaSet, web, ({ metadata }) => {
      metadata!.annotations = { tick: String(i) }
    })
    await clock.advance(8000)
  }
  await clock.advance(60_000)
  assert.equal(server.count('create', 'pods'), 10)
  scaleTo(server, 2)
  await clock.advance(120_000)
  assert.equal(server.count('delete', 'pods'), 8)
  assert.equal(server.all(Pod).length, 2)
  await stop()
})

test('a create whose answer is lost is not made again before the cache can show it', async () => {
  let lost = 0
  const { clock, server, stop } = running(replicaset, (one) => {
    one.create(ReplicaSet, webSet(3))
    const { create } = one.client
    one.client.create = async (kind, ...rest) => {
      const answer = await create(kind, ...rest)
      if (kind.kind === 'Pod' && lost++ === 0) throw new Error('read ECONNRESET')
      return answer
    }
  })
  server.lagMs = 5000
  await clock.advance(60_000)
  assert.equal(lost, 3)
  assert.equal(server.all(Pod).length, 3)
  await stop()
})

test('a cache that never catches up is waited for five minutes, not for ever', async () => {
  const { clock, server, stop } = running(replicaset, (one) => one.create(ReplicaSet, webSet(1)))
  await clock.advance(1000)
  server.lagMs = 3_600_000
  server.remove(Pod, { namespace: 'ns', name: server.all(Pod)[0]?.metadata?.name ?? '' })
  server.lagMs = 0
  await clock.advance(1000)
  assert.equal(server.count('create', 'pods'), 1)
  await stop()
})

test('conflicts are retried', async () => {
  let refusals = 2
  const { clock, server, logs, stop } = running(replicaset, (one) => {
    one.create(ReplicaSet, webSet(1))
    one.refuse = ({ subresource }) => (subresource === 'status' && refusals-- > 0 ? conflict(ReplicaSet, 'web') : undefined)
  })
  await clock.advance(1000)
  const [set] = server.all(ReplicaSet)
  assert.equal(set?.status?.replicas, 1)
  assert.equal(set?.status?.conditions, undefined, 'a conflict is no failure of the set')
  assert.equal(server.count('create', 'pods'), 1)
  assert.deepEqual(
    logs.filter(({ level }) => level === 'error'),
    [],
  )
  await stop()
})

test('a refusal by quota costs few requests and is told by condition and event', async () => {
  const refused = new ApiError('Forbidden', 'pods "web-" is forbidden: exceeded quota')
  let room = 3
  const { clock, server, stop } = running(replicaset, (one) => {
    one.create(ReplicaSet, webSet(100))
    one.refuse = ({ verb, resource }) => (verb === 'create' && resource === 'pods' && room-- <= 0 ? refused : undefined)
  })
  await clock.advance(4)
  const tries = server.count('create', 'pods')
  assert.ok(tries >= 7 && tries < 12, `batches of 1, 2 and 4, the last refused, then one at a time: ${tries}`)
  const condition = server.all(ReplicaSet)[0]?.status?.conditions?.[0]
  assert.deepEqual([condition?.type, condition?.reason, condition?.message], ['ReplicaFailure', 'FailedCreate', refused.message])
  room = 1000
  await clock.advance(60_000)
  assert.equal(server.all(Pod).length, 100)
  assert.equal(server.all(ReplicaSet)[0]?.status?.conditions, undefined)
  const messages = server.all(Event).map(({ reason, message }) => `${reason}: ${message}`)
  assert.ok(messages.includes(`FailedCreate: Error creating: ${refused.message}`))
  assert.ok(messages.some((message) => message.startsWith('SuccessfulCreate: Created pod: web-')))
  assert.ok(server.all(Event).length <= 26, 'the spam filter lets a burst of 25 pass')
  await stop()
})

test('nothing is retried or told in a namespace that is being deleted', async () => {
  const details = { causes: [{ reason: 'NamespaceTerminating', message: 'namespace ns is being terminated', field: 'metadata.namespace' }] }
  const { clock, server, stop } = running(replicaset, (one) => {
    one.create(ReplicaSet, webSet(2))
    one.refuse = ({ verb }) => (verb === 'create' ? new ApiError('Forbidden', 'namespace ns is being terminated', { details }) : undefined)
  })
  await clock.advance(60_000)
  assert.equal(server.count('create', 'pods'), 1)
  assert.equal(server.count('create', 'events'), 0)
  assert.equal(server.all(ReplicaSet)[0]?.status, undefined)
  await stop()
})

test('a server that asks for patience gets it', async () => {
  let asked = 0
  const busy = new ApiError('TooManyRequests', 'slow down', { details: { retryAfterSeconds: 30 } })
  const making = defineController({
    name: 'making',
    for: ConfigMap,
    reads: { pods: Pod },
    reconcile: ({ metadata }, { pods }) => {
      const pod = { metadata: { namespace: 'ns', name: metadata?.name ?? '' } }
      return pods.get(pod.metadata.name, 'ns') === undefined ? plan(create(Pod, pod)) : nothing
    },
  })
  const { clock, server, stop } = running(making, (one) => {
    one.create(ConfigMap, { metadata: { namespace: 'ns', name: 'm' } })
    one.refuse = ({ verb, resource }) => (verb === 'create' && resource === 'pods' && asked++ === 0 ? busy : undefined)
  })
  await clock.advance(29_000)
  assert.equal(asked, 1)
  await clock.advance(2000)
  assert.equal(server.all(Pod).length, 1)
  await stop()
})

test('an orphan is not adopted by a set that is going, though the cache has not seen it go', async () => {
  const { clock, server, stop } = running(replicaset, (one) =>
    one.create(ReplicaSet, { ...webSet(1), metadata: { ...web, finalizers: ['orphan'] } }),
  )
  await clock.advance(1000)
  const name = server.all(Pod)[0]?.metadata?.name ?? ''
  server.lagMs = 5000
  server.remove(ReplicaSet, web)
  server.lagMs = 0
  server.change(Pod, { namespace: 'ns', name }, ({ metadata }) => {
    metadata!.ownerReferences = []
  })
  await clock.advance(60_000)
  assert.deepEqual(server.all(Pod)[0]?.metadata?.ownerReferences, [])
  await stop()
})

test('a pod deleted without grace leaves its endpoints', async () => {
  const { clock, server, stop } = running(endpoints, (one) => {
    one.create(Service, {
      metadata: { namespace: 'ns', name: 'web' },
      spec: { clusterIP: '10.0.0.1', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 80 as unknown as string }] },
    })
    const conditions = [{ type: 'Ready', status: 'True' }]
    one.create(Pod, {
      metadata: { namespace: 'ns', name: 'a', labels: { app: 'web' } },
      status: { podIPs: [{ ip: '10.1.0.1' }], conditions },
    })
  })
  await clock.advance(1000)
  assert.equal(server.all(Endpoints)[0]?.subsets?.[0]?.addresses?.length, 1)
  server.remove(Pod, { namespace: 'ns', name: 'a' })
  await clock.advance(1000)
  assert.deepEqual(server.all(Endpoints)[0]?.subsets, [])
  server.remove(Service, web)
  await clock.advance(1000)
  assert.deepEqual(server.all(Endpoints), [])
  await stop()
})

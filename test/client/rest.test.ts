import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { ApiError, isConflict, isGone, isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/rest.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { type Answer, scripted } from './support.ts'

const web = { namespace: 'ns', name: 'web' }

const requests: { name: string; send: (client: Client) => Promise<unknown>; want: [string, string]; body?: unknown; type?: string }[] = [
  { name: 'get', send: (c) => c.get(Deployment, web), want: ['GET', '/apis/apps/v1/namespaces/ns/deployments/web'] },
  { name: 'get of a core kind', send: (c) => c.get(Pod, web), want: ['GET', '/api/v1/namespaces/ns/pods/web'] },
  { name: 'get of a cluster-scoped kind', send: (c) => c.get(Node, { name: 'n' }), want: ['GET', '/api/v1/nodes/n'] },
  { name: 'a name with special characters', send: (c) => c.get(Node, { name: 'a b/..' }), want: ['GET', '/api/v1/nodes/a%20b%2F..'] },
  {
    name: 'list of all namespaces',
    send: (c) => c.list(Pod, { labelSelector: 'a=b,c in (d,e)', limit: 5, resourceVersion: '0' }),
    want: ['GET', '/api/v1/pods?labelSelector=a%3Db%2Cc+in+%28d%2Ce%29&resourceVersion=0&limit=5'],
  },
  {
    name: 'status update',
    send: (c) => c.update(Pod, { metadata: web, status: { phase: 'Running' } }, { subresource: 'status', fieldManager: 'm', dryRun: true }),
    want: ['PUT', '/api/v1/namespaces/ns/pods/web/status?dryRun=All&fieldManager=m'],
    body: { apiVersion: 'v1', kind: 'Pod', metadata: web, status: { phase: 'Running' } },
  },
  {
    name: 'merge patch',
    send: (c) => c.patch(Pod, web, { a: null }, { type: 'merge' }),
    want: ['PATCH', '/api/v1/namespaces/ns/pods/web'],
    body: { a: null },
    type: 'application/merge-patch+json',
  },
  {
    name: 'apply',
    send: (c) => c.patch(Pod, web, {}, { type: 'apply', force: true, fieldManager: 'm' }),
    want: ['PATCH', '/api/v1/namespaces/ns/pods/web?fieldManager=m&force=true'],
    type: 'application/apply-patch+yaml',
  },
  {
    name: 'delete with options',
    send: (c) => c.delete(Pod, web, { gracePeriodSeconds: 0, preconditions: { uid: 'u' }, propagationPolicy: 'Foreground' }),
    want: ['DELETE', '/api/v1/namespaces/ns/pods/web'],
    body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Foreground', preconditions: { uid: 'u' } },
  },
  {
    name: 'create of a subresource',
    send: (c) => c.createSubresource(Pod, web, 'eviction', { kind: 'Eviction' }),
    want: ['POST', '/api/v1/namespaces/ns/pods/web/eviction'],
    body: { kind: 'Eviction' },
  },
  {
    name: 'delete of a collection',
    send: (c) => c.deleteCollection(Pod, { namespace: 'ns', labelSelector: 'a=b' }),
    want: ['DELETE', '/api/v1/namespaces/ns/pods?labelSelector=a%3Db'],
  },
]

for (const { name, send, want, body, type } of requests) {
  test(`request: ${name}`, async () => {
    const { transport, requests: sent } = scripted({ body: { items: [] } })
    await send(createClient({ transport, userAgent: 'test', token: () => 'secret' }))
    const [request] = sent
    assert.deepEqual([request?.method, request?.path], want)
    assert.equal(request?.headers['authorization'], 'Bearer secret')
    if (body !== undefined) assert.deepEqual(JSON.parse(String(request?.body)), body)
    if (type !== undefined) assert.equal(request?.headers['content-type'], type)
  })
}

const errors: { name: string; answer: Answer; want: (error: unknown) => boolean }[] = [
  {
    name: 'a Status',
    answer: { status: 404, body: { kind: 'Status', reason: 'NotFound', message: 'pods "web" not found', code: 404 } },
    want: isNotFound,
  },
  {
    name: 'a conflict keeps its details',
    answer: { status: 409, body: { kind: 'Status', reason: 'Conflict', message: 'x', code: 409, details: { name: 'web' } } },
    want: (error) => isConflict(error) && (error as ApiError).details?.name === 'web',
  },
  {
    name: 'plain text of a proxy',
    answer: { status: 502, body: 'bad gateway' },
    want: (error) => error instanceof ApiError && error.code === 502 && error.message === 'bad gateway',
  },
  {
    name: 'nothing at all',
    answer: { status: 500, body: '' },
    want: (error) => error instanceof ApiError && error.message === 'the server responded with code 500',
  },
  {
    name: 'Retry-After beside a Status',
    answer: { status: 429, headers: { 'retry-after': '7' }, body: { kind: 'Status', reason: 'TooManyRequests', message: 'x', code: 429 } },
    want: (error) => (error as ApiError).details?.retryAfterSeconds === 7,
  },
  {
    name: 'an endless error page is cut off',
    answer: { status: 500, body: Array.from({ length: 20 }, () => 'x'.repeat(100_000)) },
    want: (error) => error instanceof ApiError && error.message.includes('larger than'),
  },
]

for (const { name, answer, want } of errors) {
  test(`error: ${name}`, async () => {
    const client = createClient({ transport: scripted(answer).transport, userAgent: 'test' })
    await assert.rejects(client.get(Pod, web), (error) => want(error) || assert.fail(String(error)))
  })
}

test('items of a list are of the kind that was asked for', async () => {
  const { transport, requests: sent } = scripted({
    body: { metadata: {}, items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'a' } }] },
  })
  const list = await createClient({ transport, userAgent: 'test' }).list(Pod, { metadataOnly: true })
  assert.deepEqual(list.items[0], { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } })
  assert.match(sent[0]?.headers['accept'] ?? '', /as=PartialObjectMetadataList;g=meta\.k8s\.io;v=v1/)
})

test('an empty list of metadata, which Go writes as null, has no items', async () => {
  const { transport } = scripted({ body: { kind: 'PartialObjectMetadataList', metadata: {}, items: null } })
  const list = await createClient({ transport, userAgent: 'test' }).list(Pod, { metadataOnly: true })
  assert.deepEqual(list.items, [])
})

test('what the server puts off is sent again when it says, with a clock', async () => {
  const busy = { status: 429, headers: { 'retry-after': '2' }, body: 'slow down' }
  const clock = new VirtualClock()
  const { transport, requests: sent } = scripted(busy, busy, { body: { metadata: { name: 'web' } } })
  const answer = createClient({ transport, userAgent: 'test', clock }).create(Pod, { metadata: web })
  await clock.advance(3999)
  assert.equal(sent.length, 2)
  await clock.advance(1)
  assert.equal((await answer).metadata?.name, 'web')
  const never = createClient({ transport: scripted(busy).transport, userAgent: 'test', clock }).get(Pod, web)
  never.catch(() => {})
  await clock.advance(60_000)
  await assert.rejects(never, { code: 429 })
})

const event = (type: string, name: string) => JSON.stringify({ type, object: { metadata: { name } } })

test('watch: frames may be cut anywhere', async () => {
  const text = `${event('ADDED', 'ä')}\n\n${event('MODIFIED', 'b')}\n${event('DELETED', 'cut off')}`
  for (const size of [1, 7, 1000]) {
    const bytes = Buffer.from(text)
    const body = (async function* () {
      for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
    })()
    const client = createClient({ transport: async () => ({ status: 200, headers: {}, body }), userAgent: 'test' })
    const seen = await Array.fromAsync(client.watch(Pod, { resourceVersion: '5' }))
    assert.deepEqual(
      seen.map(({ type, object }) => [type, object.metadata?.name]),
      [
        ['ADDED', 'ä'],
        ['MODIFIED', 'b'],
      ],
    )
  }
})

test('watch: an ERROR event is thrown', async () => {
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
  const body = [`${event('ADDED', 'a')}\n`, `${JSON.stringify({ type: 'ERROR', object: status })}\n`]
  const client = createClient({ transport: scripted({ body }).transport, userAgent: 'test' })
  const seen: string[] = []
  await assert.rejects(async () => {
    for await (const { type } of client.watch(Pod)) seen.push(type)
  }, isGone)
  assert.deepEqual(seen, ['ADDED'])
})

test('watch: an endless line is refused', async () => {
  const body = Array.from({ length: 18 }, () => 'x'.repeat(1 << 20))
  const client = createClient({ transport: scripted({ body }).transport, userAgent: 'test' })
  await assert.rejects(Array.fromAsync(client.watch(Pod)), /larger than/)
})

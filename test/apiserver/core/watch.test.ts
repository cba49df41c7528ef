// Watches: start, order, selectors, bookmarks, ends, tables, WebSockets; and the property that a list and the watch from it miss nothing.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import type { Harness } from './harness.ts'
import { configMap, configMaps, pod, pods, seeded, settle, start, summary } from './harness.ts'

const merge = { 'content-type': 'application/merge-patch+json' }
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }

describe('watch', () => {
  let k: Harness
  before(async () => {
    k = await start()
    for (const name of ['a', 'b']) await k.call('POST', configMaps, configMap(name))
  })
  after(() => k.close())

  const revision = async () => (await k.call('GET', configMaps)).body.metadata.resourceVersion as string

  test('rule 6: unset means the present state as ADDED, then what comes', async () => {
    const watch = await k.watch(`${configMaps}?watch=true`)
    assert.equal(watch.code, 200)
    assert.equal(summary(await watch.take(2)), 'ADDED a, ADDED b')
    await k.call('PUT', `${configMaps}/a`, configMap('a', { x: '1' }))
    assert.equal(summary(await watch.take(1)), 'MODIFIED a')
    watch.stop()
  })

  test('rule 6: N means everything after N, once and in order', async () => {
    const from = await revision()
    await k.call('POST', configMaps, configMap('n'))
    await k.call('PUT', `${configMaps}/n`, configMap('n', { x: '1' }))
    const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=${from}`)
    await k.call('DELETE', `${configMaps}/n`)
    const events = await watch.take(3)
    assert.equal(summary(events), 'ADDED n, MODIFIED n, DELETED n')
    watch.stop()
  })

  test('rule 6: the head is sent before there is any event, and a future N waits for it', async () => {
    const next = Number(await revision()) + 2
    const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=${next - 1}`)
    assert.equal(watch.code, 200)
    await k.call('PUT', `${configMaps}/a`, configMap('a', { y: '1' }))
    await k.call('PUT', `${configMaps}/a`, configMap('a', { y: '2' }))
    assert.equal((await watch.take(1))[0]!.object.metadata!.resourceVersion, String(next))
    watch.stop()
  })

  test('rule 8: DELETED carries the last state under the revision of the deletion', async () => {
    const made = await k.call('POST', configMaps, configMap('gone', { last: 'state' }))
    const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=${made.body.metadata.resourceVersion}`)
    await k.call('DELETE', `${configMaps}/gone`)
    const [event] = await watch.take(1)
    assert.equal(event!.type, 'DELETED')
    assert.deepEqual((event!.object as { data?: object }).data, { last: 'state' })
    assert.equal(event!.object.metadata!.resourceVersion, await revision())
    watch.stop()
  })

  test('rule 9: what begins to match is ADDED, what ceases is DELETED as it was, under the new revision', async () => {
    const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=${await revision()}&labelSelector=in`)
    await k.call('POST', configMaps, configMap('sel', { v: '1' }))
    await k.call('PATCH', `${configMaps}/sel`, { metadata: { labels: { in: 'y' } } }, merge)
    await k.call('PATCH', `${configMaps}/sel`, { data: { v: '2' } }, merge)
    await k.call('PATCH', `${configMaps}/sel`, { metadata: { labels: null }, data: { v: '3' } }, merge)
    const events = await watch.take(3)
    assert.equal(summary(events), 'ADDED sel, MODIFIED sel, DELETED sel')
    assert.deepEqual((events[2]!.object as { data?: object }).data, { v: '2' })
    assert.equal(events[2]!.object.metadata!.resourceVersion, await revision())
    watch.stop()
  })

  test('rule 9: a field selector on spec.nodeName follows a pod to its node', async () => {
    const watch = await k.watch(`/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dn9`)
    await k.call('POST', pods, pod('other', 'n8'))
    await k.call('POST', pods, pod('mine', 'n9'))
    assert.equal(summary(await watch.take(1)), 'ADDED mine')
    watch.stop()
  })

  test('rule 10: bookmarks come each minute and before the end, only when asked for, with nothing but the revision', async () => {
    const url = `${configMaps}?watch=1&resourceVersion=${await revision()}&timeoutSeconds=90`
    const [plain, marked] = await Promise.all([k.watch(url), k.watch(`${url}&allowWatchBookmarks=true`)])
    await settle()
    await k.clock.advance(90_000)
    assert.deepEqual(await plain.rest(), [])
    const events = await marked.rest()
    assert.equal(summary(events), 'BOOKMARK, BOOKMARK')
    const metadata = { resourceVersion: await revision() }
    assert.deepEqual(events[0]!.object, { kind: 'ConfigMap', apiVersion: 'v1', metadata })
  })

  test('rule 11: without timeoutSeconds a watch ends cleanly between 30 and 60 minutes', async () => {
    const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=${await revision()}`)
    let over = false
    const rest = watch.rest().then((events) => {
      over = true
      return events
    })
    await settle()
    await k.clock.advance(1_799_000)
    assert.equal(over, false)
    await k.clock.advance(1_801_000)
    assert.deepEqual(await rest, [])
  })

  test('rule 12: the deprecated paths /watch/… work, also for one object', async () => {
    const all = await k.watch('/api/v1/watch/namespaces/default/configmaps')
    assert.equal(summary(await all.take(1)), 'ADDED a')
    all.stop()
    const one = await k.watch('/api/v1/watch/namespaces/default/configmaps/b')
    assert.equal(summary(await one.take(1)), 'ADDED b')
    one.stop()
  })

  test('rule 13: a Table watch names its columns only in the first event', async () => {
    const watch = await k.watch(`${configMaps}?watch=1`, table)
    const [first, second] = await watch.take(2)
    assert.equal(first!.object.columnDefinitions?.length, 3)
    assert.equal(second!.object.columnDefinitions, null)
    assert.equal((second!.object.rows![0] as { object: { kind: string } }).object.kind, 'PartialObjectMetadata')
    watch.stop()
  })

  test('B5: watch-list sends the state, then a bookmark that says so', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watch = await k.watch(`${configMaps}?${query}&fieldSelector=metadata.name%3Da`)
    const [added, mark] = await watch.take(2)
    assert.equal(summary([added!]), 'ADDED a')
    assert.equal(mark!.type, 'BOOKMARK')
    assert.deepEqual(mark!.object.metadata!.annotations, { 'k8s.io/initial-events-end': 'true' })
    assert.equal(mark!.object.metadata!.resourceVersion, await revision())
    watch.stop()
  })

  test('B5: an empty watch-list consists of its bookmark', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watch = await k.watch(`/api/v1/namespaces/none/secrets?${query}`)
    assert.equal((await watch.take(1))[0]!.type, 'BOOKMARK')
    watch.stop()
  })

  test('rule 58: a watch speaks the version that was asked for', async () => {
    const scaler = {
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
        targetCPUUtilizationPercentage: 50,
      },
    }
    const made = await k.call('POST', '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers', scaler)
    assert.equal(made.code, 201, made.text)
    const v1 = await k.watch('/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers?watch=1')
    const v2 = await k.watch('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers?watch=1')
    const [[old], [now]] = await Promise.all([v1.take(1), v2.take(1)])
    assert.deepEqual([old!.object.apiVersion, now!.object.apiVersion], ['autoscaling/v1', 'autoscaling/v2'])
    assert.equal(old!.object.metadata!.resourceVersion, now!.object.metadata!.resourceVersion)
    v1.stop()
    v2.stop()
  })
})

test('rule 7: a forgotten revision is an ERROR event 410 Expired in a 200 stream that ends', async () => {
  const k = await start({}, { history: { maxEvents: 4, maxBytes: 1 << 20 } })
  for (let i = 0; i < 10; i++) await k.call('POST', configMaps, configMap(`c${i}`))
  await k.server.context.storage.compact(8)
  const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=2`)
  assert.equal(watch.code, 200)
  const [event, ...more] = await watch.rest()
  assert.deepEqual(more, [])
  assert.deepEqual([event!.type, event!.object.code, event!.object.reason], ['ERROR', 410, 'Expired'])
  assert.match(event!.object.message!, /^too old resource version: 2 \(\d+\)$/)
  await k.close()
})

test('a revision that the cache has forgotten but storage has not is replayed, then followed', async () => {
  const k = await start({}, { history: { maxEvents: 4, maxBytes: 1 << 20 } })
  for (let i = 0; i < 10; i++) await k.call('POST', configMaps, configMap(`c${i}`))
  const watch = await k.watch(`${configMaps}?watch=1&resourceVersion=4`)
  await k.call('POST', configMaps, configMap('live'))
  assert.equal(summary(await watch.take(8)), 'ADDED c3, ADDED c4, ADDED c5, ADDED c6, ADDED c7, ADDED c8, ADDED c9, ADDED live')
  watch.stop()
  await k.close()
})

test('closing the server ends watches cleanly', async () => {
  const k = await start()
  const watch = await k.watch(`${configMaps}?watch=1`)
  const rest = watch.rest()
  await settle()
  await k.close()
  assert.deepEqual(await rest, [])
})

test('a WebSocket watch sends one text message per event; refusals are plain answers', async () => {
  const k = await start({ bindAddress: '127.0.0.1', securePort: 0 })
  const url = (await k.server.listen()).replace('http', 'ws')
  await k.call('POST', configMaps, configMap('a'))
  const socket = new WebSocket(`${url}${configMaps}?watch=1`)
  const messages: string[] = []
  socket.on('message', (data, binary) => messages.push(`${binary} ${JSON.parse(data.toString()).object.metadata.name}`))
  await new Promise((resolve) => socket.on('open', resolve))
  await k.call('POST', configMaps, configMap('b'))
  for (let i = 0; i < 100 && messages.length < 2; i++) await wait(5)
  assert.deepEqual(messages, ['false a', 'false b'])
  const refused = new WebSocket(`${url}/api/v1/nope?watch=1`)
  const code = await new Promise((resolve) => {
    refused.on('unexpected-response', (_request, response) => resolve(response.statusCode))
    refused.on('error', () => {})
  })
  assert.equal(code, 404)
  socket.close()
  refused.terminate()
  await k.close()
})

test('a list and the watch from its revision together tell the truth, whatever is written meanwhile', async () => {
  const write = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    kind: fc.constantFrom('put', 'delete', 'label', 'unlabel'),
    value: fc.nat(99),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 30 }), fc.nat(30), fc.nat(), async (writes, listAt, seed) => {
      const k = await start({}, { random: seeded(seed), history: { maxEvents: 8, maxBytes: 1 << 20 } })
      const state = new Map<string, string>()
      const selected = new Map<string, string>()
      const watches: Promise<void>[] = []
      const stops: (() => void)[] = []
      const follow = async (query: string, into: Map<string, string>) => {
        const list = await k.call('GET', `${configMaps}?${query}`)
        for (const item of list.body.items) into.set(item.metadata.name, item.metadata.resourceVersion)
        const watch = await k.watch(
          `${configMaps}?watch=1&timeoutSeconds=60&resourceVersion=${list.body.metadata.resourceVersion}&${query}`,
        )
        stops.push(watch.stop)
        let last = Number(list.body.metadata.resourceVersion)
        watches.push(
          watch.rest().then((events) => {
            for (const { type, object } of events) {
              const revision = Number(object.metadata!.resourceVersion)
              assert.ok(revision > last, 'events come in order and never twice')
              last = revision
              assert.equal(into.has(object.metadata!.name!), type !== 'ADDED', `${type} ${object.metadata!.name}`)
              if (type === 'DELETED') into.delete(object.metadata!.name!)
              else into.set(object.metadata!.name!, object.metadata!.resourceVersion!)
            }
          }),
        )
      }
      for (const [index, { name, kind, value }] of writes.entries()) {
        if (index === listAt % writes.length) await Promise.all([follow('', state), follow('labelSelector=in', selected)])
        const labels = kind === 'label' ? { in: 'x' } : undefined
        if (kind === 'delete') await k.call('DELETE', `${configMaps}/${name}`)
        else if ((await k.call('PUT', `${configMaps}/${name}`, configMap(name, { v: String(value) }, labels))).code === 404)
          await k.call('POST', configMaps, configMap(name, { v: String(value) }, labels))
      }
      await settle()
      await k.clock.advance(61_000)
      await Promise.all(watches)
      const versions = (reply: { body: { items: { metadata: { name: string; resourceVersion: string } }[] } }) =>
        new Map(reply.body.items.map((item) => [item.metadata.name, item.metadata.resourceVersion]))
      const sorted = (map: Map<string, string>) => [...map].sort()
      assert.deepEqual(sorted(state), sorted(versions(await k.call('GET', configMaps))))
      assert.deepEqual(sorted(selected), sorted(versions(await k.call('GET', `${configMaps}?labelSelector=in`))))
      await k.close()
    }),
    { numRuns: 15 },
  )
})

// Reflector and cache together: a cache follows the server through lists, watches, breaks and forgotten revisions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { ApiError } from '../../src/apimachinery/api-error.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Client } from '../../src/client/client.ts'
import { cachesSynced, InformerFactory, ObjectCache } from '../../src/client/informer.ts'
import { reflect } from '../../src/client/reflector.ts'
import { compareRevisions } from '../../src/client/revision.ts'
import { FakeServer } from '../support/fake-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { namespace: 'ns', name }, data })
const at = (name: string) => ({ namespace: 'ns', name })

function following(prepare: (server: FakeServer) => void = () => {}) {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  prepare(server)
  const cache = new ObjectCache(ConfigMap)
  const stop = new AbortController()
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const run = reflect({ client: server.client, kind: ConfigMap, sink: cache, clock, random: () => 0.5, signal: stop.signal, onError })
  const end = async () => {
    stop.abort()
    await clock.advance(0)
    await run
  }
  const names = () =>
    cache
      .list()
      .map(({ metadata }) => metadata?.name)
      .sort()
  return { clock, server, cache, errors, end, names }
}

for (const watchList of [true, false]) {
  const how = watchList ? 'by a watch list' : 'by list and watch, from an older server'
  test(`the state comes ${how}, then its changes`, async () => {
    const { clock, server, cache, end, names } = following((one) => {
      one.watchList = watchList
      one.create(ConfigMap, map('a'))
    })
    await clock.advance(1000)
    assert.deepEqual(names(), ['a'])
    assert.ok(cache.synced)
    server.create(ConfigMap, map('b'))
    server.remove(ConfigMap, at('a'))
    await clock.advance(0)
    assert.deepEqual(names(), ['b'])
    assert.equal(cache.revision, String(server.revision))
    assert.equal(server.count('list', 'configmaps'), watchList ? 0 : 1)
    await end()
  })
}

test('a kind that an older server does not have is an empty one, until it is served', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  const missing = () => Promise.reject(new ApiError('NotFound', 'the server could not find the requested resource'))
  let served = false
  const client: Client = {
    ...server.client,
    list: (kind, o) => (served ? server.client.list(kind, o) : missing()),
    watch: (kind, o) => (served ? server.client.watch(kind, o) : (missingWatch(missing) as ReturnType<typeof server.client.watch>)),
  } as Client
  const cache = new ObjectCache(ConfigMap)
  const stop = new AbortController()
  const run = reflect({ client, kind: ConfigMap, sink: cache, clock, random: () => 0.5, signal: stop.signal })
  await clock.advance(0)
  assert.ok(cache.synced)
  assert.deepEqual(cache.list(), [])
  server.create(ConfigMap, map('a'))
  served = true
  await clock.advance(10_000)
  assert.equal(cache.list().length, 1)
  stop.abort()
  await clock.advance(0)
  await run
})

async function* missingWatch(missing: () => Promise<never>): AsyncGenerator<never> {
  yield await missing()
}

test('a broken watch goes on where it was: nothing is missed, nothing repeated', async () => {
  const { clock, server, cache, end, names } = following((one) => one.create(ConfigMap, map('a')))
  const changes: string[] = []
  cache.onChange(({ type, object }) => changes.push(`${type} ${object.metadata?.name}`))
  await clock.advance(1000)
  server.breakWatches(new Error('connection reset'))
  server.create(ConfigMap, map('b'))
  server.change<KubeObject>(ConfigMap, at('a'), ({ metadata }) => {
    metadata!.labels = { x: 'y' }
  })
  await clock.advance(5000)
  assert.deepEqual(names(), ['a', 'b'])
  assert.deepEqual(changes, ['added a', 'added b', 'updated a'])
  assert.equal(server.requests.filter(({ verb, name }) => verb === 'watch' && name !== '').length, 1)
  await end()
})

test('a forgotten revision means a new list: what went in between is noticed', async () => {
  const { clock, server, cache, end, names } = following((one) => {
    one.create(ConfigMap, map('a'))
    one.create(ConfigMap, map('b'))
  })
  const gone: string[] = []
  cache.onChange(({ type, object }) => type === 'deleted' && gone.push(object.metadata?.name ?? ''))
  await clock.advance(1000)
  server.breakWatches()
  server.remove(ConfigMap, at('a'))
  server.create(ConfigMap, map('c'))
  server.compactedBefore = server.revision
  await clock.advance(10_000)
  assert.deepEqual(names(), ['b', 'c'])
  assert.deepEqual(gone, ['a'])
  await end()
})

test('a list after the first is never older than what was seen', async () => {
  const { clock, server, end } = following((one) => {
    one.watchList = false
    one.create(ConfigMap, map('a'))
  })
  const asked: (string | undefined)[] = []
  const list = server.client.list
  server.client.list = (kind, options) => {
    asked.push(options?.resourceVersion)
    return list(kind, options)
  }
  await clock.advance(1000)
  server.breakWatches()
  server.compactedBefore = server.revision + 1
  server.create(ConfigMap, map('b'))
  await clock.advance(10_000)
  assert.deepEqual(asked, ['0', undefined], 'any at first, the newest after 410')
  await end()
})

test('a server that ends every watch at once is not asked in a tight loop', async () => {
  const { clock, server, end } = following()
  await clock.advance(100)
  const before = server.requests.length
  for (let i = 0; i < 100; i++) {
    server.breakWatches()
    await clock.advance(100)
  }
  const asked = server.requests.length - before
  assert.ok(asked > 10 && asked <= 50, `${asked} requests in ten seconds`)
  await end()
})

test('a server that refuses is asked less and less often', async () => {
  const { clock, server, errors, end } = following((one) => {
    one.refuse = () => new Error('connection refused')
  })
  await clock.advance(10 * 60_000)
  assert.ok(server.requests.length < 30, `${server.requests.length} requests in ten minutes`)
  assert.equal(errors.length, server.requests.length)
  server.refuse = () => undefined
  await clock.advance(60_000)
  assert.equal(server.watching(ConfigMap), 1)
  await end()
})

test('objects of a cache are frozen and know their kind', async () => {
  const { clock, cache, end } = following((one) => one.create(ConfigMap, map('a', { k: 'v' })))
  await clock.advance(0)
  const object = cache.get('a', 'ns')
  assert.equal(object?.kind, 'ConfigMap')
  assert.throws(() => {
    object!.data!['k'] = 'other'
  }, TypeError)
  await end()
})

test('an object made anew under the same name is a deletion and an addition', () => {
  const cache = new ObjectCache(ConfigMap)
  const seen: string[] = []
  cache.onChange(({ type, object }) => seen.push(`${type} ${object.metadata?.uid}`))
  cache.replace([{ metadata: { ...at('a'), uid: '1', resourceVersion: '1' } }], '1')
  cache.replace([{ metadata: { ...at('a'), uid: '2', resourceVersion: '5' } }], '5')
  assert.deepEqual(seen, ['added 1', 'deleted 1', 'added 2'])
})

test('indexes follow changes and leave no empty bucket', () => {
  const cache = new ObjectCache(ConfigMap)
  const labelled = (name: string, app: string, revision: string) => ({
    metadata: { ...at(name), uid: name, resourceVersion: revision, labels: { app } },
  })
  cache.replace([labelled('a', 'x', '1')], '1')
  cache.addIndex('app', ({ metadata }) => Object.values(metadata?.labels ?? {}))
  cache.apply('ADDED', labelled('b', 'x', '2'))
  const named = (value: string) => cache.by('app', value).map(({ metadata }) => metadata?.name)
  assert.deepEqual(named('x'), ['a', 'b'])
  cache.apply('MODIFIED', labelled('a', '__proto__', '3'))
  assert.deepEqual([named('x'), named('__proto__')], [['b'], ['a']])
  cache.apply('DELETED', labelled('b', 'x', '4'))
  assert.deepEqual(named('x'), [])
  assert.throws(() => cache.by('none', 'x'), /no index none/)
})

test('an older revision does not turn the cache back', () => {
  const cache = new ObjectCache(ConfigMap)
  cache.replace([], '100')
  cache.bookmark('99')
  assert.equal(cache.revision, '100')
  cache.bookmark('1000')
  assert.equal(cache.revision, '1000')
  assert.ok(compareRevisions('9', '10') < 0 && compareRevisions('18446744073709551615', '18446744073709551614') > 0)
})

test('one cache a kind and selection; waiting for them ends with the signal', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock)
  server.refuse = () => new Error('down')
  const stop = new AbortController()
  const informers = new InformerFactory({ client: server.client, clock, random: () => 0, signal: stop.signal })
  const cache = informers.cache(ConfigMap)
  assert.equal(informers.cache(ConfigMap), cache)
  assert.notEqual(informers.cache(ConfigMap, { namespace: 'ns' }), cache)
  const waiting = cachesSynced([cache as unknown as ObjectCache], stop.signal)
  waiting.catch(() => {})
  stop.abort(new Error('stop'))
  await assert.rejects(waiting, /stop/)
  await clock.advance(0)
  await informers.stopped()
  assert.equal(clock.pending, 0)
})

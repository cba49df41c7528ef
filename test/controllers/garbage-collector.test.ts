// The garbage collector over a faked server: what remains after owners go, in each mode.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { garbageCollector } from '../../controllers/garbage-collector/index.ts'
import { ConfigMap } from '../../src/api/core/configmap.ts'
import { Event } from '../../src/api/core/event.ts'
import { Node } from '../../src/api/core/node.ts'
import { Secret } from '../../src/api/core/secret.ts'
import { ApiError } from '../../src/apimachinery/api-error.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject, OwnerReference } from '../../src/apimachinery/meta.ts'
import { objectGraph, openDiscovery } from '../../src/controller/ports.ts'
import { FakeServer } from '../support/fake-server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const kinds: Kind[] = [ConfigMap, Secret, Node]

function owner(kind: Kind, name: string, more: Partial<OwnerReference> = {}): OwnerReference {
  return { apiVersion: kind.apiVersion, kind: kind.kind, name, uid: name, ...more }
}

/** Objects have their name as uid. */
function put(
  server: FakeServer,
  kind: Kind,
  name: string,
  ownerReferences: OwnerReference[] = [],
  more: KubeObject['metadata'] = {},
): void {
  const namespace = kind.scope === 'Namespaced' ? { namespace: 'ns' } : {}
  server.create<KubeObject>(kind, { metadata: { ...namespace, name, uid: name, ownerReferences, ...more } })
}

function names(server: FakeServer): string[] {
  return kinds.flatMap((kind) => server.all<KubeObject>(kind).map(({ metadata }) => metadata?.name ?? '')).sort()
}

async function collecting(server: FakeServer, clock: VirtualClock, act: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const options = { client: server.client, clock, random: () => 0.5, signal: stop.signal, onError: () => {} }
  const port = objectGraph(options, openDiscovery(options))
  const run = garbageCollector.run({ objectGraph: port }, { options: {}, signal: stop.signal })
  await clock.advance(1000)
  await act()
  stop.abort()
  await clock.advance(0)
  await run
}

interface Case {
  name: string
  given: (server: FakeServer) => void
  act?: (server: FakeServer) => void
  want: string[]
  check?: (server: FakeServer) => void
}

const blocking = { blockOwnerDeletion: true }
const inNs = { namespace: 'ns' }

const cases: Case[] = [
  {
    name: 'dependents of a deleted owner are deleted, and theirs after them',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'b', [owner(ConfigMap, 'a')])
      put(server, ConfigMap, 'c', [owner(Secret, 'b')])
      put(server, Secret, 'free')
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }),
    want: ['free'],
  },
  {
    name: 'an owner that was gone before anybody looked',
    given: (server) => {
      put(server, Secret, 'b', [owner(ConfigMap, 'never')])
      put(server, Secret, 'c', [owner(ConfigMap, 'never')])
    },
    want: [],
  },
  {
    name: 'another object of the same name is not the owner',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'b', [owner(ConfigMap, 'a', { uid: 'earlier' })])
    },
    want: ['a'],
  },
  {
    name: 'one of two owners goes: its reference is dropped',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, ConfigMap, 'a2')
      put(server, Secret, 'b', [owner(ConfigMap, 'a'), owner(ConfigMap, 'a2')])
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }),
    want: ['a2', 'b'],
    check: (server) =>
      assert.deepEqual(
        server.all(Secret)[0]?.metadata?.ownerReferences?.map(({ name }) => name),
        ['a2'],
      ),
  },
  {
    name: 'in the foreground the owner goes last',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'held', [owner(ConfigMap, 'a', blocking)], { finalizers: ['example.com/hold'] })
      put(server, Secret, 'b', [owner(ConfigMap, 'a', blocking)])
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Foreground'),
    want: ['a', 'held'],
    check: (server) => {
      assert.deepEqual(server.all(ConfigMap)[0]?.metadata?.finalizers, ['foregroundDeletion'])
      assert.ok(server.all(Secret)[0]?.metadata?.deletionTimestamp)
    },
  },
  {
    name: 'in the foreground only blocking dependents are waited for',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'held', [owner(ConfigMap, 'a')], { finalizers: ['example.com/hold'] })
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Foreground'),
    want: ['held'],
  },
  {
    name: 'in the foreground a dependent with another owner stays',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, ConfigMap, 'a2')
      put(server, Secret, 'b', [owner(ConfigMap, 'a', blocking), owner(ConfigMap, 'a2', blocking)])
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Foreground'),
    want: ['a2', 'b'],
  },
  {
    name: 'a circle in the foreground is undone',
    given: (server) => {
      put(server, ConfigMap, 'a', [owner(Secret, 'b', blocking)])
      put(server, Secret, 'b', [owner(ConfigMap, 'a', blocking)])
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Foreground'),
    want: [],
  },
  {
    name: 'orphaned dependents stay, without the reference',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'b', [owner(ConfigMap, 'a')])
      put(server, Secret, 'c', [owner(ConfigMap, 'a')])
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Orphan'),
    want: ['b', 'c'],
    check: (server) =>
      assert.deepEqual(
        server.all(Secret).flatMap(({ metadata }) => metadata?.ownerReferences ?? []),
        [],
      ),
  },
  {
    name: 'orphans are made by merge patch where strategic merge is not known',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'b', [owner(ConfigMap, 'a')])
      server.refuse = ({ body }) =>
        JSON.stringify(body ?? '').includes('$patch') ? new ApiError('UnsupportedMediaType', 'not for custom resources') : undefined
    },
    act: (server) => server.remove(ConfigMap, { ...inNs, name: 'a' }, 'Orphan'),
    want: ['b'],
  },
  {
    name: 'an owner in another namespace is none, and that is told',
    given: (server) => {
      put(server, ConfigMap, 'a')
      put(server, Secret, 'b', [owner(ConfigMap, 'a')], { namespace: 'other' })
    },
    want: ['a'],
    check: (server) => {
      const [event] = server.all(Event)
      assert.equal(event?.reason, 'OwnerRefInvalidNamespace')
      assert.equal(event?.message, 'ownerRef [v1/ConfigMap, namespace: other, name: a, uid: a] does not exist in namespace "other"')
    },
  },
  {
    name: 'a cluster-scoped object that names a namespaced owner is left alone',
    given: (server) => put(server, Node, 'n', [owner(ConfigMap, 'nowhere')]),
    want: ['n'],
  },
  {
    name: 'a cluster-scoped owner may be named from any namespace',
    given: (server) => {
      put(server, Node, 'n')
      put(server, Secret, 'b', [owner(Node, 'n')])
    },
    want: ['b', 'n'],
  },
  {
    name: 'an owner of a kind that is not known is waited for',
    given: (server) => put(server, Secret, 'b', [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' }]),
    want: ['b'],
  },
  {
    name: 'a reference added in the meantime saves the dependent',
    given: (server) => {
      put(server, ConfigMap, 'a2')
      put(server, Secret, 'b', [owner(ConfigMap, 'a')])
      server.lagMs = 0
      // the graph knows the old reference only: the deletion is fenced by what was read
      server.refuse = ({ verb, name }) => {
        if (verb !== 'delete' || name !== 'b') return undefined
        server.refuse = () => undefined
        server.change<KubeObject>(Secret, { ...inNs, name: 'b' }, ({ metadata }) => metadata?.ownerReferences?.push(owner(ConfigMap, 'a2')))
        return undefined
      }
    },
    want: ['a2', 'b'],
  },
]

for (const { name, given, act, want, check } of cases) {
  test(name, async () => {
    const clock = new VirtualClock()
    const server = new FakeServer(clock, kinds)
    given(server)
    await collecting(server, clock, async () => {
      act?.(server)
      await clock.advance(5000)
    })
    assert.deepEqual(names(server), want)
    check?.(server)
  })
}

test('a thousand dependents ask for their owner once', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock, kinds)
  put(server, ConfigMap, 'a')
  for (let i = 0; i < 1000; i++) put(server, Secret, `b${i}`, [owner(ConfigMap, 'a')])
  await collecting(server, clock, async () => {
    server.remove(ConfigMap, { ...inNs, name: 'a' })
    await clock.until(() => server.all(Secret).length === 0)
  })
  assert.ok(server.requests.filter(({ verb, name }) => verb === 'get' && name === 'a').length <= 1)
  assert.equal(server.count('delete', 'secrets'), 1000)
})

test('new objects cost no request while their owner stands', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock, kinds)
  put(server, ConfigMap, 'a')
  await collecting(server, clock, async () => {
    for (let i = 0; i < 10; i++) put(server, Secret, `b${i}`, [owner(ConfigMap, 'a')])
    await clock.advance(1000)
  })
  assert.equal(server.requests.filter(({ verb }) => verb === 'get').length, 0)
})

test('kinds that appear later are followed, those that go are let go', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock, [ConfigMap])
  await collecting(server, clock, async () => {
    assert.equal(server.watching(Secret), 0)
    server.kinds = [ConfigMap, Secret]
    await clock.advance(25_000)
    assert.equal(server.watching(Secret), 1)
    put(server, Secret, 'b', [owner(ConfigMap, 'gone')])
    await clock.advance(1000)
    assert.deepEqual(names(server), [])
    server.kinds = [ConfigMap]
    await clock.advance(25_000)
    assert.equal(server.watching(Secret), 0)
  })
})

test('a server that does not answer at first is asked again', async () => {
  const clock = new VirtualClock()
  const server = new FakeServer(clock, [ConfigMap, Secret])
  const { raw } = server.client
  let refusals = 3
  server.client.raw = async (...request) => {
    if (refusals-- > 0) throw new Error('connect ECONNREFUSED')
    return raw(...request)
  }
  put(server, Secret, 'b', [owner(ConfigMap, 'gone')])
  await collecting(server, clock, async () => {
    await clock.advance(10_000)
    assert.deepEqual(names(server), [])
  })
})

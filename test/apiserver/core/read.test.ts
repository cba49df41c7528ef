// get, list, tables and errors of the read path: the rules of resourceVersion, paging and rendering.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ConfigMap } from '../../../src/api/core/configmap.ts'
import type { Kind } from '../../../src/apimachinery/kind.ts'
import { objectStorageKey } from '../../../src/apiserver/keys.ts'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import type { Harness } from './harness.ts'
import { configMap, configMaps, pod, pods, settle, start } from './harness.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io'

describe('reads', () => {
  let k: Harness
  before(async () => {
    k = await start()
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await k.call('POST', configMaps, configMap(name, { n: name }, { even: String('bd'.includes(name)) }))
    await k.call('POST', '/api/v1/namespaces/other/configmaps', configMap('z'))
    await k.call('POST', pods, pod('p1', 'n1'))
    await k.call('POST', pods, pod('p2'))
  })
  after(() => k.close())

  const names = (reply: { body: { items: { metadata: { name: string } }[] } }) =>
    reply.body.items.map((item) => item.metadata.name).join('')

  test('rule 1: the list carries the resourceVersion of the snapshot, not of its newest item', async () => {
    const list = (await k.call('GET', configMaps)).body
    const newest = Math.max(...list.items.map((item: { metadata: { resourceVersion: string } }) => Number(item.metadata.resourceVersion)))
    assert.ok(Number(list.metadata.resourceVersion) > newest)
    assert.equal(list.metadata.resourceVersion, String(await k.server.context.storage.currentRevision()))
  })

  test('rule 2: a resourceVersion from the future waits three seconds, then 504 with the cause that client-go looks for', async () => {
    const asked = k.call('GET', `${configMaps}/a?resourceVersion=999`)
    await settle()
    await k.clock.advance(3000)
    const { code, body, headers } = await asked
    assert.equal(code, 504)
    assert.match(body.message, /^Timeout: Too large resource version: 999, current: \d+$/)
    assert.deepEqual(body.details, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    })
    assert.equal(headers['retry-after'], '1')
  })

  test('rule 3: limit is ignored for resourceVersion 0, and a plain N means not older than', async () => {
    assert.equal(names(await k.call('GET', `${configMaps}?resourceVersion=0&limit=2`)), 'abcde')
    assert.equal(names(await k.call('GET', `${configMaps}?resourceVersion=3`)), 'abcde')
    assert.equal(names(await k.call('GET', `${configMaps}?resourceVersion=3&resourceVersionMatch=Exact`)), 'ab')
    assert.equal(names(await k.call('GET', `${configMaps}?resourceVersion=4&limit=2`)), 'ab')
  })

  for (const { name, query, message } of [
    {
      name: 'match without version',
      query: 'resourceVersionMatch=Exact',
      message: 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    },
    {
      name: 'exact zero',
      query: 'resourceVersionMatch=Exact&resourceVersion=0',
      message: 'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    },
    {
      name: 'match with continue',
      query: 'resourceVersionMatch=Exact&resourceVersion=1&continue=x',
      message: 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    },
    {
      name: 'initial events in a list',
      query: 'sendInitialEvents=true',
      message: 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    },
    {
      name: 'initial events without match',
      query: 'watch=1&sendInitialEvents=true',
      message: 'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    },
  ]) {
    test(`rule 3: impossible options are 422 of kind ListOptions: ${name}`, async () => {
      const { code, body } = await k.call('GET', `${configMaps}?${query}`)
      assert.equal(code, 422)
      assert.equal(body.message, `ListOptions.meta.k8s.io "" is invalid: ${message}`)
    })
  }

  test('rule 5: pages share the revision of the first, and count what remains', async () => {
    const first = await k.call('GET', `${configMaps}?limit=2`)
    assert.equal(names(first), 'ab')
    assert.equal(first.body.metadata.remainingItemCount, 3)
    await k.call('POST', configMaps, configMap('bb'))
    const second = await k.call('GET', `${configMaps}?limit=2&continue=${first.body.metadata.continue}`)
    assert.equal(names(second), 'cd')
    assert.equal(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion)
    const third = await k.call('GET', `${configMaps}?limit=2&continue=${second.body.metadata.continue}`)
    assert.equal(names(third), 'e')
    assert.equal(third.body.metadata.continue, undefined)
    await k.call('DELETE', `${configMaps}/bb`)
  })

  test('rule 5: with a selector no count of the remaining is given', async () => {
    const { body } = await k.call('GET', `${configMaps}?limit=1&labelSelector=even%3Dtrue`)
    assert.equal(body.items[0].metadata.name, 'b')
    assert.ok(body.metadata.continue)
    assert.equal(body.metadata.remainingItemCount, undefined)
  })

  test('rule 5: garbage as token is 400, a token with a resourceVersion too', async () => {
    const garbage = await k.call('GET', `${configMaps}?continue=%21%21`)
    assert.equal(garbage.code, 400)
    assert.match(garbage.body.message, /^invalid continue token: continue key is not valid/)
    const both = await k.call('GET', `${configMaps}?continue=abc&resourceVersion=5`)
    assert.equal(both.body.message, 'specifying resource version is not allowed when using continue')
  })

  test('rule 5: an unparsable resourceVersion is 500 without reason', async () => {
    const { code, body } = await k.call('GET', `${configMaps}?resourceVersion=abc`)
    assert.equal(code, 500)
    assert.equal(body.reason, undefined)
    assert.match(body.message, /strconv.ParseUint: parsing "abc": invalid syntax$/)
  })

  test('rule 13 and 67: a Table has columns, cells in key order and the metadata of each object', async () => {
    const { body } = await k.call('GET', configMaps, undefined, { accept: table })
    assert.equal(body.kind, 'Table')
    assert.deepEqual(
      body.columnDefinitions.map((column: { name: string }) => column.name),
      ['Name', 'Data', 'Age'],
    )
    assert.deepEqual(
      body.rows.map((row: { cells: unknown[] }) => row.cells[0]),
      ['a', 'b', 'c', 'd', 'e'],
    )
    assert.equal(body.rows[0].object.kind, 'PartialObjectMetadata')
    assert.equal(body.rows[0].object.data, undefined)
  })

  test('rule 13: includeObject decides what a row carries', async () => {
    const full = await k.call('GET', `${configMaps}/a?includeObject=Object`, undefined, { accept: table })
    assert.deepEqual(full.body.rows[0].object.data, { n: 'a' })
    const none = await k.call('GET', `${configMaps}/a?includeObject=None`, undefined, { accept: table })
    assert.equal(none.body.rows[0].object, null)
    const wrong = await k.call('GET', `${configMaps}/a?includeObject=All`, undefined, { accept: table })
    assert.equal(wrong.code, 400)
  })

  test('metadata alone: PartialObjectMetadata and its list; the wrong one of the two is 406', async () => {
    const accept = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` })
    const list = await k.call('GET', configMaps, undefined, accept('PartialObjectMetadataList'))
    assert.equal(list.body.kind, 'PartialObjectMetadataList')
    assert.equal(list.body.items[0].data, undefined)
    assert.equal((await k.call('GET', `${configMaps}/a`, undefined, accept('PartialObjectMetadata'))).body.kind, 'PartialObjectMetadata')
    assert.equal((await k.call('GET', configMaps, undefined, accept('PartialObjectMetadata'))).code, 406)
  })

  test('rule 62: protobuf first with JSON behind gets JSON, protobuf alone 406, YAML is spoken', async () => {
    const both = await k.call('GET', `${configMaps}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf,application/json' })
    assert.equal(both.headers['content-type'], 'application/json')
    const alone = await k.call('GET', `${configMaps}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
    assert.equal(alone.code, 406)
    assert.equal(alone.body.reason, 'NotAcceptable')
    const yaml = await k.call('GET', `${configMaps}/a`, undefined, { accept: 'application/yaml' })
    assert.match(yaml.text, /^kind: ConfigMap\napiVersion: v1\n/)
    assert.match(yaml.text, /creationTimestamp: "2026-/)
  })

  test('rule 66: field selectors by name, by index and by inequality; others are refused', async () => {
    assert.equal((await k.call('GET', `${pods}?fieldSelector=spec.nodeName%3Dn1`)).body.items.length, 1)
    assert.equal((await k.call('GET', `${pods}?fieldSelector=spec.nodeName%3D`)).body.items[0].metadata.name, 'p2')
    assert.equal((await k.call('GET', '/api/v1/pods?fieldSelector=spec.nodeName!%3Dn1')).body.items[0].metadata.name, 'p2')
    assert.equal(names(await k.call('GET', `${configMaps}?fieldSelector=metadata.name%3Dc`)), 'c')
    assert.equal(names(await k.call('GET', '/api/v1/configmaps?fieldSelector=metadata.namespace%3Dother')), 'z')
    assert.equal((await k.call('GET', `${pods}?fieldSelector=spec.foo%3Dx`)).body.message, 'field label not supported: spec.foo')
    const none = await k.call('GET', `${configMaps}?fieldSelector=data.x%3Dy`)
    assert.equal(none.body.message, '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"')
  })

  test('rule 65: label selectors select, broken ones are 400', async () => {
    assert.equal(names(await k.call('GET', `${configMaps}?labelSelector=even`)), 'abcde')
    assert.equal(names(await k.call('GET', `${configMaps}?labelSelector=even+in+(true)`)), 'bd')
    const broken = await k.call('GET', `${configMaps}?labelSelector=a+b`)
    assert.equal(broken.code, 400)
    assert.match(broken.body.message, /^unable to parse requirement: /)
  })

  test('rule 68: items of typed lists carry no kind; an empty list is []', async () => {
    const { body } = await k.call('GET', configMaps)
    assert.equal(body.items[0].kind, undefined)
    assert.equal(body.kind, 'ConfigMapList')
    assert.deepEqual((await k.call('GET', '/api/v1/namespaces/default/secrets')).body.items, [])
  })

  test('rule 61: unknown things and wrong methods are told apart', async () => {
    const group = await k.call('GET', '/apis/nope/v1/things')
    assert.equal(group.code, 404)
    assert.equal(group.text, '404 page not found\n')
    assert.equal(group.headers['content-type'], 'text/plain; charset=utf-8')
    const resource = await k.call('GET', '/api/v1/things')
    assert.equal(resource.body.message, 'the server could not find the requested resource')
    for (const [method, url] of [
      ['POST', `${configMaps}/a`],
      ['PUT', configMaps],
      ['DELETE', '/api/v1/namespaces'],
      ['POST', '/api/v1/configmaps'],
    ] as const) {
      const reply = await k.call(method, url, {})
      assert.equal(reply.code, 405, `${method} ${url}`)
      assert.equal(reply.body.reason, 'MethodNotAllowed')
    }
    assert.equal((await k.call('GET', `${configMaps}/nope`)).body.message, 'configmaps "nope" not found')
  })

  test('guarantees 5: a cluster-scoped resource is not reachable by a namespaced path', async () => {
    assert.equal((await k.call('GET', '/api/v1/namespaces/default/nodes')).code, 404)
    assert.equal((await k.call('GET', '/api/v1/configmaps/a')).code, 404)
  })

  test('guarantees 6: a name cannot leave its prefix', async () => {
    for (const name of ['.', '..', 'a/b', 'a%b', ''])
      assert.throws(() => objectStorageKey(ConfigMap as unknown as Kind, 'default', name), { code: 400 })
    assert.throws(() => objectStorageKey(ConfigMap as unknown as Kind, '..', 'a'), { code: 400 })
    assert.equal((await k.call('GET', `${configMaps}/x%252fy`)).code, 400)
    assert.equal((await k.call('GET', '/api/v1/namespaces/..%2fother/configmaps')).code, 404)
  })

  test('rule 64: every answer has Cache-Control and Audit-Id; a given Audit-ID is kept', async () => {
    const { headers } = await k.call('GET', configMaps, undefined, { 'audit-id': 'abc-1' })
    assert.equal(headers['cache-control'], 'no-cache, private')
    assert.equal(headers['audit-id'], 'abc-1')
    assert.match(String((await k.call('GET', '/nope')).headers['audit-id']), /^[\da-f]{8}-[\da-f]{4}-4/)
  })

  test('HEAD answers like GET without the body', async () => {
    const { code, text } = await k.call('HEAD', `${configMaps}/a`)
    assert.equal(code, 200)
    assert.equal(text, '')
  })

  test('a broken URL is 400, and whatever a client sends never stops the server', async () => {
    assert.equal((await k.call('GET', '/api/v1/%zz')).code, 400)
    assert.equal((await k.call('GET', '//')).code, 404)
    assert.equal((await k.call('GET', `${configMaps}?limit=abc`)).body.message, 'strconv.ParseInt: parsing "abc": invalid syntax')
  })
})

test('rule 4: an exact list at a forgotten revision is 410, and rule 5: an expired token brings a fresh one', async () => {
  const k = await start()
  for (const name of ['a', 'b', 'c']) await k.call('POST', configMaps, configMap(name))
  const page = await k.call('GET', `${configMaps}?limit=1`)
  await k.call('POST', configMaps, configMap('d'))
  await k.server.context.storage.compact(await k.server.context.storage.currentRevision())
  const exact = await k.call('GET', `${configMaps}?resourceVersion=2&resourceVersionMatch=Exact`)
  assert.deepEqual([exact.code, exact.body.reason], [410, 'Expired'])
  assert.equal(exact.body.message, 'The resourceVersion for the provided list is too old.')
  const expired = await k.call('GET', `${configMaps}?limit=1&continue=${page.body.metadata.continue}`)
  assert.deepEqual([expired.code, expired.body.reason], [410, 'Expired'])
  const rest = await k.call('GET', `${configMaps}?continue=${expired.body.metadata.continue}`)
  assert.deepEqual(
    rest.body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['b', 'c', 'd'],
  )
  await k.close()
})

test('rule 56: what an earlier server stored is read with the defaults of today; an unreadable neighbour does not harm it', async () => {
  const storage = await openEmbedded({ path: undefined })
  const stored = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: 's', namespace: 'default', uid: 'u' },
    spec: { ports: [{ port: 80 }] },
  }
  await storage.create('/registry/services/default/s', Buffer.from(JSON.stringify(stored)))
  await storage.create('/registry/secrets/default/broken', Buffer.from('{"kind'))
  const k = await start({}, { storage })
  const { body } = await k.call('GET', '/api/v1/namespaces/default/services/s')
  assert.deepEqual(body.spec.ports, [{ port: 80, protocol: 'TCP', targetPort: 80 }])
  assert.equal(body.metadata.resourceVersion, '2')
  assert.equal((await k.call('GET', '/api/v1/namespaces/default/services?labelSelector=!x')).body.items.length, 1)
  assert.equal((await k.call('GET', '/api/v1/namespaces/default/secrets/broken')).code, 500)
  await k.close()
})

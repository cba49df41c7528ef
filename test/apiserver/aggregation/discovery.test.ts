// What another server says of itself, in this server's discovery and OpenAPI.
import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import { mergeOpenApiV2 } from '../../../src/apiserver/aggregation/openapi-v2.ts'
import { aggregatedResources, plainResources } from '../../../src/apiserver/aggregation/remote-discovery.ts'
import {
  type AggregatingServer,
  type ExtensionServer,
  group,
  startAggregating,
  startExtension,
  until,
  version,
} from './extension-server.ts'

const apiService = `${version}.${group}`
const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
let k: AggregatingServer
let extension: ExtensionServer
before(async () => {
  extension = await startExtension()
  k = await startAggregating()
  await k.register(extension.port)
  await k.untilAvailable(apiService, 'Passed')
})
after(async () => {
  await k.close()
  await extension.close()
})

interface Version {
  version: string
  freshness: string
  resources?: { resource: string }[]
}
const aggregated = async (name: string): Promise<Version[]> => {
  const { body } = await k.call('GET', '/apis', undefined, { accept: v2 })
  return body.items.find((item: { metadata: { name: string } }) => item.metadata.name === name)?.versions
}
const untilFresh = (freshness: string) =>
  until(async () => {
    const [first] = await aggregated(group)
    return first?.freshness === freshness ? first : undefined
  })
const patch = (spec: object) =>
  k.call('PATCH', `/apis/apiregistration.k8s.io/v1/apiservices/${apiService}`, { spec }, { 'content-type': 'application/merge-patch+json' })

describe('discovery', () => {
  it('lists the group by its priority, with its version', async () => {
    const names = async () => (await k.call('GET', '/apis')).body.groups.map(({ name }: { name: string }) => name)
    assert.ok((await names()).indexOf(group) > (await names()).indexOf('apps'))
    await patch({ groupPriorityMinimum: 19_000 })
    await until(async () => ((await names()).indexOf(group) < (await names()).indexOf('apps') ? true : undefined))
    const { body } = await k.call('GET', `/apis/${group}`)
    const named = { groupVersion: `${group}/${version}`, version }
    assert.deepEqual(body, { kind: 'APIGroup', apiVersion: 'v1', name: group, versions: [named], preferredVersion: named })
  })

  it('tells its resources', async () => {
    const found = await untilFresh('Current')
    assert.deepEqual(found, {
      version,
      resources: [
        {
          resource: 'flunders',
          responseKind: { group, version, kind: 'Flunder' },
          scope: 'Namespaced',
          singularResource: 'flunder',
          verbs: ['create', 'get', 'list', 'watch'],
          shortNames: ['fl'],
        },
      ],
      freshness: 'Current',
    })
  })

  it('tells them of a server that only knows the plain form', async () => {
    extension.offers.aggregatedDiscovery = false
    // asked anew because the connection is another one
    await patch({ caBundle: null, insecureSkipTLSVerify: true })
    const [resource] = (
      await until(async () => {
        const [first] = await aggregated(group)
        return first?.freshness === 'Current' && JSON.stringify(first).includes('"subresource":"status"') ? first : undefined
      })
    ).resources!
    assert.deepEqual(resource, {
      resource: 'flunders',
      responseKind: { group, version, kind: 'Flunder' },
      scope: 'Namespaced',
      singularResource: 'flunder',
      verbs: ['create', 'get', 'list', 'watch'],
      subresources: [{ subresource: 'status', responseKind: { group, version, kind: 'Flunder' }, verbs: ['get'] }],
    })
  })

  it('keeps what a server has said that no longer answers, as stale', async () => {
    extension.offers.healthy = false
    await patch({ versionPriority: 20 })
    const { message } = await k.untilAvailable(apiService, 'FailedDiscoveryCheck')
    assert.match(message, /bad status from https:\/\/localhost:\d+\/apis\/wardle.example.com\/v1alpha1: 500$/)
    assert.equal((await untilFresh('Stale')).resources?.[0]?.resource, 'flunders')
    extension.offers.healthy = true
    await untilFresh('Current')
  })
})

describe('OpenAPI', () => {
  it('v3 lists and passes on the document of the group version, and no other of that server', async () => {
    const index = await until(async () => {
      const { body } = await k.call('GET', '/openapi/v3')
      return body.paths[`apis/${group}/${version}`] === undefined ? undefined : body.paths
    })
    assert.deepEqual(index[`apis/${group}/${version}`], { serverRelativeURL: `/openapi/v3/apis/${group}/${version}?hash=1` })
    assert.match(index['apis/apps/v1'].serverRelativeURL, /^\/openapi\/v3\/apis\/apps\/v1\?hash=/)
    const { body } = await k.call('GET', index[`apis/${group}/${version}`].serverRelativeURL)
    assert.equal(body.info.title, 'wardle')
  })

  it('v2 has its paths, and definitions of the same name keep apart', async () => {
    const { body } = await k.call('GET', '/openapi/v2')
    const pod = 'io.k8s.api.core.v1.Pod'
    assert.deepEqual(body.paths[`/apis/${group}/${version}/flunders`], { schema: { $ref: `#/definitions/${pod}_v2` } })
    assert.deepEqual(
      [body.definitions[`${pod}_v2`], body.definitions[pod].type, body.definitions.unused],
      [{ type: 'string' }, 'object', undefined],
    )
  })
})

it('a server that takes over metrics.k8s.io answers for it, and gives it back', async () => {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io'
  const service = { namespace: 'default', name: 'wardle', port: extension.port }
  const spec = { service, insecureSkipTLSVerify: true }
  assert.deepEqual((await k.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).body.items, [])
  assert.equal((await k.call('PATCH', path, { spec }, { 'content-type': 'application/merge-patch+json' })).code, 200)
  const seen = extension.seen.length
  await until(async () => {
    const { code } = await k.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes')
    return code === 404 || code === 503 ? true : undefined
  })
  await k.untilAvailable('v1beta1.metrics.k8s.io', 'FailedDiscoveryCheck')
  assert.ok(extension.seen.length >= seen)
  await k.call('DELETE', path)
  await until(async () => ((await k.call('GET', '/apis/metrics.k8s.io/v1beta1/nodes')).body?.items?.length === 0 ? true : undefined))
  await k.untilAvailable('v1beta1.metrics.k8s.io', 'Local')
})

describe('documents of others are read with care', () => {
  const bad: [string, string][] = [
    ['no JSON', 'nonsense'],
    ['another kind', '{"kind": "Status"}'],
    ['null', 'null'],
    [
      'a resource that is a number',
      '{"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "g"}, "versions": [{"version": "v1", "resources": [7]}]}]}',
    ],
    ['a name longer than any', JSON.stringify({ kind: 'APIResourceList', resources: [{ name: 'x'.repeat(300), kind: 'X' }] })],
  ]
  for (const [name, text] of bad) {
    test(name, () => {
      assert.throws(() => aggregatedResources(text))
      assert.throws(() => plainResources(text, 'g', 'v1'))
    })
  }

  test('a subresource without its parent stands under one of that name', () => {
    const text = JSON.stringify({
      kind: 'APIResourceList',
      resources: [{ name: 'pods/cpu', kind: 'MetricValueList', namespaced: true, verbs: ['get'] }],
    })
    assert.deepEqual(plainResources(text, 'g', 'v1'), [
      {
        resource: 'pods',
        responseKind: { group: '', version: '', kind: '' },
        scope: 'Namespaced',
        singularResource: '',
        verbs: [],
        subresources: [{ subresource: 'cpu', responseKind: { group: 'g', version: 'v1', kind: 'MetricValueList' }, verbs: ['get'] }],
      },
    ])
  })

  test('documents without the paths of a group add nothing', () => {
    const own = { paths: { '/a': {} }, definitions: {} }
    for (const other of [{}, { paths: null }, { paths: [] }, { paths: { '/apis/apps/v1/': {} } }])
      assert.equal(mergeOpenApiV2(own, other as Record<string, unknown>, ['/apis/g/v1/']), own)
  })
})

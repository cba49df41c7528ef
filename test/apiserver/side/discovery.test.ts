// What clients ask first: discovery in its three forms, version, health, metrics, and who may ask.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { bearerToken } from '../../../src/apiserver/authentication/bearer-token.ts'
import { tokenFile } from '../../../src/apiserver/authentication/token-file.ts'
import { compareVersions } from '../../../src/apiserver/discovery/priorities.ts'
import { startWhole, type WholeServer } from './whole-server.ts'

let server: WholeServer
before(async () => {
  server = await startWhole()
})
after(() => server.close())

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

describe('plain discovery', () => {
  it('lists groups in upstream’s order, with preferred versions', async () => {
    const { body } = await server.admin('GET', '/apis')
    const names = body.groups.map(({ name }: { name: string }) => name)
    const some = [
      'apiregistration.k8s.io',
      'apps',
      'events.k8s.io',
      'authentication.k8s.io',
      'autoscaling',
      'batch',
      'rbac.authorization.k8s.io',
      'discovery.k8s.io',
    ]
    assert.deepEqual(
      names.filter((name: string) => some.includes(name)),
      some,
    )
    const autoscaling = body.groups.find(({ name }: { name: string }) => name === 'autoscaling')
    assert.deepEqual(autoscaling.preferredVersion, { groupVersion: 'autoscaling/v2', version: 'v2' })
  })

  const entries = [
    {
      path: '/api/v1',
      name: 'pods/eviction',
      want: { namespaced: true, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
    },
    { path: '/api/v1', name: 'pods/exec', want: { namespaced: true, kind: 'PodExecOptions', verbs: ['create', 'get'] } },
    {
      path: '/api/v1',
      name: 'serviceaccounts/token',
      want: { namespaced: true, group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
    },
    {
      path: '/apis/apps/v1',
      name: 'deployments/scale',
      want: { namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
    },
    { path: '/api/v1', name: 'namespaces/finalize', want: { namespaced: false, kind: 'Namespace', verbs: ['update'] } },
  ]
  for (const { path, name, want } of entries) {
    it(`tells of ${name}`, async () => {
      const { body } = await server.admin('GET', path)
      assert.deepEqual(
        body.resources.find((resource: { name: string }) => resource.name === name),
        { name, singularName: '', ...want },
      )
    })
  }

  it('tells names, categories and the hash of the stored version', async () => {
    const { body } = await server.admin('GET', '/api/v1')
    assert.deepEqual(
      body.resources.find(({ name }: { name: string }) => name === 'pods'),
      {
        name: 'pods',
        singularName: 'pod',
        namespaced: true,
        kind: 'Pod',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['po'],
        categories: ['all'],
        storageVersionHash: 'xPOwRZ+Yhw8=',
      },
    )
  })

  for (const path of ['/apis/apps/v9', '/api/v2']) {
    it(`has no version ${path} of a group that it serves`, async () => {
      const { code, text } = await server.admin('GET', path)
      assert.deepEqual([code, JSON.parse(text).message], [404, 'the server could not find the requested resource'])
    })
  }

  for (const path of ['/apis/nope', '/apis/nope/v1']) {
    it(`does not know ${path}`, async () => {
      const { code, text } = await server.admin('GET', path)
      assert.deepEqual([code, text], [404, '404 page not found\n'])
    })
  }
})

describe('aggregated discovery', () => {
  for (const version of ['v2', 'v2beta1']) {
    it(`is answered in the version that is asked for: ${version}`, async () => {
      const { headers, body } = await server.admin('GET', '/api', undefined, { accept: `${aggregated(version)},application/json` })
      assert.equal(headers['content-type'], aggregated(version))
      assert.equal(body.apiVersion, `apidiscovery.k8s.io/${version}`)
      const pods = body.items[0].versions[0].resources.find(({ resource }: { resource: string }) => resource === 'pods')
      assert.deepEqual(pods.responseKind, { group: '', version: 'v1', kind: 'Pod' })
      assert.deepEqual(
        pods.subresources.find(({ subresource }: { subresource: string }) => subresource === 'eviction'),
        {
          subresource: 'eviction',
          responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
          verbs: ['create'],
        },
      )
    })
  }

  it('takes the first form that it knows, and answers 304 to what the client has', async () => {
    const both = await server.admin('GET', '/apis', undefined, {
      accept: `${aggregated('v3')},${aggregated('v2')},${aggregated('v2beta1')}`,
    })
    assert.equal(both.headers['content-type'], aggregated('v2'))
    const etag = String(both.headers['etag'])
    assert.match(etag, /^"[0-9A-F]{128}"$/)
    const again = await server.admin('GET', '/apis', undefined, { accept: aggregated('v2'), 'if-none-match': etag })
    assert.equal(again.code, 304)
  })
})

it('versions are ordered as upstream orders them', () => {
  const names = ['v1alpha1', 'foo1', 'v11beta2', 'v1', 'v10', 'v2', 'v3beta1', 'v12alpha1', 'v10beta3', 'foo10']
  assert.deepEqual(names.sort(compareVersions), [
    'v10',
    'v2',
    'v1',
    'v11beta2',
    'v10beta3',
    'v3beta1',
    'v12alpha1',
    'v1alpha1',
    'foo1',
    'foo10',
  ])
})

describe('health', () => {
  const cases = [
    { path: '/livez', want: 'ok' },
    { path: '/readyz/ping', want: 'ok' },
    { path: '/livez?verbose', want: '[+]ping ok\n[+]log ok\n[+]etcd ok\nlivez check passed\n' },
    { path: '/livez?verbose&exclude=etcd', want: '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nlivez check passed\n' },
    {
      path: '/healthz?verbose&exclude=nope',
      want: '[+]ping ok\n[+]log ok\n[+]etcd ok\nwarn: some health checks cannot be excluded: no matches for "nope"\nhealthz check passed\n',
    },
  ]
  for (const { path, want } of cases) {
    it(`answers ${path}`, async () => {
      const { code, text } = await server.admin('GET', path)
      assert.deepEqual([code, text], [200, want])
    })
  }
})

it('metrics are in Prometheus’ form', async () => {
  const { headers, text } = await server.admin('GET', '/metrics')
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.match(text, /^apiserver_storage_objects\{resource="namespaces"\} 4$/m)
  for (const line of text.trim().split('\n')) assert.match(line, /^(?:# (?:HELP|TYPE) .+|[a-z_][a-z0-9_]*(?:\{.*\})? -?[\d.e+-]+)$/)
})

describe('credentials', () => {
  it('that nobody knows are 401, as none at all', async () => {
    for (const headers of [undefined, { authorization: 'Bearer wrong' }]) {
      const { code, body } = await server.call('GET', '/api/v1/pods', undefined, headers)
      assert.deepEqual([code, body.message, body.reason], [401, 'Unauthorized', 'Unauthorized'])
    }
  })

  it('bootstrap tokens live until they expire', async () => {
    const data = (expiration: string) => ({
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
      expiration,
    })
    const secret = {
      metadata: { name: 'bootstrap-token-abcdef' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: data('2026-03-02T12:00:00Z'),
    }
    assert.equal((await server.admin('POST', '/api/v1/namespaces/kube-system/secrets', secret)).code, 201)
    const headers = { authorization: 'Bearer abcdef.0123456789abcdef' }
    const { body } = await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)
    assert.deepEqual(body.status.userInfo, {
      username: 'system:bootstrap:abcdef',
      groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token', 'system:authenticated'],
    })
    await server.clock.advance(86_400_000)
    assert.equal((await server.call('GET', '/api/v1/pods', undefined, headers)).code, 401)
  })

  it('are read from the header, or from the protocols of a browser’s WebSocket', () => {
    const protocol = `base64url.bearer.authorization.k8s.io.${Buffer.from('t0ken').toString('base64url')}`
    assert.equal(bearerToken({ headers: { authorization: 'bearer t0ken' } }), 't0ken')
    assert.equal(bearerToken({ headers: { upgrade: 'websocket', 'sec-websocket-protocol': `v5.channel.k8s.io, ${protocol}` } }), 't0ken')
    assert.equal(bearerToken({ headers: { authorization: 'Basic x' } }), undefined)
  })

  it('a token file has users, groups and quotes', () => {
    const find = tokenFile('# comment\na,ann,1\nb,"bob, jr",2,"g1,g2"\n\n')
    assert.deepEqual(find('a'), { name: 'ann', uid: '1', groups: [] })
    assert.deepEqual(find('b'), { name: 'bob, jr', uid: '2', groups: ['g1', 'g2'] })
    assert.equal(find('c'), undefined)
    assert.throws(() => tokenFile('a,b'), /at least 3 columns/)
  })
})

// The default admission chain, seen through the API.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { admissionChain, admissionFlagErrors, defaultAdmissionPlugins } from '../../../src/apiserver/admission/index.ts'
import { pod, startWhole, type WholeServer } from './whole-server.ts'

let server: WholeServer

before(async () => {
  server = await startWhole({ enabled: ['NodeRestriction', 'DenyServiceExternalIPs'] })
  await server.namespace('web')
})
after(() => server.close())

describe('the set of plugins', () => {
  it('is upstream’s', () => {
    assert.equal(defaultAdmissionPlugins.length, 27)
    assert.equal(defaultAdmissionPlugins[0], 'NamespaceLifecycle')
    assert.equal(defaultAdmissionPlugins.at(-1), 'ResourceQuota')
  })
  it('refuses names that it does not know, and names in both lists', () => {
    assert.deepEqual(admissionFlagErrors(['Nope'], []), ['enable-admission-plugins plugin "Nope" is unknown'])
    assert.deepEqual(admissionFlagErrors(['Priority'], ['Priority']), [
      '[Priority] in enable-admission-plugins and disable-admission-plugins overlapped',
    ])
    assert.throws(() => admissionChain({ disabled: ['Nope'] }, {} as never), /disable-admission-plugins plugin "Nope" is unknown/)
  })
})

describe('a new pod', () => {
  it('gets account, token volume, priority and tolerations', async () => {
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/web/pods', pod('plain'))
    assert.equal(code, 201)
    const { spec } = body
    assert.equal(spec.serviceAccountName, 'default')
    assert.equal(spec.serviceAccount, 'default')
    assert.equal(spec.priority, 0)
    assert.equal(spec.preemptionPolicy, 'PreemptLowerPriority')
    assert.deepEqual(
      spec.tolerations.map((t: { key: string; tolerationSeconds: number }) => [t.key, t.tolerationSeconds]),
      [
        ['node.kubernetes.io/not-ready', 300],
        ['node.kubernetes.io/unreachable', 300],
      ],
    )
    const [volume] = spec.volumes
    assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/)
    assert.deepEqual(volume.projected, {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 420,
    })
    assert.deepEqual(spec.containers[0].volumeMounts, [
      { name: volume.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ])
  })

  const refusals = [
    { name: 'an unknown priority class', spec: { priorityClassName: 'gold' }, want: 'no PriorityClass with name gold was found' },
    {
      name: 'a priority of its own',
      spec: { priorityClassName: 'system-node-critical', priority: 7 },
      want: 'the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 2000001000 from the given PriorityClass name',
    },
    {
      name: 'an unknown account',
      spec: { serviceAccountName: 'robot' },
      want: 'error looking up service account web/robot: serviceaccount "robot" not found',
    },
    { name: 'an unknown runtime class', spec: { runtimeClassName: 'vm' }, want: 'pod rejected: RuntimeClass "vm" not found' },
    {
      name: 'overhead without a runtime class',
      spec: { overhead: { cpu: '1' } },
      want: 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    },
  ]
  for (const { name, spec, want } of refusals) {
    it(`is refused with ${name}`, async () => {
      const { code, body } = await server.admin('POST', '/api/v1/namespaces/web/pods', pod('p', spec))
      assert.equal(code, 403)
      assert.equal(body.message, `pods "p" is forbidden: ${want}`)
    })
  }
})

describe('namespaces', () => {
  it('that are missing take nothing', async () => {
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/nope/configmaps', { metadata: { name: 'c' } })
    assert.equal(code, 404)
    assert.equal(body.message, 'namespaces "nope" not found')
  })

  it('that are going take nothing new, with the cause that clients look for', async () => {
    await server.namespace('going')
    await server.admin('DELETE', '/api/v1/namespaces/going')
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/going/configmaps', { metadata: { name: 'c' } })
    assert.equal(code, 403)
    assert.equal(
      body.message,
      'configmaps "c" is forbidden: unable to create new content in namespace going because it is being terminated',
    )
    assert.deepEqual(body.details.causes, [
      { reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' },
    ])
  })

  for (const name of ['default', 'kube-system', 'kube-public']) {
    it(`of the system stay: ${name}`, async () => {
      const { code, body } = await server.admin('DELETE', `/api/v1/namespaces/${name}`)
      assert.equal(code, 403)
      assert.equal(body.message, `namespaces "${name}" is forbidden: this namespace may not be deleted`)
    })
  }
})

describe('LimitRanger', () => {
  before(async () => {
    await server.namespace('limited')
    const limits = [
      {
        type: 'Container',
        default: { cpu: '500m' },
        defaultRequest: { cpu: '100m' },
        max: { cpu: '1' },
        min: { cpu: '50m' },
        maxLimitRequestRatio: { cpu: '5' },
      },
    ]
    assert.equal(
      (await server.admin('POST', '/api/v1/namespaces/limited/limitranges', { metadata: { name: 'l' }, spec: { limits } })).code,
      201,
    )
  })

  it('fills in requests and limits, and says so', async () => {
    const { body } = await server.admin('POST', '/api/v1/namespaces/limited/pods', pod('p'))
    assert.deepEqual(body.spec.containers[0].resources, { limits: { cpu: '500m' }, requests: { cpu: '100m' } })
    assert.equal(
      body.metadata.annotations['kubernetes.io/limit-ranger'],
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    )
  })

  it('refuses what leaves its bounds, in one message', async () => {
    const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu: '20m' }, limits: { cpu: '2' } } }]
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/limited/pods', pod('p2', { containers }))
    assert.equal(code, 403)
    assert.equal(
      body.message,
      'pods "p2" is forbidden: [minimum cpu usage per Container is 50m, but request is 20m, maximum cpu usage per Container is 1, but limit is 2, cpu max limit to request ratio per Container is 5, but provided ratio is 100.000000]',
    )
  })
})

describe('ResourceQuota', () => {
  before(async () => {
    await server.namespace('metered')
    const hard = { pods: '2', 'requests.cpu': '1', 'count/configmaps': '1', 'services.nodeports': '1' }
    const { body } = await server.admin('POST', '/api/v1/namespaces/metered/resourcequotas', { metadata: { name: 'q' }, spec: { hard } })
    const used = { pods: '0', 'requests.cpu': '0', 'count/configmaps': '0', 'services.nodeports': '0' }
    await server.admin('PUT', '/api/v1/namespaces/metered/resourcequotas/q/status', { ...body, status: { hard, used } })
  })
  const sized = (name: string, cpu: string) => pod(name, { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }] })

  it('wants every container to say what it needs', async () => {
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/metered/pods', pod('silent'))
    assert.equal(code, 403)
    assert.equal(body.message, 'pods "silent" is forbidden: failed quota: q: must specify requests.cpu for: c')
  })

  it('books what is used, and refuses what would be too much', async () => {
    assert.equal((await server.admin('POST', '/api/v1/namespaces/metered/pods', sized('a', '600m'))).code, 201)
    const { code, body } = await server.admin('POST', '/api/v1/namespaces/metered/pods', sized('b', '600m'))
    assert.equal(code, 403)
    assert.equal(
      body.message,
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
    )
    const quota = await server.admin('GET', '/api/v1/namespaces/metered/resourcequotas/q')
    assert.deepEqual(quota.body.status.used, { 'count/configmaps': '0', pods: '1', 'requests.cpu': '600m', 'services.nodeports': '0' })
  })

  it('holds when many come at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 5 }, (_, i) => server.admin('POST', '/api/v1/namespaces/metered/configmaps', { metadata: { name: `c${i}` } })),
    )
    assert.deepEqual(replies.map(({ code }) => code).sort(), [201, 403, 403, 403, 403])
  })

  it('is not booked by dry runs', async () => {
    const service = { metadata: { name: 's' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } }
    assert.equal((await server.admin('POST', '/api/v1/namespaces/metered/services?dryRun=All', service)).code, 201)
    assert.equal((await server.admin('POST', '/api/v1/namespaces/metered/services', service)).code, 201)
  })
})

describe('storage and nodes', () => {
  it('claims get the newest default class, and their finalizer', async () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
    await server.admin('POST', '/apis/storage.k8s.io/v1/storageclasses', { metadata: { name: 'fast', annotations }, provisioner: 'p' })
    const claim = { metadata: { name: 'c' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
    const { body } = await server.admin('POST', '/api/v1/namespaces/web/persistentvolumeclaims', claim)
    assert.equal(body.spec.storageClassName, 'fast')
    assert.deepEqual(body.metadata.finalizers, ['kubernetes.io/pvc-protection'])
    const grown = { ...body, spec: { ...body.spec, resources: { requests: { storage: '2Gi' } } } }
    const { code, body: refused } = await server.admin('PUT', '/api/v1/namespaces/web/persistentvolumeclaims/c', grown)
    assert.ok(code === 403 || code === 422, `${code} ${refused.message}`)
  })

  it('a new node is not ready', async () => {
    const { body } = await server.admin('POST', '/api/v1/nodes', { metadata: { name: 'n2' } })
    assert.deepEqual(body.spec.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
  })

  const asNode = { authorization: 'Bearer node-token' }
  const cases = [
    {
      name: 'another node',
      url: '/api/v1/nodes',
      object: { metadata: { name: 'n9' } },
      want: 'nodes "n9" is forbidden: node "n1" is not allowed to modify node "n9"',
    },
    {
      name: 'a label of the administrator',
      url: '/api/v1/nodes',
      object: { metadata: { name: 'n1', labels: { 'node-restriction.kubernetes.io/x': 'y' } } },
      want: 'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
    },
    {
      name: 'an ordinary pod',
      url: '/api/v1/namespaces/web/pods',
      object: pod('x', { nodeName: 'n1' }),
      want: 'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    },
  ]
  for (const { name, url, object, want } of cases) {
    it(`a kubelet may not make ${name}`, async () => {
      const { code, body } = await server.call('POST', url, object, asNode)
      assert.equal(code, 403)
      assert.equal(body.message, want)
    })
  }

  it('external IPs are refused where that plugin is on', async () => {
    const spec = { externalIPs: ['203.0.113.9'], ports: [{ port: 80 }] }
    const { body } = await server.admin('POST', '/api/v1/namespaces/web/services', { metadata: { name: 'e' }, spec })
    assert.equal(body.message, 'services "e" is forbidden: Use of external IPs is denied by admission control')
  })
})

// The retired versions behind --legacy-apis: written in the old form, stored once, read in the new one and back, each with a warning.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startWhole, type WholeServer } from '../side/whole-server.ts'

let k: WholeServer
before(async () => {
  k = await startWhole({ server: { legacyApis: true }, disabled: ['CertificateSubjectRestriction'] })
  await k.namespace('default')
})
after(() => k.close())

interface Case {
  old: string
  now: string
  resource: string
  kind: string
  namespaced?: boolean
  /** Absent: one that any kind may have. */
  name?: string
  /** The object as it is written; metadata is added. */
  given: Record<string, unknown>
  /** What the new version shows of it. */
  want?: Record<string, unknown>
  /** Release that deprecated the version, and that removed it. */
  lifecycle: readonly [string, string]
}

const none = { matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' }] }
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } }
const flows = 'flowcontrol.apiserver.k8s.io'
const limited = { limitResponse: { type: 'Reject' } }

const cases: Case[] = [
  {
    old: 'discovery.k8s.io/v1beta1',
    now: 'discovery.k8s.io/v1',
    resource: 'endpointslices',
    kind: 'EndpointSlice',
    namespaced: true,
    given: { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], topology: { 'topology.kubernetes.io/zone': 'z' } }] },
    want: { endpoints: [{ addresses: ['10.0.0.1'], conditions: {}, zone: 'z' }] },
    lifecycle: ['1.21', '1.25'],
  },
  {
    old: 'apiregistration.k8s.io/v1beta1',
    now: 'apiregistration.k8s.io/v1',
    resource: 'apiservices',
    kind: 'APIService',
    name: 'v1.old.example.com',
    given: {
      spec: {
        group: 'old.example.com',
        version: 'v1',
        groupPriorityMinimum: 1,
        versionPriority: 1,
        service: { namespace: 'a', name: 'b' },
      },
    },
    lifecycle: ['1.19', '1.22'],
  },
  {
    old: 'autoscaling/v2beta2',
    now: 'autoscaling/v2',
    resource: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    namespaced: true,
    given: { spec: { scaleTargetRef: target, maxReplicas: 3 } },
    lifecycle: ['1.23', '1.26'],
  },
  {
    old: 'extensions/v1beta1',
    now: 'networking.k8s.io/v1',
    resource: 'networkpolicies',
    kind: 'NetworkPolicy',
    namespaced: true,
    given: { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
    lifecycle: ['1.9', '1.16'],
  },
  {
    old: 'policy/v1beta1',
    now: 'policy/v1',
    resource: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    namespaced: true,
    given: { spec: { minAvailable: 1, selector: {} } },
    want: { spec: { minAvailable: 1, selector: none } },
    lifecycle: ['1.21', '1.25'],
  },
  {
    old: 'events.k8s.io/v1beta1',
    now: 'v1',
    resource: 'events',
    kind: 'Event',
    namespaced: true,
    given: { regarding: { kind: 'Pod', name: 'p', namespace: 'default' }, reason: 'r', note: 'n', type: 'Normal' },
    want: { message: 'n' },
    lifecycle: ['1.22', '1.25'],
  },
  {
    old: 'storage.k8s.io/v1beta1',
    now: 'storage.k8s.io/v1',
    resource: 'storageclasses',
    kind: 'StorageClass',
    given: { provisioner: 'p' },
    want: { provisioner: 'p', reclaimPolicy: 'Delete' },
    lifecycle: ['1.19', '1.22'],
  },
  {
    old: 'storage.k8s.io/v1beta1',
    now: 'storage.k8s.io/v1',
    resource: 'csidrivers',
    kind: 'CSIDriver',
    given: { spec: { attachRequired: false } },
    lifecycle: ['1.19', '1.22'],
  },
  {
    old: 'scheduling.k8s.io/v1beta1',
    now: 'scheduling.k8s.io/v1',
    resource: 'priorityclasses',
    kind: 'PriorityClass',
    given: { value: 7 },
    want: { value: 7, preemptionPolicy: 'PreemptLowerPriority' },
    lifecycle: ['1.14', '1.22'],
  },
  {
    old: 'coordination.k8s.io/v1beta1',
    now: 'coordination.k8s.io/v1',
    resource: 'leases',
    kind: 'Lease',
    namespaced: true,
    given: { spec: { holderIdentity: 'me' } },
    lifecycle: ['1.19', '1.22'],
  },
  {
    old: 'node.k8s.io/v1beta1',
    now: 'node.k8s.io/v1',
    resource: 'runtimeclasses',
    kind: 'RuntimeClass',
    given: { handler: 'runc' },
    lifecycle: ['1.22', '1.25'],
  },
  {
    old: 'admissionregistration.k8s.io/v1beta1',
    now: 'admissionregistration.k8s.io/v1',
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    given: {
      webhooks: [{ name: 'a.b.c', clientConfig: { url: 'https://a.example/' }, sideEffects: 'None', admissionReviewVersions: ['v1'] }],
    },
    lifecycle: ['1.16', '1.22'],
  },
  {
    old: 'apiextensions.k8s.io/v1beta1',
    now: 'apiextensions.k8s.io/v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    given: {
      spec: {
        group: 'old.example',
        version: 'v1',
        names: { plural: 'things', kind: 'Thing' },
        scope: 'Namespaced',
        validation: schema,
        additionalPrinterColumns: [{ name: 'A', type: 'string', JSONPath: '.spec.a' }],
      },
    },
    lifecycle: ['1.16', '1.22'],
  },
  ...['v1beta1', 'v1beta2'].map((version, index) => ({
    old: `${flows}/${version}`,
    now: `${flows}/v1`,
    resource: 'prioritylevelconfigurations',
    kind: 'PriorityLevelConfiguration',
    given: { spec: { type: 'Limited', limited: { ...limited, assuredConcurrencyShares: 7 } } },
    lifecycle: [['1.23', '1.26'] as const, ['1.26', '1.29'] as const][index]!,
  })),
]

function path(apiVersion: string, { resource, namespaced }: Case): string {
  return `${apiVersion === 'v1' ? '/api' : '/apis'}/${apiVersion}/${namespaced ? 'namespaces/default/' : ''}${resource}`
}

describe('retired versions', () => {
  for (const [index, one] of cases.entries()) {
    it(`${one.old} ${one.kind}`, async () => {
      const name = one.name ?? (one.kind === 'CustomResourceDefinition' ? 'things.old.example' : `old-${index}`)
      const body = { apiVersion: one.old, kind: one.kind, metadata: { name }, ...one.given }
      const created = await k.admin('POST', path(one.old, one), body)
      assert.equal(created.code, 201, JSON.stringify(created.body))
      assert.equal(created.body.apiVersion, one.old)
      const use = one.kind === 'Event' ? 'events.k8s.io/v1' : one.now
      const [deprecated, removed] = one.lifecycle
      const words = `${one.old} ${one.kind} is deprecated in v${deprecated}+, unavailable in v${removed}+; use ${use} ${one.kind}`
      assert.ok(String(created.headers['warning']).includes(words), String(created.headers['warning']))

      const now = await k.admin('GET', `${path(one.now, one)}/${name}`)
      assert.equal(now.code, 200)
      assert.equal(now.body.apiVersion, one.now)
      assert.equal(now.body.metadata.uid, created.body.metadata.uid, 'stored once')
      for (const [field, value] of Object.entries(one.want ?? {})) {
        if (field === 'spec') assert.deepEqual({ ...now.body[field], ...(value as object) }, now.body[field])
        else assert.deepEqual(now.body[field], value, field)
      }

      const old = await k.admin('GET', `${path(one.old, one)}/${name}`)
      assert.deepEqual({ ...old.body, metadata: 0, status: 0 }, { ...created.body, metadata: 0, status: 0 })
      const list = await k.admin('GET', path(one.old, one))
      assert.equal(
        list.body.items.some((item: { metadata: { name: string } }) => item.metadata.name === name),
        true,
      )
    })
  }

  it('a budget that selects all pods in v1 says so in v1beta1', async () => {
    const metadata = { name: 'all' }
    await k.admin('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', { metadata, spec: { minAvailable: 1, selector: {} } })
    const old = await k.admin('GET', '/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets/all')
    assert.deepEqual(old.body.spec.selector, {
      matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'DoesNotExist' }],
    })
  })

  it('an old access review has a group', async () => {
    const spec = { user: 'u', group: ['g'], resourceAttributes: { verb: 'get', resource: 'pods' } }
    const { code, body } = await k.admin('POST', '/apis/authorization.k8s.io/v1beta1/subjectaccessreviews', { spec })
    assert.equal(code, 201)
    assert.equal(body.apiVersion, 'authorization.k8s.io/v1beta1')
    assert.deepEqual(body.spec.group, ['g'])
    assert.equal(typeof body.status.allowed, 'boolean')
  })

  it('an old TokenReview is answered', async () => {
    const { code, body } = await k.admin('POST', '/apis/authentication.k8s.io/v1beta1/tokenreviews', { spec: { token: 'admin-token' } })
    assert.equal(code, 201)
    assert.equal(body.status.user.username, 'admin')
  })
})

// The other kinds of the core group: what may change, what the server fills in, and the rows that kubectl prints.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../../src/api/core/configmap.ts'
import { Endpoints } from '../../../src/api/core/endpoints.ts'
import { Event } from '../../../src/api/core/event.ts'
import { coreKinds } from '../../../src/api/core/index.ts'
import { LimitRange } from '../../../src/api/core/limitrange.ts'
import { Namespace } from '../../../src/api/core/namespace.ts'
import { Node } from '../../../src/api/core/node.ts'
import { PersistentVolume } from '../../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../../src/api/core/persistentvolumeclaim.ts'
import { ResourceQuota } from '../../../src/api/core/resourcequota.ts'
import { Secret } from '../../../src/api/core/secret.ts'
import type { Kind } from '../../../src/apimachinery/kind.ts'
import { cells, created, defaulted, updateErrors } from '../strategy.ts'

const metadata = { name: 'x', namespace: 'd', resourceVersion: '1' }
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }

const locked = 'Forbidden: field is immutable when `immutable` is set'
const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } }

const updates: { name: string; kind: unknown; now: object; old: object; want: string[] }[] = [
  {
    name: 'immutable ConfigMap',
    kind: ConfigMap,
    now: { data: { a: '2' } },
    old: { immutable: true, data: { a: '1' } },
    want: [`immutable: ${locked}`, `data: ${locked}`],
  },
  { name: 'type of a Secret', kind: Secret, now: { type: 'x/y' }, old: {}, want: ['type: Invalid value: "x/y": field is immutable'] },
  {
    name: 'scopes of a quota',
    kind: ResourceQuota,
    now: { spec: { scopes: ['BestEffort'] } },
    old: { spec: {} },
    want: ['spec.scopes: Invalid value: ["BestEffort"]: field is immutable'],
  },
  {
    name: 'volume of a claim, once',
    kind: PersistentVolumeClaim,
    now: { spec: { ...claim, volumeName: 'v' } },
    old: { spec: claim },
    want: [],
  },
  {
    name: 'pod range of a node, and provider',
    kind: Node,
    now: { spec: { podCIDR: '10.1.0.0/24', providerID: 'b' } },
    old: { spec: { podCIDR: '10.0.0.0/24', providerID: 'a' } },
    want: [
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
      'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ],
  },
]

for (const { name, kind, now, old, want } of updates) {
  test(`update: ${name}`, () => assert.deepEqual(updateErrors(kind as Kind, { metadata, ...now }, { metadata, ...old }), want))
}

test('a claim grows when it is bound, and never shrinks below what it has', () => {
  const sized = (storage: string) =>
    defaulted(PersistentVolumeClaim, { metadata, spec: { ...claim, resources: { requests: { storage } } }, ...bound })
  const errors = (now: string) =>
    PersistentVolumeClaim.validateUpdate?.(sized(now), sized('2Gi')).map(({ field, detail }) => `${field}: ${detail}`)
  assert.deepEqual(errors('3Gi'), [])
  assert.deepEqual(errors('1Gi'), ['spec.resources.requests.storage: field can not be less than status.capacity'])
})

test('the source of a volume never changes', () => {
  const [text = ''] = updateErrors(
    PersistentVolume,
    { metadata, spec: { ...volume, hostPath: { path: '/y' } } },
    { metadata, spec: volume },
  )
  assert.match(text, /^spec\.persistentvolumesource: Forbidden: spec\.persistentvolumesource is immutable after creation\n/)
})

test('a namespace is born Active, labelled, and held by its finalizer', () => {
  const { metadata: meta, spec, status } = created(Namespace, { metadata: { name: 'x' }, spec: { finalizers: ['a/b'] } })
  assert.deepEqual(
    [meta?.labels, spec, status],
    [{ 'kubernetes.io/metadata.name': 'x' }, { finalizers: ['a/b', 'kubernetes'] }, { phase: 'Active' }],
  )
})

test('stringData is merged into data and forgotten', () => {
  const secret = defaulted(Secret, { data: { a: 'MQ==', b: 'Mg==' }, stringData: { b: 'two' } })
  assert.deepEqual(secret, { data: { a: 'MQ==', b: 'dHdv' }, type: 'Opaque' })
})

test('limits of containers fill one another', () => {
  const limits = defaulted(LimitRange, { spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Gi' } }] } }).spec
    ?.limits
  assert.deepEqual(limits, [
    { type: 'Container', max: { cpu: '2' }, min: { memory: '1Gi' }, default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Gi' } },
  ])
})

const rows: { name: string; kind: unknown; given: object; want: Record<string, unknown> }[] = [
  {
    name: 'cordoned node with roles',
    kind: Node,
    given: {
      metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'worker' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
    },
    want: {
      Status: 'Ready,SchedulingDisabled',
      Roles: 'control-plane,worker',
      'Internal-IP': '10.0.0.1',
      'External-IP': '<none>',
      'OS-Image': '<unknown>',
    },
  },
  {
    name: 'silent node',
    kind: Node,
    given: { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
    want: { Status: 'NotReady', Roles: '<none>' },
  },
  {
    name: 'event with series',
    kind: Event,
    given: {
      involvedObject: { kind: 'Pod', name: 'p' },
      source: { component: 'kubelet', host: 'n' },
      message: ' hello ',
      firstTimestamp: '2026-01-02T03:00:05Z',
      series: { count: 7, lastObservedTime: '2026-01-02T03:03:35Z' },
    },
    want: { 'Last Seen': '30s', Object: 'pod/p', Source: 'kubelet, n', Message: 'hello', 'First Seen': '4m', Count: 7 },
  },
  {
    name: 'endpoints beyond the third',
    kind: Endpoints,
    given: { subsets: [{ addresses: ['1', '2', '3', '4', '5'].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }] },
    want: { Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...' },
  },
  {
    name: 'volume',
    kind: PersistentVolume,
    given: {
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
        claimRef: { namespace: 'd', name: 'c' },
        storageClassName: 's',
      },
      status: { phase: 'Bound' },
    },
    want: {
      Capacity: '1Gi',
      'Access Modes': 'RWO,RWX',
      Claim: 'd/c',
      StorageClass: 's',
      VolumeAttributesClass: '<unset>',
      Status: 'Bound',
    },
  },
  {
    name: 'claim that waits',
    kind: PersistentVolumeClaim,
    given: { spec: claim, status: { phase: 'Pending' } },
    want: { Status: 'Pending', Volume: '', Capacity: '', 'Access Modes': '', VolumeMode: '<unset>' },
  },
  {
    name: 'quota',
    kind: ResourceQuota,
    given: { status: { hard: { pods: '10', 'limits.cpu': '4', cpu: '2' }, used: { pods: '3' } } },
    want: { Request: 'cpu: 0/2, pods: 3/10', Limit: 'limits.cpu: 0/4' },
  },
]

for (const { name, kind, given, want } of rows) {
  test(`row: ${name}`, () => {
    const row = cells(kind as Kind, given)
    assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, row[key]])), want)
  })
}

test('every kind stands an object with nothing in it', () => {
  for (const kind of coreKinds) {
    const empty = defaulted(kind, { metadata: { name: 'x' } })
    assert.doesNotThrow(() => {
      kind.validate?.(empty)
      kind.validateCreate?.(empty)
      kind.validateUpdate?.(empty, empty)
      kind.validateStatusUpdate?.(empty, empty)
      kind.warnings?.(empty, undefined)
      for (const rules of Object.values(kind.validateSubresource ?? {})) rules(empty, empty)
      for (const column of kind.columns ?? []) column.value(empty, 0)
      for (const read of Object.values(kind.selectableFields ?? {})) assert.equal(typeof read(empty), 'string')
    }, kind.kind)
  }
})

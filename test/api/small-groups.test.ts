// Storage, scheduling, coordination, node and resource: defaults, rules with upstream's words, columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lease } from '../../src/api/coordination/lease.ts'
import { RuntimeClass } from '../../src/api/node/runtimeclass.ts'
import { ResourceClaim } from '../../src/api/resource/resourceclaim.ts'
import { PriorityClass } from '../../src/api/scheduling/priorityclass.ts'
import { CSIDriver } from '../../src/api/storage/csidriver.ts'
import { StorageClass } from '../../src/api/storage/storageclass.ts'
import { VolumeAttachment } from '../../src/api/storage/volumeattachment.ts'
import { VolumeAttributesClass } from '../../src/api/storage/volumeattributesclass.ts'
import { cells, createErrors, defaulted, updateErrors } from './strategy.ts'

const metadata = { name: 'a' }
const attachment = (source: object) => ({ metadata, spec: { attacher: 'csi.example.com', nodeName: 'n1', source } })

const cases = [
  { name: 'a good one', kind: StorageClass, given: { metadata, provisioner: 'csi.example.com' }, want: [] },
  {
    name: 'unknown words',
    kind: StorageClass,
    given: { metadata, provisioner: 'p', reclaimPolicy: 'Recycle', volumeBindingMode: 'Later' },
    want: [
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
  },
  {
    name: 'no parameters',
    kind: VolumeAttributesClass,
    given: { metadata, driverName: 'csi.example.com' },
    want: ['parameters: Required value: must contain at least one key/value pair'],
  },
  {
    name: 'two sources',
    kind: VolumeAttachment,
    given: attachment({ persistentVolumeName: 'pv', inlineVolumeSpec: {} }),
    want: ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  },
  {
    name: 'too short a period',
    kind: CSIDriver,
    given: { metadata, spec: { nodeAllocatableUpdatePeriodSeconds: 5 } },
    want: ['spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds'],
  },
  {
    name: 'a system name',
    kind: PriorityClass,
    given: { metadata: { name: 'system-x' }, value: 1 },
    want: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    ],
  },
  {
    name: 'too high',
    kind: PriorityClass,
    given: { metadata, value: 1000000001 },
    want: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  { name: 'a good system class', kind: PriorityClass, given: { metadata: { name: 'system-node-critical' }, value: 2000001000 }, want: [] },
  {
    name: 'no time at all',
    kind: Lease,
    given: { metadata, spec: { leaseDurationSeconds: 0 } },
    want: ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  },
  { name: 'no handler', kind: RuntimeClass, given: { metadata }, want: ['handler: Required value'] },
  {
    name: 'no class',
    kind: ResourceClaim,
    given: { metadata, spec: { devices: { requests: [{ name: 'gpu', exactly: {} }, { name: 'gpu' }] } } },
    want: [
      'spec.devices.requests[1]: Duplicate value: "gpu"',
      'spec.devices.requests[0].exactly.deviceClassName: Required value',
      'spec.devices.requests[1]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    ],
  },
] as const

for (const { name, kind, given, want } of cases) {
  test(`${kind.kind}: ${name}`, () => assert.deepEqual(createErrors(kind as never, given), want))
}

test('a CSIDriver gets upstream’s defaults', () => {
  assert.deepEqual(defaulted(CSIDriver, { metadata, spec: {} }).spec, {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
    volumeLifecycleModes: ['Persistent'],
  })
})

test('a priority never changes', () => {
  assert.deepEqual(updateErrors(PriorityClass, { metadata, value: 2 }, { metadata, value: 1 }), [
    'value: Forbidden: may not be changed in an update.',
  ])
})

test('rows', () => {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  const row = cells(StorageClass, { metadata: { name: 'fast', annotations }, provisioner: 'p' })
  assert.deepEqual(
    [row['Name'], row['ReclaimPolicy'], row['VolumeBindingMode'], row['AllowVolumeExpansion']],
    ['fast (default)', 'Delete', 'Immediate', false],
  )
  assert.equal(cells(ResourceClaim, {})['State'], 'pending')
  assert.equal(cells(CSIDriver, {})['TokenRequests'], '<unset>')
})

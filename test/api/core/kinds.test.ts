// Rules of the other kinds of the core group for new objects, in upstream's words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../../../src/api/core/configmap.ts'
import { Endpoints } from '../../../src/api/core/endpoints.ts'
import { Event } from '../../../src/api/core/event.ts'
import { LimitRange } from '../../../src/api/core/limitrange.ts'
import { Node } from '../../../src/api/core/node.ts'
import { PersistentVolume } from '../../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../../src/api/core/persistentvolumeclaim.ts'
import { ReplicationController } from '../../../src/api/core/replicationcontroller.ts'
import { ResourceQuota } from '../../../src/api/core/resourcequota.ts'
import { Secret } from '../../../src/api/core/secret.ts'
import type { Kind } from '../../../src/apimachinery/kind.ts'
import { createErrors } from '../strategy.ts'

const metadata = { name: 'x', namespace: 'd', resourceVersion: '1' }
const mib = 'a'.repeat(1024 * 1024 + 1)
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } }

const creates: { name: string; kind: unknown; given: object; want: string[] }[] = [
  { name: 'ConfigMap over 1 MiB', kind: ConfigMap, given: { data: { k: mib } }, want: [': Too long: may not be more than 1048576 bytes'] },
  {
    name: 'ConfigMap with a key in both maps',
    kind: ConfigMap,
    given: { data: { k: '' }, binaryData: { k: '' } },
    want: ['data[k]: Invalid value: "k": duplicate of key present in binaryData'],
  },
  {
    name: 'ConfigMap with a key that is a path',
    kind: ConfigMap,
    given: { data: { '..': '' } },
    want: ['data[..]: Invalid value: "..": must not be \'..\''],
  },
  {
    name: 'TLS Secret without key',
    kind: Secret,
    given: { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
    want: ['data[tls.key]: Required value'],
  },
  {
    name: 'token Secret without account',
    kind: Secret,
    given: { type: 'kubernetes.io/service-account-token' },
    want: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
  {
    name: 'docker Secret that is no JSON',
    kind: Secret,
    given: { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } },
    want: ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input'],
  },
  { name: 'claim', kind: PersistentVolumeClaim, given: { spec: claim }, want: [] },
  {
    name: 'empty claim',
    kind: PersistentVolumeClaim,
    given: { spec: {} },
    want: ['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value'],
  },
  {
    name: 'claim of one pod and of many',
    kind: PersistentVolumeClaim,
    given: { spec: { ...claim, accessModes: ['ReadWriteOncePod', 'ReadWriteMany'] } },
    want: ['spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  },
  { name: 'volume', kind: PersistentVolume, given: { spec: volume }, want: [] },
  {
    name: 'volume without source',
    kind: PersistentVolume,
    given: { spec: { ...volume, hostPath: undefined } },
    want: ['spec: Required value: must specify a volume type'],
  },
  {
    name: 'local volume without nodes',
    kind: PersistentVolume,
    given: { spec: { ...volume, hostPath: undefined, local: { path: '/d' } } },
    want: ['spec.nodeAffinity: Required value: Local volume requires node affinity'],
  },
  {
    name: 'node with a taint twice',
    kind: Node,
    given: {
      spec: {
        taints: [
          { key: 'k', effect: 'NoSchedule' },
          { key: 'k', effect: 'NoSchedule' },
          { key: 'k', effect: 'Never' },
        ],
      },
    },
    want: [
      'metadata.taints[1]: Duplicate value: {"Key":"k","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  },
  {
    name: 'LimitRange with min above max',
    kind: LimitRange,
    given: {
      spec: { limits: [{ type: 'Container', min: { cpu: '2' }, max: { cpu: '1' }, default: { cpu: '1' }, defaultRequest: { cpu: '1' } }] },
    },
    want: [
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
      'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
      'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
    ],
  },
  {
    name: 'quota with scopes that exclude each other',
    kind: ResourceQuota,
    given: { spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    want: ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  },
  {
    name: 'quota of half a pod and of nothing known',
    kind: ResourceQuota,
    given: { spec: { hard: { pods: '500m', things: '1' } } },
    want: [
      'spec.hard[pods]: Invalid value: "500m": must be an integer',
      'spec.hard[things]: Invalid value: "things": must be a standard resource type or fully qualified',
      'spec.hard[things]: Invalid value: "things": must be a standard resource for quota',
    ],
  },
  {
    name: 'endpoints to the loopback',
    kind: Endpoints,
    given: { subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 80 }] }] },
    want: ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  },
  {
    name: 'event about another namespace',
    kind: Event,
    given: { involvedObject: { namespace: 'other' } },
    want: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  },
  { name: 'replication controller', kind: ReplicationController, given: { spec: { template } }, want: [] },
  {
    name: 'replication controller that selects others',
    kind: ReplicationController,
    given: { spec: { template, selector: { c: 'd' }, replicas: -1 } },
    want: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
  },
]

for (const { name, kind, given, want } of creates) {
  test(`create: ${name}`, () => assert.deepEqual(createErrors(kind as Kind, { metadata, ...given }), want))
}

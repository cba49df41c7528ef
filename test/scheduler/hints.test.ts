// Which changes bring a rejected pod back: each plugin's retryOn, asked one by one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import type { Change, ClusterEvent } from '../../src/scheduler/framework.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { node, pod } from './objects.ts'

const zone = 'topology.kubernetes.io/zone'
const web = { matchLabels: { app: 'web' } }
const { all } = defaultProfile()

interface Case {
  plugin: string
  event: ClusterEvent
  pod: Pod
  /** What brings it back. */
  yes: Change[]
  /** What does not. */
  no: Change[]
}

const inZone = (name: string, value?: string): Node => node(name, value === undefined ? {} : { labels: { [zone]: value } })
const near = (kind: 'podAffinity' | 'podAntiAffinity', labelSelector: object = web, more: object = {}) =>
  pod('a', {
    affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: zone, labelSelector, ...more }] } },
  })
const spread = (more: object = {}) =>
  pod('a', {
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web, ...more }],
  })
const labelled = (name: string, app: string) => pod(name, { labels: { app } })
const claimed = pod('a', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] })
const other = (name: string) => ({ ...claimed, metadata: { ...claimed.metadata, name, uid: name } })
const claim = (name: string, namespace = 'default') => ({ metadata: { name, namespace } })
const cpus = (cpu: string, pods = '110') => node('n', { allocatable: { cpu, pods } })
const capacity = (size: string, largest?: string) => ({
  metadata: { name: 'c', namespace: 'default' },
  capacity: size,
  ...(largest === undefined ? {} : { maximumVolumeSize: largest }),
})
const tolerant = pod('a', { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] })

const cases: Case[] = [
  {
    plugin: 'NodeAffinity',
    event: 'NodeAdd',
    pod: pod('a', { nodeSelector: { [zone]: 'x' } }),
    yes: [{ object: inZone('n', 'x') }],
    no: [{ object: inZone('n', 'y') }, { object: inZone('n') }],
  },
  {
    plugin: 'NodeAffinity',
    event: 'NodeLabel',
    pod: pod('a', { nodeSelector: { [zone]: 'x' } }),
    yes: [{ previous: inZone('n', 'y'), object: inZone('n', 'x') }],
    no: [
      { previous: inZone('n', 'x'), object: inZone('n', 'x') },
      { previous: inZone('n', 'x'), object: inZone('n', 'y') },
    ],
  },
  {
    plugin: 'NodeUnschedulable',
    event: 'PodToleration',
    pod: pod('a'),
    yes: [{ previous: pod('a'), object: tolerant }],
    no: [{ previous: tolerant, object: pod('a') }],
  },
  {
    plugin: 'NodeResourcesFit',
    event: 'NodeAllocatable',
    pod: pod('a', { requests: { cpu: '3' } }),
    yes: [
      { previous: cpus('2'), object: cpus('4') },
      { previous: cpus('4', '1'), object: cpus('4', '2') },
    ],
    no: [
      { previous: cpus('1'), object: cpus('2') },
      { previous: cpus('8'), object: cpus('4') },
    ],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodAdd',
    pod: near('podAffinity'),
    yes: [{ object: labelled('b', 'web') }],
    no: [{ object: labelled('b', 'db') }],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodAdd',
    pod: near('podAffinity', web, { namespaceSelector: { matchLabels: { team: 'a' } } }),
    yes: [{ object: { ...labelled('b', 'web'), metadata: { name: 'b', namespace: 'elsewhere', labels: { app: 'web' } } } }],
    no: [],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodDelete',
    pod: near('podAntiAffinity'),
    yes: [{ previous: labelled('b', 'web') }],
    no: [{ previous: labelled('b', 'db') }],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodDelete',
    pod: labelled('a', 'web'),
    yes: [{ previous: near('podAntiAffinity') }],
    no: [{ previous: labelled('b', 'web') }],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodLabel',
    pod: near('podAffinity'),
    yes: [{ previous: labelled('b', 'db'), object: labelled('b', 'web') }],
    no: [{ previous: labelled('b', 'web'), object: labelled('b', 'db') }],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'AssignedPodLabel',
    pod: near('podAntiAffinity'),
    yes: [{ previous: labelled('b', 'web'), object: labelled('b', 'db') }],
    no: [{ previous: labelled('b', 'db'), object: labelled('b', 'web') }],
  },
  {
    plugin: 'InterPodAffinity',
    event: 'NodeLabel',
    pod: near('podAffinity'),
    yes: [{ previous: inZone('n'), object: inZone('n', 'x') }],
    no: [
      { previous: inZone('n', 'x'), object: inZone('n', 'x') },
      { previous: inZone('n', 'x'), object: inZone('n') },
    ],
  },
  {
    plugin: 'PodTopologySpread',
    event: 'AssignedPodAdd',
    pod: spread(),
    yes: [{ object: labelled('b', 'web') }],
    no: [{ object: labelled('b', 'db') }, { object: { metadata: { name: 'b', namespace: 'elsewhere', labels: { app: 'web' } } } }],
  },
  {
    plugin: 'PodTopologySpread',
    event: 'AssignedPodLabel',
    pod: spread(),
    yes: [{ previous: labelled('b', 'web'), object: labelled('b', 'db') }],
    no: [{ previous: labelled('b', 'web'), object: labelled('b', 'web') }],
  },
  {
    plugin: 'PodTopologySpread',
    event: 'NodeLabel',
    pod: spread(),
    yes: [
      { previous: inZone('n'), object: inZone('n', 'x') },
      { previous: inZone('n', 'y'), object: inZone('n', 'x') },
    ],
    no: [
      { previous: inZone('n', 'x'), object: inZone('n', 'x') },
      { previous: inZone('n'), object: inZone('n') },
    ],
  },
  {
    plugin: 'PodTopologySpread',
    event: 'NodeTaint',
    pod: spread({ nodeTaintsPolicy: 'Honor' }),
    yes: [{ previous: inZone('n', 'x'), object: inZone('n', 'x') }],
    no: [{ previous: inZone('n'), object: inZone('n') }],
  },
  {
    plugin: 'VolumeBinding',
    event: 'PersistentVolumeClaimUpdate',
    pod: claimed,
    yes: [{ previous: claim('data'), object: claim('data') }],
    no: [
      { previous: claim('logs'), object: claim('logs') },
      { previous: claim('data', 'elsewhere'), object: claim('data', 'elsewhere') },
    ],
  },
  {
    plugin: 'VolumeBinding',
    event: 'CSIStorageCapacityUpdate',
    pod: claimed,
    yes: [
      { previous: capacity('1Gi'), object: capacity('2Gi') },
      { previous: capacity('9Gi', '1Gi'), object: capacity('9Gi', '2Gi') },
    ],
    no: [
      { previous: capacity('2Gi'), object: capacity('1Gi') },
      { previous: capacity('1Gi', '1Gi'), object: capacity('9Gi', '1Gi') },
    ],
  },
  {
    plugin: 'VolumeRestrictions',
    event: 'AssignedPodDelete',
    pod: claimed,
    yes: [{ previous: other('b') }],
    no: [{ previous: pod('b') }],
  },
  {
    plugin: 'NodeVolumeLimits',
    event: 'AssignedPodDelete',
    pod: claimed,
    yes: [{ previous: other('b') }],
    no: [{ previous: pod('b') }],
  },
]

for (const { plugin, event, pod: given, yes, no } of cases) {
  test(`${plugin}, ${event}: ${JSON.stringify(given.spec?.affinity ?? given.spec?.topologySpreadConstraints ?? '')}`, () => {
    const hint = all.get(plugin)?.retryOn[event]
    const helps = (change: Change) => hint === true || hint?.(podInfo(given), change) === true
    assert.deepEqual(
      yes.map(helps),
      yes.map(() => true),
    )
    assert.deepEqual(
      no.map(helps),
      no.map(() => false),
    )
  })
}

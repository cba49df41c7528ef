// Where volumes let pods go: storage that drivers have left, topologies of classes, limits of nodes; and how little is looked up for it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schedule } from '../../src/scheduler/cycle.ts'
import { fitErrorMessage } from '../../src/scheduler/fit-error.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { cluster, node, pod, type WorldShape } from './objects.ts'

const zone = 'topology.kubernetes.io/zone'
const driver = 'disk.example.com'
const profile = defaultProfile()
const claimed = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }
const claim = (spec: object, name = 'data', annotations = {}) => ({
  metadata: { name, namespace: 'default', uid: name, annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
})
const bound = (name: string, volumeName: string) => claim({ volumeName }, name, { 'pv.kubernetes.io/bind-completed': 'yes' })
const storageClass = (more: object = {}) => ({
  metadata: { name: 'disks' },
  provisioner: driver,
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
})
const capacity = (onZone: string, sizes: object) => ({
  metadata: { name: `capacity-${onZone}`, namespace: 'kube-system' },
  storageClassName: 'disks',
  nodeTopology: { matchLabels: { [zone]: onZone } },
  ...sizes,
})
const tracks = { metadata: { name: driver }, spec: { storageCapacity: true } }
const nodes = [node('n1', { labels: { [zone]: 'x' } }), node('n2', { labels: { [zone]: 'y' } })]
const waiting = { claims: [claim({ storageClassName: 'disks' })], storageClasses: [storageClass()] }
const disk = (name: string) => ({
  metadata: { name },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce'], csi: { driver, volumeHandle: name } },
  status: { phase: 'Bound' },
})
const limited = (name: string, count: number) => ({
  metadata: { name },
  spec: { drivers: [{ name: driver, nodeID: name, allocatable: { count } }] },
})
const attachment = (volume: string, nodeName: string) => ({
  metadata: { name: `${volume}-${nodeName}` },
  spec: { attacher: driver, nodeName, source: { persistentVolumeName: volume } },
})

const space = 'node(s) did not have enough free storage'
const none = "node(s) didn't find available persistent volumes to bind"
const full = 'node(s) exceed max volume count'
const oneDisk = { claims: [bound('data', 'a')], volumes: [disk('a'), disk('b')], csiNodes: [limited('n1', 1), limited('n2', 1)] }

const cases: { name: string; world: WorldShape; want: string }[] = [
  {
    name: 'a driver that has enough left in one zone',
    world: { ...waiting, csiDrivers: [tracks], csiCapacities: [capacity('x', { capacity: '1Gi' }), capacity('y', { capacity: '9Gi' })] },
    want: 'n2',
  },
  {
    name: 'a driver that has nothing left',
    world: { ...waiting, csiDrivers: [tracks], csiCapacities: [capacity('x', { capacity: '1Gi' }), capacity('y', {})] },
    want: `2 ${space}`,
  },
  {
    name: 'the largest single volume counts, not the sum',
    world: { ...waiting, csiDrivers: [tracks], csiCapacities: [capacity('x', { capacity: '9Gi', maximumVolumeSize: '1Gi' })] },
    want: `2 ${space}`,
  },
  { name: 'a driver that does not tell', world: { ...waiting, csiDrivers: [{ ...tracks, spec: {} }] }, want: 'n1' },
  {
    name: 'a class that reaches one zone',
    world: {
      ...waiting,
      storageClasses: [storageClass({ allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['y'] }] }] })],
    },
    want: 'n2',
  },
  {
    name: 'a class that reaches no zone of ours',
    world: {
      ...waiting,
      storageClasses: [storageClass({ allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['z'] }] }] })],
    },
    want: `2 ${none}`,
  },
  {
    name: 'a claim that was promised another node',
    world: {
      ...waiting,
      claims: [claim({ storageClassName: 'disks' }, 'data', { 'volume.kubernetes.io/selected-node': 'n2' })],
    },
    want: 'n2',
  },
  { name: 'a node with room for one more volume', world: oneDisk, want: 'n1' },
  {
    name: 'a node to which another volume is attached',
    world: { ...oneDisk, volumeAttachments: [attachment('b', 'n1')] },
    want: 'n2',
  },
  {
    name: 'the same volume, attached already, takes no room',
    world: { ...oneDisk, volumeAttachments: [attachment('a', 'n1'), attachment('b', 'n2')] },
    want: 'n1',
  },
  {
    name: 'nodes that are full',
    world: { ...oneDisk, volumeAttachments: [attachment('b', 'n1'), attachment('b', 'n2')] },
    want: `2 ${full}`,
  },
]

/** A volume that lies on one node, or anywhere. */
const local = (name: string, size: string, onto?: string) => ({
  metadata: { name },
  spec: {
    capacity: { storage: size },
    accessModes: ['ReadWriteOnce'],
    storageClassName: 'disks',
    ...(onto === undefined
      ? {}
      : {
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [onto] }] }] },
          },
        }),
  },
  status: { phase: 'Available' },
})

const choices = [
  { name: 'the smaller one, on the node', volumes: [local('far', '9Gi'), local('near', '3Gi', 'n1')], want: ['near'] },
  { name: 'the smaller one, that is anywhere', volumes: [local('near', '9Gi', 'n1'), local('far', '3Gi')], want: ['far'] },
  { name: 'none of another node', volumes: [local('other', '3Gi', 'n2'), local('near', '9Gi', 'n1')], want: ['near'] },
  { name: 'one that was promised to the claim, before a smaller one', want: ['mine'], volumes: [local('near', '3Gi', 'n1'), promised()] },
]

function promised() {
  const volume = local('mine', '9Gi', 'n1')
  return { ...volume, spec: { ...volume.spec, claimRef: { namespace: 'default', name: 'data', uid: 'data' } } }
}

for (const { name, volumes, want } of choices) {
  test(`of several volumes: ${name}`, () => {
    const cache = cluster(nodes, [], { ...waiting, volumes })
    const given = podInfo(pod('p', { ...claimed, nodeSelector: { 'kubernetes.io/hostname': 'n1' } }))
    const outcome = schedule(given, cache, profile, () => 0)
    assert.ok('node' in outcome)
    const plugin = profile.reserve.find((each) => each.name === 'VolumeBinding')!
    const reserved = plugin.reserve!(outcome.run.states[outcome.run.plugins.indexOf(plugin)], given, outcome.node, cache)
    const steps = reserved !== undefined && 'steps' in reserved ? reserved.steps : []
    assert.deepEqual(
      steps.map(({ volume }) => volume?.metadata?.name),
      want,
    )
  })
}

for (const { name, world, want } of cases) {
  test(name, () => {
    const outcome = schedule(podInfo(pod('p', claimed)), cluster(nodes, [], world), profile, () => 0.9)
    const refused = 'node' in outcome ? undefined : fitErrorMessage(outcome.diagnosis).replace(/^0\/2 nodes are available: |\.$/g, '')
    assert.equal('node' in outcome ? outcome.node.name : refused, want)
  })
}

test('volumes, capacities and attachments are gone through once for a pod, not once for each node', () => {
  const many = Array.from({ length: 60 }, (_, i) => node(`n${i}`, { labels: { [zone]: 'x' } }))
  const claims = [claim({ storageClassName: 'disks' }), bound('more', 'a')]
  const csiNodes = many.map(({ metadata }) => limited(metadata?.name ?? '', 5))
  const csiCapacities = [capacity('x', { capacity: '9Gi' })]
  const cache = cluster(many, [], { ...waiting, claims, csiNodes, csiDrivers: [tracks], csiCapacities, volumes: [disk('a')] })
  const lists: string[] = []
  for (const kind of ['volumes', 'csiCapacities', 'volumeAttachments'] as const) {
    const reader = cache.world[kind]
    const list = reader.list.bind(reader)
    reader.list = (namespace) => {
      lists.push(kind)
      return list(namespace) as never
    }
  }
  const both = pod('p', { volumes: [...claimed.volumes, { name: 'w', persistentVolumeClaim: { claimName: 'more' } }] })
  assert.ok('node' in schedule(podInfo(both), cache, profile, () => 0))
  assert.deepEqual(lists.sort(), ['csiCapacities', 'volumeAttachments', 'volumes'])
})

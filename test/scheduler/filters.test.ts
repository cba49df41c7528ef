// What each filter says about a pod and a node, in the words users see.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { schedule } from '../../src/scheduler/cycle.ts'
import { fitErrorMessage } from '../../src/scheduler/fit-error.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { cluster, node, pod, type WorldShape } from './objects.ts'

interface Case {
  name: string
  pod: Pod
  nodes?: Node[]
  running?: [Pod, string][]
  world?: WorldShape
  /** The node, or the reason without the count. */
  want: string
}

const gpu = 'example.com/gpu'
const zone = 'topology.kubernetes.io/zone'
const host = 'kubernetes.io/hostname'
const web = { matchLabels: { app: 'web' } }
const affinity = (matchExpressions: object[]) =>
  ({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } }) as never
const podAffinity = (kind: 'podAffinity' | 'podAntiAffinity', topologyKey: string, labelSelector: object = web) => ({
  [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }] },
})
const taint = { key: 'dedicated', value: 'db', effect: 'NoSchedule' }
const claimed = { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }
const claim = (spec: object, annotations = {}) => ({ metadata: { name: 'data', namespace: 'default', uid: 'c', annotations }, spec })
const bound = { 'pv.kubernetes.io/bind-completed': 'yes' }
const onNode = (name: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: host, operator: 'In', values: [name] }] }] },
})
const local = { metadata: { name: 'local' }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' }
const volume = (name: string, onto: string, size = '1Gi') => ({
  metadata: { name },
  spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], storageClassName: 'local', nodeAffinity: onNode(onto) },
  status: { phase: 'Available' },
})
const localClaim = claim({ storageClassName: 'local', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } })

const cases: Case[] = [
  { name: 'an empty node takes a pod', pod: pod('a'), want: 'n1' },
  { name: 'cpu', pod: pod('a', { requests: { cpu: '5' } }), want: 'Insufficient cpu' },
  {
    name: 'memory that others use',
    pod: pod('a', { requests: { memory: '5Gi' } }),
    running: [[pod('b', { requests: { memory: '4Gi' } }), 'n1']],
    want: 'Insufficient memory',
  },
  { name: 'an extended resource the node lacks', pod: pod('a', { requests: { [gpu]: '1' } }), want: 'Insufficient example.com/gpu' },
  {
    name: 'an extended resource',
    pod: pod('a', { requests: { [gpu]: '1' } }),
    nodes: [node('n1', { allocatable: { [gpu]: '1' } })],
    want: 'n1',
  },
  {
    name: 'number of pods',
    pod: pod('a'),
    nodes: [node('n1', { allocatable: { pods: '1' } })],
    running: [[pod('b'), 'n1']],
    want: 'Too many pods',
  },
  { name: 'a cordoned node', pod: pod('a'), nodes: [node('n1', { unschedulable: true })], want: 'node(s) were unschedulable' },
  {
    name: 'a cordoned node that is tolerated',
    pod: pod('a', { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }),
    nodes: [node('n1', { unschedulable: true })],
    want: 'n1',
  },
  { name: 'a taint', pod: pod('a'), nodes: [node('n1', { taints: [taint] })], want: 'node(s) had untolerated taint(s)' },
  {
    name: 'a taint of another value',
    pod: pod('a', { tolerations: [{ ...taint, value: 'web' }] }),
    nodes: [node('n1', { taints: [taint] })],
    want: 'node(s) had untolerated taint(s)',
  },
  { name: 'a tolerated taint', pod: pod('a', { tolerations: [taint] }), nodes: [node('n1', { taints: [taint] })], want: 'n1' },
  {
    name: 'everything tolerated',
    pod: pod('a', { tolerations: [{ operator: 'Exists' }] }),
    nodes: [node('n1', { taints: [taint] })],
    want: 'n1',
  },
  {
    name: 'a soft taint does not repel',
    pod: pod('a'),
    nodes: [node('n1', { taints: [{ ...taint, effect: 'PreferNoSchedule' }] })],
    want: 'n1',
  },
  { name: 'nodeSelector', pod: pod('a', { nodeSelector: { disk: 'ssd' } }), want: "node(s) didn't match Pod's node affinity/selector" },
  {
    name: 'nodeSelector that matches',
    pod: pod('a', { nodeSelector: { disk: 'ssd' } }),
    nodes: [node('n1', { labels: { disk: 'ssd' } })],
    want: 'n1',
  },
  {
    name: 'affinity Gt',
    pod: pod('a', { affinity: affinity([{ key: 'gen', operator: 'Gt', values: ['3'] }]) }),
    nodes: [node('n1', { labels: { gen: '4' } })],
    want: 'n1',
  },
  {
    name: 'affinity NotIn',
    pod: pod('a', { affinity: affinity([{ key: 'disk', operator: 'NotIn', values: ['hdd'] }]) }),
    nodes: [node('n1', { labels: { disk: 'hdd' } })],
    want: "node(s) didn't match Pod's node affinity/selector",
  },
  {
    name: 'affinity to a node by name',
    pod: pod('a', {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
          },
        },
      },
    }),
    nodes: [node('n1'), node('n2')],
    want: 'n2',
  },
  {
    name: 'affinity to a node that is missing',
    pod: pod('a', {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
          },
        },
      },
    }),
    want: "node(s) didn't satisfy plugin(s) [NodeAffinity]",
  },
  {
    name: 'a taken host port',
    pod: pod('a', { ports: [{ hostPort: 80 }] }),
    running: [[pod('b', { ports: [{ hostPort: 80, hostIP: '10.0.0.1' }] }), 'n1']],
    want: "node(s) didn't have free ports for the requested pod ports",
  },
  {
    name: 'a host port on another address',
    pod: pod('a', { ports: [{ hostPort: 80, hostIP: '10.0.0.2' }] }),
    running: [[pod('b', { ports: [{ hostPort: 80, hostIP: '10.0.0.1' }] }), 'n1']],
    want: 'n1',
  },
  {
    name: 'a host port of another protocol',
    pod: pod('a', { ports: [{ hostPort: 80, protocol: 'UDP' }] }),
    running: [[pod('b', { ports: [{ hostPort: 80 }] }), 'n1']],
    want: 'n1',
  },
  {
    name: 'pod affinity without anybody there',
    pod: pod('a', { affinity: podAffinity('podAffinity', host) }),
    want: "node(s) didn't match pod affinity rules",
  },
  {
    name: 'pod affinity',
    pod: pod('a', { affinity: podAffinity('podAffinity', host) }),
    nodes: [node('n1'), node('n2')],
    running: [[pod('b', { labels: { app: 'web' } }), 'n2']],
    want: 'n2',
  },
  {
    name: 'the first of a group may go anywhere',
    pod: pod('a', { labels: { app: 'web' }, affinity: podAffinity('podAffinity', host) }),
    want: 'n1',
  },
  {
    name: 'anti-affinity',
    pod: pod('a', { affinity: podAffinity('podAntiAffinity', host) }),
    running: [[pod('b', { labels: { app: 'web' } }), 'n1']],
    want: "node(s) didn't match pod anti-affinity rules",
  },
  {
    name: 'anti-affinity of a pod that is there',
    pod: pod('a', { labels: { app: 'web' } }),
    running: [[pod('b', { affinity: podAffinity('podAntiAffinity', host) }), 'n1']],
    want: "node(s) didn't satisfy existing pods anti-affinity rules",
  },
  {
    name: 'too many in one zone',
    pod: pod('a', {
      labels: { app: 'web' },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web }],
    }),
    nodes: [node('n1', { labels: { [zone]: 'x' } }), node('n2', { labels: { [zone]: 'y' } })],
    running: [[pod('b', { labels: { app: 'web' } }), 'n1']],
    want: 'n2',
  },
  {
    name: 'fewer zones than asked for',
    pod: pod('a', {
      labels: { app: 'web' },
      topologySpreadConstraints: [{ maxSkew: 1, minDomains: 2, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web }],
    }),
    nodes: [node('n1', { labels: { [zone]: 'x' } })],
    running: [[pod('b', { labels: { app: 'web' } }), 'n1']],
    want: "node(s) didn't match pod topology spread constraints",
  },
  {
    name: 'no such label',
    pod: pod('a', {
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: 'DoNotSchedule', labelSelector: web }],
    }),
    want: "node(s) didn't match pod topology spread constraints (missing required label)",
  },
  { name: 'a claim that is missing', pod: pod('a', claimed), want: 'persistentvolumeclaim "data" not found' },
  {
    name: 'a claim not bound yet',
    pod: pod('a', claimed),
    world: { claims: [claim({ storageClassName: 'fast' })] },
    want: 'pod has unbound immediate PersistentVolumeClaims',
  },
  {
    name: 'a bound volume of another node',
    pod: pod('a', claimed),
    world: { claims: [claim({ volumeName: 'pv' }, bound)], volumes: [volume('pv', 'n2')] },
    want: "node(s) didn't match PersistentVolume's node affinity",
  },
  {
    name: 'a bound volume that is gone',
    pod: pod('a', claimed),
    world: { claims: [claim({ volumeName: 'pv' }, bound)] },
    want: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  },
  {
    name: 'a claim waits for its consumer: a free volume decides',
    pod: pod('a', claimed),
    nodes: [node('n1'), node('n2')],
    world: { claims: [localClaim], storageClasses: [local], volumes: [volume('pv', 'n2')] },
    want: 'n2',
  },
  {
    name: 'a claim waits for its consumer: too small',
    pod: pod('a', claimed),
    world: { claims: [localClaim], storageClasses: [local], volumes: [volume('pv', 'n1', '1Mi')] },
    want: "node(s) didn't find available persistent volumes to bind",
  },
  {
    name: 'a claim waits for its consumer: one can be made',
    pod: pod('a', claimed),
    world: { claims: [localClaim], storageClasses: [{ ...local, provisioner: 'csi.example.com' }] },
    want: 'n1',
  },
  {
    name: 'ReadWriteOncePod',
    pod: pod('a', claimed),
    world: { claims: [claim({ volumeName: 'pv', accessModes: ['ReadWriteOncePod'] }, bound)], volumes: [volume('pv', 'n1')] },
    running: [[pod('b', claimed), 'n1']],
    want: 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode',
  },
  {
    name: 'a volume of another zone',
    pod: pod('a', claimed),
    nodes: [node('n1', { labels: { [zone]: 'x' } })],
    world: { claims: [claim({ volumeName: 'pv' }, bound)], volumes: [{ metadata: { name: 'pv', labels: { [zone]: 'y' } }, spec: {} }] },
    want: 'node(s) had no available volume zone',
  },
]

const profile = defaultProfile()

for (const { name, pod: given, nodes = [node('n1')], running = [], world, want } of cases) {
  test(name, () => {
    const outcome = schedule(podInfo(given), cluster(nodes, running, world), profile, () => 0)
    const got =
      'node' in outcome ? outcome.node.name : fitErrorMessage(outcome.diagnosis).replace(/^0\/1 nodes are available: (1 )?|\.$/g, '')
    assert.equal(got, want)
  })
}

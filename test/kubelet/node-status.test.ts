// The Node object and its status, names and addresses of simulated nodes, and what a node refuses to run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { fallbackPodCidr, nodeAddress, nodeNames } from '../../src/kubelet/hollow-nodes.ts'
import { type NodeFacts, nodeConditionsHold, nodeMetadataPatch, nodeObject, nodeStatus } from '../../src/kubelet/node-status.ts'
import { admissionVerdict, deadline } from '../../src/kubelet/pod-admission.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const facts: NodeFacts = {
  name: 'n',
  hostname: 'n',
  ips: ['10.0.0.1'],
  capacity: { cpu: '4', memory: '8Gi', pods: '3', 'ephemeral-storage': '100Gi' },
  labels: { zone: 'a' },
  taints: [],
  schedulable: true,
  runtime: { name: 'hollow', version: '1.0.0' },
  machine: {
    ...{ machineId: 'm', systemUuid: 's', bootId: 'b', kernelVersion: '6.1', osImage: 'Linux' },
    ...{ operatingSystem: 'linux', architecture: 'amd64' },
  },
}

test('a registered node is Ready from the start', () => {
  const node = nodeObject(facts, [], now)
  assert.ok(nodeConditionsHold(node.status))
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
  assert.deepEqual(ready, {
    ...{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
    ...{ lastHeartbeatTime: '2026-03-01T12:00:00Z', lastTransitionTime: '2026-03-01T12:00:00Z' },
  })
  assert.equal(node.metadata?.labels?.['kubernetes.io/hostname'], 'n')
  assert.equal(node.metadata?.labels?.['zone'], 'a')
  assert.equal(node.spec?.unschedulable, undefined)
  assert.deepEqual(node.status?.allocatable, { cpu: '4', memory: '8092Mi', pods: '3', 'ephemeral-storage': '96636764160' })
})

test('transition times are kept, heartbeats move', () => {
  const before = nodeStatus(facts, [], undefined, now)
  const later = nodeStatus(facts, [], before, now + 60_000)
  assert.equal(later.conditions?.[3]?.lastTransitionTime, '2026-03-01T12:00:00Z')
  assert.equal(later.conditions?.[3]?.lastHeartbeatTime, '2026-03-01T12:01:00Z')
  const unknown = { ...before, conditions: before.conditions?.map((each) => ({ ...each, status: 'Unknown' })) ?? [] }
  assert.ok(!nodeConditionsHold(unknown))
  assert.equal(nodeStatus(facts, [], unknown, now + 60_000).conditions?.[3]?.lastTransitionTime, '2026-03-01T12:01:00Z')
})

test('an existing node gets the labels it lacks', () => {
  assert.equal(nodeMetadataPatch(nodeObject(facts, [], now), facts), undefined)
  assert.deepEqual(nodeMetadataPatch(nodeObject(facts, [], now), { ...facts, labels: { zone: 'b' } }), {
    metadata: { labels: { zone: 'b' } },
  })
})

test('names and addresses', () => {
  assert.deepEqual(nodeNames('x', 1), ['x'])
  assert.deepEqual(nodeNames('node-1', 3), ['node-1', 'node-2', 'node-3'])
  assert.deepEqual(nodeNames('x', 2), ['x-1', 'x-2'])
  assert.equal(nodeAddress('node-300'), '10.0.1.44')
  assert.equal(fallbackPodCidr('node-300'), '10.129.44.0/24')
  const many = nodeNames('node-1', 5000)
  assert.equal(new Set(many.map(nodeAddress)).size, 5000)
  assert.equal(new Set(many.map(fallbackPodCidr)).size, 5000)
})

const asking = (cpu: string, more: Partial<Pod['spec']> = {}): Pod => ({
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }], ...more },
})
const node = (spec: Node['spec'] = {}): Node => ({ ...nodeObject(facts, [], now), spec: spec ?? {} })

const verdicts: { name: string; pod: Pod; node?: Node; others?: Pod[]; want: string | undefined }[] = [
  { name: 'fits', pod: asking('1'), want: undefined },
  { name: 'exactly fits', pod: asking('3'), others: [asking('1')], want: undefined },
  {
    name: 'too much cpu',
    pod: asking('3500m'),
    others: [asking('1')],
    want: "OutOfcpu Node didn't have enough resource: cpu, requested: 3500, used: 1000, capacity: 4000",
  },
  {
    name: 'too many pods',
    pod: asking('0'),
    others: [asking('0'), asking('0'), asking('0')],
    want: "OutOfpods Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  },
  {
    name: 'another node wanted',
    pod: asking('1', { nodeSelector: { zone: 'b' } }),
    want: "NodeAffinity Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  },
  { name: 'this node wanted', pod: asking('1', { nodeSelector: { zone: 'a' } }), want: undefined },
  {
    name: 'a NoExecute taint',
    pod: asking('1'),
    node: node({ taints: [{ key: 'k', effect: 'NoExecute' }] }),
    want: "TaintToleration Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
  },
  {
    name: 'a tolerated taint',
    pod: asking('1', { tolerations: [{ operator: 'Exists' }] }),
    node: node({ taints: [{ key: 'k', effect: 'NoExecute' }] }),
    want: undefined,
  },
  {
    name: 'a NoSchedule taint is not its business',
    pod: asking('1'),
    node: node({ taints: [{ key: 'k', effect: 'NoSchedule' }] }),
    want: undefined,
  },
]

for (const { name, pod, node: given = node(), others = [], want } of verdicts) {
  test(`admission: ${name}`, () => {
    const verdict = admissionVerdict(pod, given, others)
    assert.equal(verdict === undefined ? undefined : `${verdict.reason} ${verdict.message}`, want)
  })
}

test('the deadline counts from the start', () => {
  assert.equal(deadline({ spec: { containers: [], activeDeadlineSeconds: 5 }, status: {} }), undefined)
  assert.equal(deadline({ spec: { containers: [], activeDeadlineSeconds: 5 }, status: { startTime: '2026-03-01T12:00:00Z' } }), now + 5000)
})

// Which of several fitting nodes is taken, and the numbers behind it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { feasibleNodesToFind, schedule } from '../../src/scheduler/cycle.ts'
import { allocationScore, balanceScore, defaultResources, type ScoringStrategy } from '../../src/scheduler/plugins/resource-allocation.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { cluster, node, pod, type WorldShape } from './objects.ts'

const profile = defaultProfile()
const zone = 'topology.kubernetes.io/zone'
const used = (name: string, cpu: string): Pod => pod(name, { requests: { cpu, memory: '1Gi' } })
const web = { labels: { app: 'web' } }

const choices: { name: string; pod: Pod; nodes: Node[]; running?: [Pod, string][]; world?: WorldShape; want: string }[] = [
  { name: 'the emptier node', pod: used('a', '1'), nodes: [node('n1'), node('n2')], running: [[used('b', '2'), 'n1']], want: 'n2' },
  {
    name: 'away from soft taints',
    pod: used('a', '1'),
    nodes: [node('n1', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }), node('n2')],
    running: [[used('b', '2'), 'n2']],
    want: 'n2',
  },
  {
    name: 'preferred node affinity',
    pod: pod('a', {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: 'ssd', operator: 'Exists' }] } },
          ],
        },
      },
    }),
    nodes: [node('n1'), node('n2', { labels: { ssd: '' } })],
    want: 'n2',
  },
  {
    name: 'where the image is',
    pod: pod('a', { image: 'registry.example/app' }),
    nodes: [node('n1'), node('n2', { images: [{ names: ['registry.example/app:latest'], sizeBytes: 900_000_000 }] })],
    want: 'n2',
  },
  {
    name: 'pods of a service spread over zones by themselves',
    pod: pod('a', web),
    nodes: [node('n1', { labels: { [zone]: 'x' } }), node('n2', { labels: { [zone]: 'x' } }), node('n3', { labels: { [zone]: 'y' } })],
    running: [
      [pod('b', web), 'n1'],
      [pod('c', web), 'n2'],
    ],
    world: { services: [{ metadata: { name: 's', namespace: 'default' }, spec: { selector: { app: 'web' } } }] },
    want: 'n3',
  },
  {
    name: 'preferred pod affinity',
    pod: pod('a', {
      affinity: {
        podAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } } },
          ],
        },
      },
    }),
    nodes: [node('n1'), node('n2')],
    running: [[pod('b', web), 'n2']],
    want: 'n2',
  },
]

for (const { name, pod: given, nodes, running, world, want } of choices) {
  test(name, () => {
    for (const order of [nodes, [...nodes].reverse()]) {
      const outcome = schedule(podInfo(given), cluster(order, running, world), profile, () => 0.99)
      assert.equal('node' in outcome && outcome.node.name, want)
    }
  })
}

test('scoring strategies', () => {
  const cache = cluster([node('n1')], [[used('b', '1'), 'n1']])
  const info = cache.node('n1')!
  const given = podInfo(used('a', '1'))
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ]
  const score = (strategy: ScoringStrategy) => allocationScore(strategy, given, info)
  assert.equal(score({ type: 'LeastAllocated', resources: defaultResources }), 62) // (50 + 75) / 2
  assert.equal(score({ type: 'MostAllocated', resources: defaultResources }), 37)
  assert.equal(score({ type: 'RequestedToCapacityRatio', resources: defaultResources, shape }), 38)
  assert.equal(balanceScore(defaultResources, given, info), 87) // |0.5 - 0.25| / 2 off
})

test('of equal nodes any may be taken', () => {
  const cache = cluster([node('n1'), node('n2'), node('n3')])
  const taken = new Set<string>()
  let seed = 1
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  for (let i = 0; i < 50; i++) {
    const outcome = schedule(podInfo(pod('a')), cache, profile, random)
    if ('node' in outcome) taken.add(outcome.node.name)
  }
  assert.equal(taken.size, 3)
})

test('how many fitting nodes are enough', () => {
  const table = [
    [50, 0, 50],
    [99, 0, 99],
    [100, 0, 100],
    [1000, 0, 420],
    [6000, 0, 300],
    [1000, 30, 300],
    [200, 10, 100],
  ] as const
  for (const [nodes, percentage, want] of table) assert.equal(feasibleNodesToFind(percentage, nodes), want)
})

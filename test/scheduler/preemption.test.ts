// Which pods have to go, and what is said when none can.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { askPostFilters, schedule } from '../../src/scheduler/cycle.ts'
import { fitErrorMessage } from '../../src/scheduler/fit-error.ts'
import { podInfo } from '../../src/scheduler/pod-info.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { cluster, node, pod, type WorldShape } from './objects.ts'

const profile = defaultProfile()
const cpu = (amount: string) => ({ requests: { cpu: amount } })
const since = (minute: number) => ({ status: { startTime: `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z` } })
const budget = (labels: Record<string, string>, disruptionsAllowed: number) =>
  ({ metadata: { name: 'b', namespace: 'default' }, spec: { selector: { matchLabels: labels } }, status: { disruptionsAllowed } }) as never

interface Case {
  name: string
  pod: Pod
  nodes: Node[]
  running: [Pod, string][]
  world?: WorldShape
  /** Node and victims, or the message of the pod. */
  want: string
}

const urgent = (shape = {}) => pod('urgent', { priority: 100, ...cpu('3'), ...shape })
const tail = 'no new claims to deallocate, preemption:'

const cases: Case[] = [
  {
    name: 'the least that makes room',
    pod: urgent(),
    nodes: [node('n1')],
    running: [
      [pod('a', { ...cpu('2'), priority: 1 }), 'n1'],
      [pod('b', { ...cpu('1'), priority: 2 }), 'n1'],
      [pod('c', { ...cpu('1'), priority: 3 }), 'n1'],
    ],
    want: 'n1: b a',
  },
  {
    name: 'the node with the lowest victims',
    pod: urgent(),
    nodes: [node('n1'), node('n2')],
    running: [
      [pod('a', { ...cpu('4'), priority: 2 }), 'n1'],
      [pod('b', { ...cpu('4'), priority: 1 }), 'n2'],
    ],
    want: 'n2: b',
  },
  {
    name: 'of equal victims those that started last',
    pod: urgent(),
    nodes: [node('n1'), node('n2')],
    running: [
      [pod('a', { ...cpu('4'), ...since(1) }), 'n1'],
      [pod('b', { ...cpu('4'), ...since(2) }), 'n2'],
    ],
    want: 'n2: b',
  },
  {
    name: 'a disruption budget is kept when another node will do',
    pod: urgent(),
    nodes: [node('n1'), node('n2')],
    running: [
      [pod('a', { ...cpu('4'), priority: 1, labels: { app: 'db' } }), 'n1'],
      [pod('b', { ...cpu('4'), priority: 50 }), 'n2'],
    ],
    world: { budgets: [budget({ app: 'db' }, 0)] },
    want: 'n2: b',
  },
  {
    name: 'nobody of lower priority',
    pod: pod('a', cpu('3')),
    nodes: [node('n1'), node('n2', { unschedulable: true })],
    running: [[pod('b', cpu('3')), 'n1']],
    want: `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. ${tail} 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.`,
  },
  {
    name: 'a node that is too small however empty',
    pod: urgent(cpu('8')),
    nodes: [node('n1')],
    running: [[pod('b', cpu('3')), 'n1']],
    want: `0/1 nodes are available: 1 Insufficient cpu. ${tail} 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  },
  {
    name: 'preemptionPolicy Never',
    pod: urgent({ preemptionPolicy: 'Never' }),
    nodes: [node('n1')],
    running: [[pod('b', cpu('3')), 'n1']],
    want: `0/1 nodes are available: 1 Insufficient cpu. ${tail} not eligible due to preemptionPolicy=Never.`,
  },
  {
    name: 'anti-affinity of a lower pod',
    pod: pod('urgent', { priority: 1, labels: { app: 'web' } }),
    nodes: [node('n1')],
    running: [
      [
        pod('b', {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
              ],
            },
          },
        }),
        'n1',
      ],
    ],
    want: 'n1: b',
  },
  {
    name: 'no such claim: what preemption thinks is said too',
    pod: pod('a', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }),
    nodes: [node('n1')],
    running: [],
    want: `0/1 nodes are available: persistentvolumeclaim "data" not found. ${tail} 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`,
  },
]

for (const { name, pod: given, nodes, running, world, want } of cases) {
  test(name, () => {
    const snapshot = cluster(nodes, running, world)
    const outcome = schedule(podInfo(given), snapshot, profile, () => 0)
    assert.ok('diagnosis' in outcome)
    const remedy = askPostFilters(profile, podInfo(given), snapshot, outcome, () => 0)
    const victims = remedy.victims?.map(({ uid }) => uid).join(' ')
    assert.equal(victims === undefined ? fitErrorMessage(outcome.diagnosis, remedy.message) : `${remedy.nominatedNode}: ${victims}`, want)
  })
}

test('a pod of lower priority does not take the room promised to another', () => {
  const snapshot = cluster([node('n1')])
  snapshot.nominate(podInfo(urgent()), 'n1')
  const low = schedule(podInfo(pod('low', cpu('2'))), snapshot, profile, () => 0)
  assert.ok('diagnosis' in low)
  const high = schedule(podInfo(pod('high', { ...cpu('2'), priority: 200 })), snapshot, profile, () => 0)
  assert.ok('node' in high)
})

// Watches that nodes live: a node whose Lease and status stand still becomes Unknown; conditions and cordons become taints.
// https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
import type { Lease as LeaseObject } from '../openapi/types/coordination/v1.ts'
import type { NodeCondition, Node as NodeObject, Pod as PodObject, Taint } from '../openapi/types/core/v1.ts'
import { Lease } from '../src/api/coordination/lease.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodReady } from '../src/api/core/pod/queries.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { defineController } from '../src/controller/define.ts'
import { event, patch, plan, requeueAfter, status } from '../src/controller/plan.ts'

const leaseNamespace = 'kube-node-lease'

/** Condition status → taint key, by condition type; upstream's nodeConditionToTaintKeyStatusMap. */
const conditionTaints: Record<string, Record<string, string>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const unschedulableKey = 'node.kubernetes.io/unschedulable'
const ownKeys = new Set([unschedulableKey, ...Object.values(conditionTaints).flatMap((taints) => Object.values(taints))])
const executeKeys = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'])

interface Observation {
  /** What was seen of lease and status. */
  seen: string
  at: number
}

export const nodeLifecycle = defineController({
  name: 'node-lifecycle',
  for: Node,
  reads: { leases: Lease, pods: Pod },
  indexes: { node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
  watches: [
    { kind: Lease, map: (lease: LeaseObject) => (lease.metadata?.namespace === leaseNamespace ? [lease.metadata.name ?? ''] : []) },
  ],
  /** Silence after which a node is Unknown; upstream's --node-monitor-grace-period. */
  options: { nodeMonitorGracePeriodMs: 50_000 },
  reconcile(node, { leases, pods }, { now, memory, key, options }) {
    const grace = Number(options['nodeMonitorGracePeriodMs'])
    const lease = leases.get(key, leaseNamespace)
    // our own clock counts from when a change was noticed: the node's clock is not trusted
    const heartbeats = (node.status?.conditions ?? []).map(({ lastHeartbeatTime }) => lastHeartbeatTime)
    const seen = JSON.stringify([lease?.spec?.renewTime, heartbeats])
    let observation = memory.get(key) as Observation | undefined
    if (observation?.seen !== seen) memory.set(key, (observation = { seen, at: now }))
    const silentMs = now - observation.at
    const before = node.status?.conditions ?? []
    const conditions = silentMs > grace ? unknownConditions(before, now) : before
    const wanted = wantedTaints(node, conditions, now)
    const ready = conditions.find(({ type }) => type === 'Ready')
    const wasReady = before.find(({ type }) => type === 'Ready')?.status === 'True'
    const notReady = ready !== undefined && ready.status !== 'True'
    return plan(
      conditions === before ? undefined : status(Node, node, { ...node.status, conditions }),
      semanticEqual(wanted, node.spec?.taints ?? [])
        ? undefined
        : patch(Node, node, { spec: { taints: wanted.length === 0 ? null : wanted } }),
      notReady
        ? pods
            .by('node', key)
            .filter(isPodReady)
            .map((pod) => notReadyPatch(pod, now))
        : undefined,
      wasReady && notReady ? event('Normal', 'NodeNotReady', `Node ${key} status is now: NodeNotReady`) : undefined,
      requeueAfter(Math.max(1000, grace - silentMs + 1)),
    )
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return plan()
  },
})

/** Ready and the pressures become Unknown, whatever they were; the same list when they all are already. */
function unknownConditions(conditions: readonly NodeCondition[], now: number): NodeCondition[] {
  const at = timestamp(now)
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
  if (types.every((type) => conditions.find((condition) => condition.type === type)?.status === 'Unknown'))
    return conditions as NodeCondition[]
  const fresh = types.map((type): NodeCondition => {
    const old = conditions.find((condition) => condition.type === type)
    if (old?.status === 'Unknown') return old
    const heard = old !== undefined
    return {
      type,
      status: 'Unknown',
      ...(old?.lastHeartbeatTime === undefined ? {} : { lastHeartbeatTime: old.lastHeartbeatTime }),
      lastTransitionTime: at,
      reason: heard ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: heard ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
    }
  })
  return [...conditions.filter(({ type }) => !types.includes(type)), ...fresh]
}

/** The node's foreign taints, and ours as conditions and cordon demand them. Times of taints that stay are kept. */
export function wantedTaints(node: NodeObject, conditions: readonly NodeCondition[], now: number): Taint[] {
  const present = node.spec?.taints ?? []
  const wanted = new Set<string>()
  for (const { type, status: state } of conditions) {
    const key = conditionTaints[type]?.[state]
    if (key === undefined) continue
    wanted.add(`${key} NoSchedule`)
    if (executeKeys.has(key)) wanted.add(`${key} NoExecute`)
  }
  if (node.spec?.unschedulable === true) wanted.add(`${unschedulableKey} NoSchedule`)
  const kept = present.filter((taint) => !ownKeys.has(taint.key) || wanted.delete(`${taint.key} ${taint.effect}`))
  const added = [...wanted].map((text): Taint => {
    const [key = '', effect = ''] = text.split(' ')
    return { key, effect, timeAdded: timestamp(now) }
  })
  return [...kept, ...added]
}

function notReadyPatch(pod: PodObject, now: number) {
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False', lastTransitionTime: timestamp(now), reason: 'NodeNotReady', message: 'Node is not ready' }
      : condition,
  )
  return patch(Pod, pod, { status: { conditions } }, 'status')
}

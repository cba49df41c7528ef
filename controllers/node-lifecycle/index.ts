// Watches that nodes live: a node whose Lease and status stand still becomes Unknown; conditions and cordons become taints.
// https://kubernetes.io/docs/concepts/architecture/nodes/#node-controller
import type { Lease as LeaseObject } from '../../openapi/types/coordination/v1.ts'
import type { NodeCondition, Node as NodeObject, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Lease } from '../../src/api/coordination/lease.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodReady } from '../../src/api/core/pod/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { defineController } from '../../src/controller/define.ts'
import {
  event,
  nothing,
  type Plan,
  patch,
  plan,
  recordedStep,
  requeueAfter,
  status,
  strategicPatch,
  type Write,
} from '../../src/controller/plan.ts'
import { drivesOut, executeKey, retainted } from './taints.ts'
import { type EvictionSettings, forgotten, surveyed, turn, type Zones } from './zones.ts'

const leaseNamespace = 'kube-node-lease'

/** Labels that older clients still read → the labels they repeat. */
const repeatedLabels = { 'beta.kubernetes.io/os': 'kubernetes.io/os', 'beta.kubernetes.io/arch': 'kubernetes.io/arch' }

/** Where the zones are kept in the notes; no node can have this name. */
const zonesKey = '(zones)'

interface Observation {
  uid: string
  /** What was seen of lease and status. */
  seen: string
  at: number
  /** Its pods are being marked as not ready: until none is left, since a write may fail. */
  marking?: boolean
}

export const nodeLifecycle = defineController({
  name: 'node-lifecycle',
  for: Node,
  reads: { leases: Lease, pods: Pod, nodes: Node },
  indexes: { node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
  watches: [
    { kind: Lease, map: (lease: LeaseObject) => (lease.metadata?.namespace === leaseNamespace ? [lease.metadata.name ?? ''] : []) },
  ],
  eventSource: 'node-controller',
  options: {
    /** Silence after which a node is Unknown; upstream's --node-monitor-grace-period and --node-startup-grace-period. */
    nodeMonitorGracePeriodMs: 50_000,
    nodeStartupGracePeriodMs: 60_000,
    /** How often nodes that are not ready are looked at; upstream's --node-monitor-period. */
    nodeMonitorPeriodMs: 5000,
    nodeEvictionRate: 0.1,
    secondaryNodeEvictionRate: 0.01,
    unhealthyZoneThreshold: 0.55,
    largeClusterSizeThreshold: 50,
  } satisfies EvictionSettings & Record<string, number>,
  reconcile(node, { leases, pods, nodes }, { now, memory, key, options }) {
    const before = node.status?.conditions ?? []
    const ready = before.find(({ type }) => type === 'Ready')
    const grace = Number(options[ready === undefined ? 'nodeStartupGracePeriodMs' : 'nodeMonitorGracePeriodMs'])
    const known = memory.get(key) as Observation | undefined
    const observation = observed(node, leases.get(key, leaseNamespace), known, now)
    const silentMs = now - observation.at
    const silent = silentMs > grace
    const conditions = silent ? unknownConditions(node, now) : before
    const lost = silent && conditions !== before && ready?.status === 'True'
    const registered = event('Normal', 'RegisteredNode', nodeEvent(key, `Registered Node ${key} in Controller`))
    const newcomer = known?.uid !== observation.uid
    const stale = lost || (known?.marking === true && ready?.status !== 'True') ? pods.by('node', key).filter(isPodReady) : []
    memory.set(key, { ...observation, marking: stale.length > 0 } satisfies Observation)
    return plan(
      newcomer ? registered : undefined,
      conditions === before
        ? tainted(node, now, memory, () => nodes.list(), options as unknown as EvictionSettings & { nodeMonitorPeriodMs: number })
        : status(Node, node, { ...node.status, conditions }),
      relabelled(node),
      markedNotReady(stale, now),
      lost ? event('Normal', 'NodeNotReady', `Node ${key} status is now: NodeNotReady`) : undefined,
      requeueAfter(silent ? undefined : grace - silentMs + 1),
    )
  },
  absent(key, _reads, { memory }) {
    const known = memory.get(key) as Observation | undefined
    memory.delete(key)
    forgotten(memory.get(zonesKey) as Zones | undefined, key)
    if (known === undefined) return nothing
    const gone = { apiVersion: 'v1', kind: 'Node', metadata: { name: key, uid: known.uid } }
    return plan(event('Normal', 'RemovingNode', nodeEvent(key, `Removing Node ${key} from Controller`), gone))
  },
})

/** Taints at once what keeps new pods away; what drives pods out, when it is the node's turn in its zone. */
function tainted(
  node: NodeObject,
  now: number,
  memory: Map<string, unknown>,
  nodes: () => readonly NodeObject[],
  settings: EvictionSettings & { nodeMonitorPeriodMs: number },
): Plan {
  const known = memory.get(zonesKey) as Zones | undefined
  const wanted = executeKey(node)
  if (wanted === undefined) {
    forgotten(known, node.metadata?.name ?? '')
    return plan(retainted(node, now, undefined))
  }
  const zones = surveyed(known, nodes, now, settings)
  memory.set(zonesKey, zones)
  const again = requeueAfter(settings.nodeMonitorPeriodMs)
  if (zones.allDisrupted) return plan(retainted(node, now, undefined), again)
  if (drivesOut(node)) return plan(retainted(node, now, wanted), again)
  const waitMs = turn(zones, node, now, settings)
  if (waitMs === 0) return plan(retainted(node, now, wanted), again)
  return plan(retainted(node, now, undefined), requeueAfter(Math.min(waitMs, settings.nodeMonitorPeriodMs)))
}

function nodeEvent(name: string, words: string): string {
  return `Node ${name} event: ${words}`
}

/** Our own clock counts from when a change was noticed: the node's clock is not trusted. A node never heard of counts from its creation. */
function observed(node: NodeObject, lease: LeaseObject | undefined, known: Observation | undefined, now: number): Observation {
  const uid = node.metadata?.uid ?? ''
  const heartbeats = (node.status?.conditions ?? []).map(({ lastHeartbeatTime }) => lastHeartbeatTime)
  const seen = JSON.stringify([lease?.spec?.renewTime, heartbeats])
  if (known?.uid === uid && known.seen === seen) return known
  const created = Date.parse(node.metadata?.creationTimestamp ?? '')
  const silentFromBirth = heartbeats.length === 0 && lease === undefined && known === undefined && created <= now
  return { uid, seen, at: silentFromBirth ? created : now }
}

/** Ready and the pressures become Unknown, whatever they were; the same list when they all are already. */
function unknownConditions(node: NodeObject, now: number): readonly NodeCondition[] {
  const before = node.status?.conditions ?? []
  const lastTransitionTime = timestamp(now)
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
  const missing = types.filter((type) => !before.some((condition) => condition.type === type))
  const stale = (condition: NodeCondition) => types.includes(condition.type) && condition.status !== 'Unknown'
  if (missing.length === 0 && !before.some(stale)) return before
  const words = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
  const never = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' }
  const created = node.metadata?.creationTimestamp
  const heard = created === undefined ? {} : { lastHeartbeatTime: created }
  return [
    ...before.map((condition) => (stale(condition) ? { ...condition, status: 'Unknown', lastTransitionTime, ...words } : condition)),
    ...missing.map((type): NodeCondition => ({ type, status: 'Unknown', ...heard, lastTransitionTime, ...never })),
  ]
}

function relabelled(node: NodeObject): Write | undefined {
  const own = node.metadata?.labels ?? {}
  const stale = Object.entries(repeatedLabels).filter(([old, label]) => own[label] !== undefined && own[old] !== own[label])
  if (stale.length === 0) return undefined
  return patch(Node, node, { metadata: { labels: Object.fromEntries(stale.map(([old, label]) => [old, own[label]])) } })
}

/** Nobody else can tell of the pods of a lost node that they serve no more. */
function markedNotReady(pods: readonly PodObject[], now: number): Plan {
  const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: timestamp(now) }]
  return recordedStep(
    pods.map((pod) => ({
      write: strategicPatch(Pod, pod, { status: { conditions } }, 'status'),
      outcome: { success: () => ({ type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready', regarding: pod }) },
    })),
  )
}

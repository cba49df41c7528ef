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
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
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
} from '../src/controller/plan.ts'

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

/** Labels that older clients still read → the labels they repeat. */
const repeatedLabels = { 'beta.kubernetes.io/os': 'kubernetes.io/os', 'beta.kubernetes.io/arch': 'kubernetes.io/arch' }

interface Observation {
  uid: string
  /** What was seen of lease and status. */
  seen: string
  at: number
}

export const nodeLifecycle = defineController({
  name: 'node-lifecycle',
  for: Node,
  reads: { leases: Lease, pods: Pod, nodes: Node },
  indexes: { node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
  watches: [
    { kind: Lease, map: (lease: LeaseObject) => (lease.metadata?.namespace === leaseNamespace ? [lease.metadata.name ?? ''] : []) },
    {
      // whether any node is well decides about the taints of the others
      kind: Node,
      map: (node: NodeObject, { nodes }, previous: NodeObject | undefined) =>
        previous !== undefined && isReady(node) === isReady(previous)
          ? []
          : nodes
              .list()
              .filter((other) => !isReady(other))
              .map(objectKey),
    },
  ],
  /** Silence after which a node is Unknown; upstream's --node-monitor-grace-period and --node-startup-grace-period. */
  options: { nodeMonitorGracePeriodMs: 50_000, nodeStartupGracePeriodMs: 60_000 },
  reconcile(node, { leases, pods, nodes }, { now, memory, key, options }) {
    const before = node.status?.conditions ?? []
    const ready = before.find(({ type }) => type === 'Ready')
    const grace = Number(options[ready === undefined ? 'nodeStartupGracePeriodMs' : 'nodeMonitorGracePeriodMs'])
    const known = memory.get(key) as Observation | undefined
    const observation = observed(node, leases.get(key, leaseNamespace), known, now)
    memory.set(key, observation)
    const silentMs = now - observation.at
    const silent = silentMs > grace
    const conditions = silent ? unknownConditions(node, now) : before
    const wasReady = ready?.status === 'True'
    const lost = silent && conditions.find(({ type }) => type === 'Ready')?.status === 'Unknown'
    const registered = event('Normal', 'RegisteredNode', nodeEvent(key, `Registered Node ${key} in Controller`))
    return plan(
      known?.uid === observation.uid ? undefined : registered,
      conditions === before ? retainted(node, now, nodes) : status(Node, node, { ...node.status, conditions }),
      relabelled(node),
      wasReady && lost ? event('Normal', 'NodeNotReady', `Node ${key} status is now: NodeNotReady`) : undefined,
      lost ? markedNotReady(pods.by('node', key).filter(isPodReady), now) : undefined,
      requeueAfter(silent ? undefined : grace - silentMs + 1),
    )
  },
  absent(key, _reads, { memory }) {
    const known = memory.get(key) as Observation | undefined
    memory.delete(key)
    if (known === undefined) return nothing
    const gone = { apiVersion: 'v1', kind: 'Node', metadata: { name: key, uid: known.uid } }
    return plan(event('Normal', 'RemovingNode', nodeEvent(key, `Removing Node ${key} from Controller`), gone))
  },
})

/** Taints follow the conditions that are written; the list is replaced whole, so the patch is fenced by the resourceVersion. */
function retainted(node: NodeObject, now: number, nodes: Lister<NodeObject>): Write | undefined {
  const others = () => nodes.list().some((other) => other.metadata?.name !== node.metadata?.name && isReady(other))
  const taints = wantedTaints(node, node.status?.conditions ?? [], now, others)
  if (semanticEqual(taints, node.spec?.taints ?? [])) return undefined
  const metadata = { resourceVersion: node.metadata?.resourceVersion }
  return patch(Node, node, { metadata, spec: { taints: taints.length === 0 ? null : taints } })
}

function isReady(node: NodeObject): boolean {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
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

/**
 * The node's foreign taints, and ours as conditions and cordon demand them. Times of taints that stay are kept. While no other node is ready
 * (`othersReady`), it is more likely we who are cut off: then no pod is driven out.
 */
export function wantedTaints(node: NodeObject, conditions: readonly NodeCondition[], now: number, othersReady: () => boolean): Taint[] {
  const present = node.spec?.taints ?? []
  const wanted = new Set<string>()
  for (const { type, status: state } of conditions) {
    const key = conditionTaints[type]?.[state]
    if (key === undefined) continue
    wanted.add(`${key} NoSchedule`)
    if (executeKeys.has(key) && othersReady()) wanted.add(`${key} NoExecute`)
  }
  if (node.spec?.unschedulable === true) wanted.add(`${unschedulableKey} NoSchedule`)
  const ours = ({ key, effect }: Taint) => (effect === 'NoSchedule' && ownKeys.has(key)) || (effect === 'NoExecute' && executeKeys.has(key))
  const kept = present.filter((taint) => !ours(taint) || wanted.delete(`${taint.key} ${taint.effect}`))
  const added = [...wanted].map((text): Taint => {
    const [key = '', effect = ''] = text.split(' ')
    return { key, effect, timeAdded: timestamp(now) }
  })
  return [...kept, ...added]
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

// Deletes pods that nobody else will: of nodes that are gone or out of service, ending without ever having had a node, or ended long ago.
// Its keys are names of nodes, and two more that no node can have.
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-garbage-collection
import type { Node as NodeObject, Pod as PodObject } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodTerminal } from '../src/api/core/pod/queries.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { defineController } from '../src/controller/define.ts'
import { type Gone, nothing, type Plan, plan, remove, requeueAfter, strategicPatch, type Write } from '../src/controller/plan.ts'

const unscheduledKey = '?unscheduled'
const endedKey = '?ended'
/** How long a node may be missing before its pods are taken for lost. */
const quarantineMs = 40_000
/** Ended pods are counted this often at most. */
const sweepMs = 20_000
const outOfServiceTaint = 'node.kubernetes.io/out-of-service'

export const podGarbageCollector = defineController({
  name: 'pod-garbage-collector',
  for: Node,
  reads: { pods: Pod, nodes: Node },
  indexes: {
    node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) },
    ended: { kind: Pod, values: (pod: PodObject) => (isPodTerminal(pod) ? ['ended'] : []) },
    unscheduled: { kind: Pod, values: (pod: PodObject) => (isUnscheduled(pod) ? ['ending'] : []) },
  },
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { nodes }) => {
        const { nodeName } = pod.spec ?? {}
        const lost = nodeName ? nodes.get(nodeName) === undefined || pod.metadata?.deletionTimestamp !== undefined : false
        return [...(lost ? [nodeName!] : []), ...(isUnscheduled(pod) ? [unscheduledKey] : []), ...(isPodTerminal(pod) ? [endedKey] : [])]
      },
    },
  ],
  workers: 1,
  /** Ended pods that are kept; upstream's --terminated-pod-gc-threshold. 0 keeps all. */
  options: { terminatedPodGcThreshold: 12_500 },
  reconcile(node, { pods }, { memory, key }) {
    memory.delete(key)
    if (isReady(node) || !node.spec?.taints?.some((taint) => taint.key === outOfServiceTaint)) return nothing
    const ending = pods.by('node', key).filter(({ metadata }) => metadata?.deletionTimestamp !== undefined)
    return collected(ending.sort(evictedAndOldFirst), [])
  },
  absent(key, { pods }, { memory, now, options }) {
    if (key === unscheduledKey) return collected(pods.by('unscheduled', 'ending'), [])
    if (key === endedKey) return ended(pods.by('ended', 'ended'), Number(options['terminatedPodGcThreshold']), memory, now)
    const orphans = pods.by('node', key)
    if (orphans.length === 0) {
      memory.delete(key)
      return nothing
    }
    const since = (memory.get(key) as number | undefined) ?? now
    memory.set(key, since)
    if (now - since < quarantineMs) return plan(requeueAfter(since + quarantineMs - now))
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastTransitionTime: timestamp(now),
      reason: 'DeletionByPodGC',
      message: 'PodGC: node no longer exists',
    }
    return collected(orphans, [condition], { kind: Node, name: key })
  },
})

function isUnscheduled(pod: PodObject): boolean {
  return pod.metadata?.deletionTimestamp !== undefined && !pod.spec?.nodeName
}

function isReady(node: NodeObject): boolean {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
}

/** Ended pods beyond the threshold. */
function ended(all: readonly PodObject[], threshold: number, memory: Map<string, unknown>, now: number): Plan {
  if (threshold <= 0) return nothing
  const last = memory.get(endedKey) as number | undefined
  if (last !== undefined && now - last < sweepMs) return plan(requeueAfter(last + sweepMs - now))
  memory.set(endedKey, now)
  const excess = all.length - threshold
  return excess <= 0 ? nothing : collected([...all].sort(evictedAndOldFirst).slice(0, excess), [])
}

/** Evicted pods first: they tell the least. Then the oldest. */
function evictedAndOldFirst(a: PodObject, b: PodObject): number {
  const key = ({ metadata, status }: PodObject) =>
    `${status?.phase === 'Failed' && status.reason === 'Evicted' ? 0 : 1} ${metadata?.creationTimestamp ?? ''} ${metadata?.name}`
  return key(a) < key(b) ? -1 : 1
}

/** Marks each as Failed, unless it has ended, and deletes it without grace: no kubelet will do so. */
function collected(pods: readonly PodObject[], conditions: readonly object[], gone?: Gone): Plan {
  const fence = gone === undefined ? {} : { gone }
  const failed = pods
    .filter((pod) => !isPodTerminal(pod))
    .map((pod): Write => {
      const status = { phase: 'Failed', ...(conditions.length === 0 ? {} : { conditions }) }
      return { ...strategicPatch(Pod, pod, { status }, 'status'), ...fence } as Write
    })
  const removed = pods.map((pod): Write => ({ ...remove(Pod, pod, { gracePeriodSeconds: 0 }), ...fence }) as Write)
  return plan(failed, removed)
}

// Deletes pods from nodes with NoExecute taints: at once without a toleration, after tolerationSeconds with a limited one.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
import type { Node as NodeObject, Pod as PodObject, Taint, Toleration } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { type KubeObject, objectKey, splitKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, type Plan, plan, remove, requeueAfter, strategicPatch } from '../src/controller/plan.ts'

/** When a pod is to go: once set, it stays as it is for as long as there is a limit at all, whatever the limit becomes. */
interface Waiting {
  uid: string
  dueAt: number
}

export const taintEviction = defineController({
  name: 'taint-eviction',
  for: Pod,
  reads: { nodes: Node, pods: Pod },
  indexes: { node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
  watches: [
    {
      kind: Node,
      map: (node: NodeObject, { pods }, previous: NodeObject | undefined) =>
        JSON.stringify(executing(node)) === JSON.stringify(executing(previous))
          ? []
          : pods.by('node', node.metadata?.name ?? '').map(objectKey),
    },
  ],
  workers: 8,
  reconcile(pod, { nodes }, { now, memory, key }) {
    const known = memory.get(key) as Waiting | undefined
    // who is going anyway keeps its time, and gives it back when it is gone
    if (pod.metadata?.deletionTimestamp !== undefined) return nothing
    const taints = executing(nodes.get(pod.spec?.nodeName ?? ''))
    const patienceMs = taints.length === 0 ? Number.POSITIVE_INFINITY : toleratedMs(taints, pod.spec?.tolerations ?? [])
    if (patienceMs === Number.POSITIVE_INFINITY) return cancelled(key, memory)
    if (patienceMs === undefined) return plan(cancelled(key, memory), evicted(pod, key, now))
    // a pod of the same name may have taken another's place
    const dueAt = known?.uid === pod.metadata?.uid ? known!.dueAt : now + patienceMs
    if (dueAt > now) {
      memory.set(key, { uid: pod.metadata?.uid ?? '', dueAt } satisfies Waiting)
      return plan(requeueAfter(dueAt - now))
    }
    // from here on there is nothing to cancel
    memory.delete(key)
    return evicted(pod, key, now)
  },
  absent(key, _reads, { memory }) {
    const { name, namespace } = splitKey(key)
    return cancelled(key, memory, { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...(namespace === undefined ? {} : { namespace }) } })
  },
})

function evicted(pod: PodObject, key: string, now: number): Plan {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timestamp(now),
  }
  return plan(
    event('Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`),
    strategicPatch(Pod, pod, { status: { conditions: [condition] } }, 'status'),
    remove(Pod, pod),
  )
}

function executing(node: NodeObject | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

function cancelled(key: string, memory: Map<string, unknown>, regarding?: KubeObject): Plan {
  return memory.delete(key) ? plan(event('Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`, regarding)) : nothing
}

/** How long all taints together are tolerated, each by the first toleration that fits: undefined when one is not, Infinity without a limit. */
export function toleratedMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number | undefined {
  const used = taints.map((taint) => tolerations.find((toleration) => tolerates(toleration, taint)))
  if (used.includes(undefined)) return undefined
  const limits = used.map((toleration) =>
    toleration?.tolerationSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, toleration.tolerationSeconds) * 1000,
  )
  return Math.min(...limits)
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '')
}

// Deletes pods from nodes with NoExecute taints: at once without a toleration, after tolerationSeconds with a limited one.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
import type { Node as NodeObject, Pod as PodObject, Taint, Toleration } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, type Plan, plan, remove, requeueAfter, strategicPatch } from '../src/controller/plan.ts'

/** When a pod's time began to run. */
interface Waiting {
  uid: string
  since: number
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
    const taints = executing(nodes.get(pod.spec?.nodeName ?? ''))
    if (pod.metadata?.deletionTimestamp !== undefined) {
      memory.delete(key)
      return nothing
    }
    if (taints.length === 0) return cancelled(key, memory)
    const patience = toleratedMs(taints, pod.spec?.tolerations ?? [])
    if (patience === Number.POSITIVE_INFINITY) return cancelled(key, memory)
    // a pod of the same name may have taken another's place
    const known = memory.get(key) as Waiting | undefined
    const since = known?.uid === pod.metadata?.uid ? known!.since : now
    const left = since + patience - now
    if (left > 0) {
      memory.set(key, { uid: pod.metadata?.uid ?? '', since } satisfies Waiting)
      return plan(requeueAfter(left))
    }
    memory.delete(key)
    // from here on there is nothing to cancel
    memory.delete(key)
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
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

function executing(node: NodeObject | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
}

function cancelled(key: string, memory: Map<string, unknown>): Plan {
  return memory.delete(key) ? plan(event('Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`)) : nothing
}

/** How long all taints together are tolerated, each by the first toleration that fits: 0 when one is not, Infinity without a limit. */
export function toleratedMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  const limits = taints.map((taint) => {
    const used = tolerations.find((toleration) => tolerates(toleration, taint))
    if (used === undefined) return 0
    return used.tolerationSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, used.tolerationSeconds) * 1000
  })
  return Math.min(...limits)
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '')
}

// Deletes pods from nodes with NoExecute taints: at once without a toleration, after tolerationSeconds with a limited one.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
import type { Node as NodeObject, Pod as PodObject, Taint, Toleration } from '../openapi/types/core/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, patch, plan, remove, requeueAfter } from '../src/controller/plan.ts'

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
    if (taints.length === 0 || pod.metadata?.deletionTimestamp !== undefined) {
      const waited = memory.delete(key)
      return waited ? plan(event('Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`)) : nothing
    }
    const patience = toleratedMs(taints, pod.spec?.tolerations ?? [])
    if (patience === Number.POSITIVE_INFINITY) {
      memory.delete(key)
      return nothing
    }
    const since = (memory.get(key) as number | undefined) ?? earliest(taints, now)
    memory.set(key, since)
    const left = since + patience - now
    if (left > 0) return plan(requeueAfter(left))
    // from here on there is nothing to cancel
    memory.delete(key)
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(now),
    }
    const conditions = [...(pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type), condition]
    return plan(
      event('Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`),
      patch(Pod, pod, { status: { conditions } }, 'status'),
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

function earliest(taints: readonly Taint[], now: number): number {
  const times = taints.map(({ timeAdded }) => (timeAdded === undefined ? now : Date.parse(timeAdded)))
  return Math.min(...times, now)
}

/** How long all taints together are tolerated: 0 when one is not, Infinity when none has a limit. */
export function toleratedMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  const used = taints.map((taint) => tolerations.filter((toleration) => tolerates(toleration, taint)))
  if (used.some((list) => list.length === 0)) return 0
  const limits = used
    .flat()
    .map(({ tolerationSeconds }) => (tolerationSeconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, tolerationSeconds) * 1000))
  return Math.min(...limits)
}

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  if (toleration.operator === 'Exists') return true
  return toleration.key !== undefined && toleration.key !== '' && (toleration.value ?? '') === (taint.value ?? '')
}

// Taints that follow from a node's conditions and from its cordon.
// https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-nodes-by-condition
import type { Node as NodeObject, Taint } from '../../openapi/types/core/v1.ts'
import { Node } from '../../src/api/core/node.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import { patch, type Write } from '../../src/controller/plan.ts'

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

/** Key of the NoExecute taint that the condition Ready asks for; undefined for a node that is ready or has not spoken yet. */
export function executeKey({ status }: NodeObject): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return conditionTaints['Ready']?.[ready?.status ?? '']
}

/** Whether pods are being driven off the node already, for either reason: then the reason may change at once. */
export function drivesOut({ spec }: NodeObject): boolean {
  return spec?.taints?.some(({ key, effect }) => effect === 'NoExecute' && executeKeys.has(key)) ?? false
}

/** The list is replaced whole, so the patch is fenced by the resourceVersion. `execute`: key of the NoExecute taint that the node is to have. */
export function retainted(node: NodeObject, now: number, execute: string | undefined): Write | undefined {
  const taints = wantedTaints(node, now, execute)
  if (semanticEqual(taints, node.spec?.taints ?? [])) return undefined
  const metadata = { resourceVersion: node.metadata?.resourceVersion }
  return patch(Node, node, { metadata, spec: { taints: taints.length === 0 ? null : taints } })
}

/** The node's foreign taints, and ours as conditions and cordon demand them. Times of taints that stay are kept. */
function wantedTaints({ spec, status }: NodeObject, now: number, execute: string | undefined): Taint[] {
  const wanted = new Set<string>()
  for (const { type, status: state } of status?.conditions ?? []) {
    const key = conditionTaints[type]?.[state]
    if (key !== undefined) wanted.add(`${key} NoSchedule`)
  }
  if (execute !== undefined) wanted.add(`${execute} NoExecute`)
  if (spec?.unschedulable === true) wanted.add(`${unschedulableKey} NoSchedule`)
  const ours = ({ key, effect }: Taint) => (effect === 'NoSchedule' && ownKeys.has(key)) || (effect === 'NoExecute' && executeKeys.has(key))
  const kept = (spec?.taints ?? []).filter((taint) => !ours(taint) || wanted.delete(`${taint.key} ${taint.effect}`))
  const added = [...wanted].map((text): Taint => {
    const [key = '', effect = ''] = text.split(' ')
    return { key, effect, timeAdded: timestamp(now) }
  })
  return [...kept, ...added]
}

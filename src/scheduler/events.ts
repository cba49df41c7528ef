// What a change of a node or pod means for pods that wait: the events plugins name in retryOn. Pure.
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { semanticDeepEqual as equal } from '../apimachinery/equal.ts'
import type { ClusterEvent } from './framework.ts'
import { podInfo } from './pod-info.ts'
import { amountOf } from './resources.ts'

/** What changed about a node; heartbeats mean nothing. */
export function nodeEvents(previous: Node, node: Node): ClusterEvent[] {
  const events: ClusterEvent[] = []
  if (!equal(previous.status?.allocatable, node.status?.allocatable)) events.push('NodeAllocatable')
  if (!equal(previous.metadata?.labels, node.metadata?.labels)) events.push('NodeLabel')
  const cordoned = (previous.spec?.unschedulable ?? false) !== (node.spec?.unschedulable ?? false)
  if (cordoned || !equal(previous.spec?.taints, node.spec?.taints)) events.push('NodeTaint')
  return events
}

/** What changed about a pod on a node. */
export function assignedPodEvents(previous: Pod, pod: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = []
  if (!equal(previous.metadata?.labels, pod.metadata?.labels)) events.push('AssignedPodLabel')
  if (asksLess(previous, pod)) events.push('AssignedPodScaleDown')
  return events
}

/** What changed about a pod that waits. */
export function pendingPodEvents(previous: Pod, pod: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = []
  if (!equal(previous.metadata?.labels, pod.metadata?.labels)) events.push('PodLabel')
  if (asksLess(previous, pod)) events.push('PodScaleDown')
  if (!equal(previous.spec?.tolerations, pod.spec?.tolerations)) events.push('PodToleration')
  const gates = (object: Pod) => object.spec?.schedulingGates?.length ?? 0
  if (gates(previous) > 0 && gates(pod) === 0) events.push('PodGatesEliminated')
  if (!equal(previous.spec?.nodeSelector, pod.spec?.nodeSelector) || !equal(previous.spec?.affinity, pod.spec?.affinity)) {
    events.push('PodUpdate')
  }
  return events
}

function asksLess(previous: Pod, pod: Pod): boolean {
  if (equal(previous.spec?.containers, pod.spec?.containers) && equal(previous.status?.containerStatuses, pod.status?.containerStatuses)) {
    return false
  }
  const before = podInfo(previous).requests
  const after = podInfo(pod).requests
  return ['cpu', 'memory', 'ephemeral-storage', ...(before.scalars?.keys() ?? [])].some(
    (name) => amountOf(after, name) < amountOf(before, name),
  )
}

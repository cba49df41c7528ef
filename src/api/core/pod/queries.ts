// Questions that workers ask of a pod. Pure; the words are those of pkg/api/v1/pod upstream.
import type { Container, Pod, PodCondition } from '../../../../openapi/types/core/v1.ts'

/** Whether an init container keeps running beside the main ones (a sidecar). */
export function isRestartableInitContainer(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

/** Succeeded or Failed. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

/** Whether the pod has ended for good. */
export function isPodTerminal(pod: Pod): boolean {
  return isTerminalPhase(pod.status?.phase)
}

/** Not ended and not being deleted: what controllers count. */
export function podIsActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata?.deletionTimestamp === undefined
}

/** The condition of that type, if there is one. */
export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)
}

/** Whether the Ready condition is True. */
export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** Ready for at least `minReadySeconds` at time `now` (milliseconds). */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const ready = podCondition(pod, 'Ready')
  if (ready?.status !== 'True') return false
  if (minReadySeconds === 0) return true
  return ready.lastTransitionTime !== undefined && Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 <= now
}

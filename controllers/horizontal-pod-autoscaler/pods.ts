// The pods of a target, seen by an autoscaler: which count, which are too young to, and what they request. Pure.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#pod-readiness-and-autoscaling-metrics
import type { Pod } from '../../openapi/types/core/v1.ts'
import { isPodReady, isRestartableInitContainer, podCondition } from '../../src/api/core/pod/queries.ts'
import { podRequests } from '../../src/api/core/pod/resources.ts'
import { isPodLevelResource } from '../../src/api/core/resource-names.ts'
import { milliValue } from '../../src/apimachinery/quantity.ts'
import type { PodMetric, PodValues } from './values.ts'

/** How long a pod's CPU may mislead, in ms; flags of the controller-manager. */
export interface Readiness {
  cpuInitializationPeriodMs: number
  initialReadinessDelayMs: number
}

/** Names of pods by how they count. `ready` is a number only. */
export interface PodGroups {
  ready: number
  /** Pending, or their CPU says nothing yet. */
  unready: Set<string>
  /** Running without a value. */
  missing: Set<string>
  /** Failed or being deleted. */
  ignored: Set<string>
}

export function podGroups(pods: readonly Pod[], values: PodValues, resource: string, readiness: Readiness, now: number): PodGroups {
  const groups: PodGroups = { ready: 0, unready: new Set(), missing: new Set(), ignored: new Set() }
  for (const pod of pods) {
    const name = pod.metadata?.name ?? ''
    const value = values.get(name)
    if (pod.metadata?.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') groups.ignored.add(name)
    else if (pod.status?.phase === 'Pending') groups.unready.add(name)
    else if (value === undefined) groups.missing.add(name)
    else if (resource === 'cpu' && cpuMisleads(pod, value, readiness, now)) groups.unready.add(name)
    else groups.ready++
  }
  return groups
}

/** Starting up takes CPU that serving does not. */
function cpuMisleads(pod: Pod, value: PodMetric, { cpuInitializationPeriodMs, initialReadinessDelayMs }: Readiness, now: number): boolean {
  const condition = podCondition(pod, 'Ready')
  if (condition === undefined || pod.status?.startTime === undefined) return true
  const started = Date.parse(pod.status.startTime)
  const changed = Date.parse(condition.lastTransitionTime ?? '')
  const unready = condition.status === 'False'
  // a young pod counts once a whole window was measured since it became ready
  if (started + cpuInitializationPeriodMs > now) return unready || value.at < changed + value.windowMs
  // an old one counts unless it has never been ready
  return unready && started + initialReadinessDelayMs > changed
}

/** Pods that run and are ready. */
export function readyPodCount(pods: readonly Pod[]): number {
  return pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length
}

/** Requests of a resource in thousandths by pod name; of one container when it is named. @throws Error for a missing request */
export function requestsOf(pods: readonly Pod[], resource: string, container = ''): Map<string, number> {
  return new Map(pods.map((pod) => [pod.metadata?.name ?? '', requestOf(pod, resource, container)]))
}

function requestOf(pod: Pod, resource: string, container: string): number {
  const podLevel = Object.keys(pod.spec?.resources?.requests ?? {}).some(isPodLevelResource)
  if (podLevel && container === '') {
    const request = podRequests(pod)[resource]
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${pod.metadata?.name}`)
    return milliValue(request)
  }
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(isRestartableInitContainer)]
  const counted = container === '' ? all : all.filter(({ name }) => name === container)
  if (container !== '' && counted.length === 0) throw new Error(`container ${container} not found in Pod ${pod.metadata?.name}`)
  return counted.reduce((sum, { name, resources }) => {
    const requests = resources?.requests ?? {}
    if (!Object.hasOwn(requests, resource)) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.metadata?.name}`)
    }
    return sum + milliValue(requests[resource])
  }, 0)
}

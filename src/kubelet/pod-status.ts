// The whole PodStatus the kubelet writes, and the patch from the last one to it. Pure.
import type { ContainerStatus, Pod, PodStatus } from '../../openapi/types/core/v1.ts'
import { isTerminalPhase } from '../api/core/pod/queries.ts'
import { qosClass } from '../api/core/pod/resources.ts'
import { timestamp } from '../apimachinery/clock.ts'
import { isObject } from '../apimachinery/json.ts'
import { type ContainerFacts, containerStatuses } from './container-status.ts'
import { podInitialized } from './pod-actions.ts'
import { podConditions } from './pod-conditions.ts'
import { podPhase } from './pod-phase.ts'
import { ephemeralContainers } from './restart-policy.ts'

export interface StatusFacts extends ContainerFacts {
  hostIps: readonly string[]
  /** The containers will not be started again: deletion, eviction, or all is done. */
  terminal: boolean
  /** Why the kubelet has failed the pod itself. */
  verdict?: { reason: string; message: string }
}

/** The status at `now`, after `before`: the newest one the API is known to have. */
export function podStatus(pod: Pod, before: PodStatus, facts: StatusFacts, now: number): PodStatus {
  const time = timestamp(now)
  const refused = facts.verdict !== undefined && facts.observed.containers.length === 0
  const init = containerStatuses(pod, refused ? [] : (pod.spec?.initContainers ?? []), before.initContainerStatuses ?? [], 'init', facts)
  const main = containerStatuses(pod, refused ? [] : (pod.spec?.containers ?? []), before.containerStatuses ?? [], 'main', facts)
  const ephemeral = containerStatuses(
    pod,
    refused ? [] : ephemeralContainers(pod),
    before.ephemeralContainerStatuses ?? [],
    'ephemeral',
    facts,
  )
  const sandbox = facts.observed.sandboxes[0]
  if (facts.terminal && podInitialized(pod, facts.observed)) for (const status of main) markLost(status)
  const statuses = [...init, ...main]
  const known = [pod.status?.phase, before.phase].find(isTerminalPhase)
  const computed = known ?? podPhase(pod, statuses, facts.terminal)
  // nothing will run any more: what has not succeeded has failed
  const phase = facts.verdict !== undefined || (facts.terminal && !isTerminalPhase(computed)) ? 'Failed' : computed
  const ips = sandbox?.ips ?? []
  const podIps =
    ips.length > 0 ? ips.map((ip) => ({ ip })) : (before.podIPs ?? (pod.spec?.hostNetwork ? facts.hostIps.map((ip) => ({ ip })) : []))
  const generation = pod.metadata?.generation
  const samePhase = phase === before.phase
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: podConditions(pod, before.conditions ?? [], { phase, statuses, sandboxReady: sandbox?.ready === true }, time),
    ...(samePhase && before.reason !== undefined ? { reason: before.reason } : {}),
    ...(samePhase && before.message !== undefined ? { message: before.message } : {}),
    ...facts.verdict,
    ...(facts.hostIps[0] === undefined ? {} : { hostIP: facts.hostIps[0], hostIPs: facts.hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] === undefined ? {} : { podIP: podIps[0].ip, podIPs: podIps }),
    startTime: before.startTime ?? time,
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    ...(refused ? {} : { containerStatuses: main }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: qosClass(pod),
  }
}

function markLost(status: ContainerStatus): void {
  if (status.state?.terminated !== undefined) return
  const terminated = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  }
  status.state = { terminated }
}

/** The strategic merge patch of the status subresource that turns `before` into `after`; undefined when nothing changes. */
export function statusPatch(uid: string, before: PodStatus, after: PodStatus): object | undefined {
  const changes: Record<string, unknown> = {}
  for (const key of writtenFields) {
    if (sameJson(before[key], after[key])) continue
    changes[key] = after[key] ?? null
  }
  if (Object.keys(changes).length === 0) return undefined
  if (changes['conditions'] !== undefined) {
    const conditions = after.conditions ?? []
    changes['conditions'] = conditions.flatMap((condition) => {
      const old = before.conditions?.find(({ type }) => type === condition.type)
      // merged by type: what is not there any more has to be named
      return sameJson(condition, old)
        ? []
        : [{ ...(old?.reason ? { reason: null } : {}), ...(old?.message ? { message: null } : {}), ...condition }]
    })
    changes['$setElementOrder/conditions'] = conditions.map(({ type }) => ({ type }))
  }
  if (changes['podIPs'] !== undefined && changes['podIPs'] !== null) {
    const gone = (before.podIPs ?? []).filter(({ ip }) => !after.podIPs?.some((each) => each.ip === ip))
    changes['podIPs'] = [...gone.map(({ ip }) => ({ $patch: 'delete', ip })), ...(after.podIPs ?? [])]
    changes['$setElementOrder/podIPs'] = after.podIPs
  }
  return { metadata: { uid }, status: changes }
}

const writtenFields = [
  'observedGeneration',
  'phase',
  'conditions',
  'reason',
  'message',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'qosClass',
] as const satisfies readonly (keyof PodStatus)[]

/** Equal when null, an empty object and an absent member count as the same: servers differ in which they store. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => sameJson(item, b[at]))
  const empty = (value: unknown) => value === null || value === undefined
  const [left, right] = [empty(a) ? {} : a, empty(b) ? {} : b]
  if (!isObject(left) || !isObject(right)) return false
  return Object.keys({ ...left, ...right }).every((key) => sameJson(left[key], right[key]))
}

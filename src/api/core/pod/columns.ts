// What `kubectl get pods` shows. The Status text is derived from phase, conditions and container states, in upstream's order.
import type { Container, ContainerStatus, Pod } from '../../../../openapi/types/core/v1.ts'
import type { Column } from '../../../apimachinery/kind.ts'
import { ageColumn, translateTimestamp } from '../../shared/columns.ts'
import { isRestartableInitContainer, isTerminalPhase } from './queries.ts'

export const podColumns: readonly Column<Pod>[] = [
  { name: 'Ready', description: 'The aggregate readiness state of this pod for accepting traffic.', value: (pod) => podSummary(pod).ready },
  { name: 'Status', description: 'The aggregate status of the containers in this pod.', value: (pod) => podSummary(pod).reason },
  {
    name: 'Restarts',
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    value: (pod, now) => restartsText(podSummary(pod), now),
  },
  ageColumn,
  { name: 'IP', priority: 1, description: 'First address of the pod.', value: ({ status }) => status?.podIPs?.[0]?.ip || '<none>' },
  { name: 'Node', priority: 1, description: 'The node it runs on.', value: ({ spec }) => spec?.nodeName || '<none>' },
  {
    name: 'Nominated Node',
    priority: 1,
    description: 'The node where room is being made for it.',
    value: ({ status }) => status?.nominatedNodeName || '<none>',
  },
  { name: 'Readiness Gates', priority: 1, description: 'Conditions true of those its readiness waits for.', value: readinessGatesText },
]

/** The derived cells of a pod row. */
export interface PodSummary {
  /** `1/2`. */
  ready: string
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Terminating` … */
  reason: string
  restarts: number
  /** When a container last ended before a restart; milliseconds, 0 = never. */
  lastRestart: number
}

/** Sums up a pod as upstream's printer does. */
export function podSummary(pod: Pod): PodSummary {
  const { spec, status } = pod
  const initContainers = spec?.initContainers ?? []
  const sidecars = initContainers.filter(isRestartableInitContainer)
  const init = initSummary(initContainers, status?.initContainerStatuses ?? [])
  let { reason: derived, ready, restarts, lastRestart } = init
  if (derived === undefined || conditionIsTrue(pod, 'Initialized')) {
    const main = mainSummary(pod, derived ?? phaseReason(pod))
    derived = main.reason
    ready += main.ready
    restarts = init.sidecarRestarts + main.restarts
    lastRestart = Math.max(init.lastSidecarRestart, main.lastRestart)
  }
  return {
    ready: `${ready}/${(spec?.containers?.length ?? 0) + sidecars.length}`,
    reason: deletionReason(pod) ?? derived,
    restarts,
    lastRestart,
  }
}

/** Phase, overridden by status.reason and then by SchedulingGated. */
function phaseReason({ status }: Pod): string {
  const gated = status?.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
  return gated ? 'SchedulingGated' : status?.reason || status?.phase || ''
}

function deletionReason({ metadata, status }: Pod): string | undefined {
  if (!metadata?.deletionTimestamp) return undefined
  if (status?.reason === 'NodeLost') return 'Unknown'
  return isTerminalPhase(status?.phase) ? undefined : 'Terminating'
}

interface InitSummary {
  /** Set while the pod is initializing. */
  reason: string | undefined
  ready: number
  restarts: number
  lastRestart: number
  sidecarRestarts: number
  lastSidecarRestart: number
}

function initSummary(containers: readonly Container[], statuses: readonly ContainerStatus[]): InitSummary {
  const summary: InitSummary = { reason: undefined, ready: 0, restarts: 0, lastRestart: 0, sidecarRestarts: 0, lastSidecarRestart: 0 }
  for (const [index, status] of statuses.entries()) {
    const ended = lastEnd(status)
    summary.restarts += status.restartCount ?? 0
    summary.lastRestart = Math.max(summary.lastRestart, ended)
    const sidecar = containers.some((container) => container.name === status.name && isRestartableInitContainer(container))
    if (sidecar) {
      summary.sidecarRestarts += status.restartCount ?? 0
      summary.lastSidecarRestart = Math.max(summary.lastSidecarRestart, ended)
    }
    if (status.state?.terminated && (status.state.terminated.exitCode ?? 0) === 0) continue
    if (sidecar && status.started) {
      if (status.ready) summary.ready++
      continue
    }
    summary.reason = `Init:${initReason(status) ?? `${index}/${containers.length}`}`
    break
  }
  return summary
}

/** What an init container that has not succeeded says; undefined = it is simply running or waiting its turn. */
function initReason({ state }: ContainerStatus): string | undefined {
  if (state?.terminated) return endReason(state.terminated)
  const waiting = state?.waiting?.reason
  return waiting && waiting !== 'PodInitializing' ? waiting : undefined
}

function mainSummary(pod: Pod, start: string): { reason: string; ready: number; restarts: number; lastRestart: number } {
  let [reason, ready, restarts, lastRestart, running] = [start, 0, 0, 0, false]
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    restarts += status.restartCount ?? 0
    lastRestart = Math.max(lastRestart, lastEnd(status))
    if (status.state?.waiting?.reason) reason = status.state.waiting.reason
    else if (status.state?.terminated) reason = endReason(status.state.terminated)
    else if (status.ready && status.state?.running) {
      running = true
      ready++
    }
  }
  if (reason === 'Completed' && running) reason = conditionIsTrue(pod, 'Ready') ? 'Running' : 'NotReady'
  return { reason, ready, restarts, lastRestart }
}

function endReason({ reason, signal, exitCode }: { reason?: string; signal?: number; exitCode?: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`)
}

function lastEnd({ lastState }: ContainerStatus): number {
  const finished = lastState?.terminated?.finishedAt
  return finished ? Date.parse(finished) : 0
}

function conditionIsTrue({ status }: Pod, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}

/** `2 (5m ago)`. */
function restartsText({ restarts, lastRestart }: PodSummary, now: number): string {
  if (restarts === 0 || lastRestart === 0) return String(restarts)
  return `${restarts} (${translateTimestamp(new Date(lastRestart).toISOString(), now)} ago)`
}

function readinessGatesText({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const holds = ({ conditionType }: { conditionType: string }) =>
    status?.conditions?.find(({ type }) => type === conditionType)?.status === 'True'
  return `${gates.filter(holds).length}/${gates.length}`
}

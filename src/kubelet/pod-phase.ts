// The phase that follows from the containers' statuses, as the kubelet derives it. Pure.
import type { Container, ContainerStatus, Pod, PodSpec } from '../../openapi/types/core/v1.ts'
import { isRestartableInitContainer } from '../api/core/pod/queries.ts'
import { restartsAfter } from './restart-policy.ts'

type Find = (name: string) => ContainerStatus | undefined

/** The phase of a pod; `terminal` when its containers will not be started again whatever the restart policy says. */
export function podPhase(pod: Pod, statuses: readonly ContainerStatus[], terminal: boolean): string {
  const { spec } = pod
  if (spec === undefined) return 'Pending'
  const find: Find = (name) => statuses.find((status) => status.name === name)
  const init = initCounts(pod, spec, find)
  if (init.failed) return 'Failed'
  const counts = { running: init.running, waiting: init.waiting, stopped: 0, succeeded: 0, unknown: init.unknown }
  for (const { name } of spec.containers ?? []) {
    const state = find(name)?.state
    if (state?.running !== undefined) counts.running++
    else if (state?.terminated !== undefined) {
      counts.stopped++
      if (state.terminated.exitCode === 0) counts.succeeded++
    } else if (state?.waiting !== undefined) {
      if (find(name)?.lastState?.terminated !== undefined) counts.stopped++
      else counts.waiting++
    } else counts.unknown++
  }
  if (init.pending || (init.pendingSidecar && !anyMainStarted(spec, statuses)) || counts.waiting > 0) return 'Pending'
  if (counts.unknown > 0) return 'Pending'
  if (counts.running > 0) return 'Running'
  if (counts.stopped === 0) return 'Pending'
  const succeeded = counts.stopped === counts.succeeded
  if (terminal) return succeeded ? 'Succeeded' : 'Failed'
  const again = (spec.containers ?? []).some((container) => {
    const status = find(container.name)
    const ended = status?.state?.terminated ?? status?.lastState?.terminated
    return ended !== undefined && restartsAfter(pod, container, ended.exitCode)
  })
  if (again) return 'Running'
  return succeeded ? 'Succeeded' : 'Failed'
}

/** Whether a main container runs, or ran once. */
export function anyMainStarted(spec: PodSpec, statuses: readonly ContainerStatus[]): boolean {
  return (spec.containers ?? []).some(({ name }) => {
    const status = statuses.find((each) => each.name === name)
    if (status === undefined) return false
    return status.state?.running !== undefined || status.state?.terminated !== undefined || status.lastState?.terminated !== undefined
  })
}

function initCounts(pod: Pod, spec: PodSpec, find: Find) {
  const failed = (container: Container, exitCode: number) => exitCode !== 0 && !restartsAfter(pod, container, exitCode)
  const counts = { failed: false, pending: false, pendingSidecar: false, running: 0, waiting: 0, unknown: 0 }
  for (const container of spec.initContainers ?? []) {
    const status = find(container.name)
    const ended = status?.lastState?.terminated
    if (isRestartableInitContainer(container)) {
      if (status?.state?.running !== undefined) {
        counts.running++
        if (!status.started) counts.pendingSidecar = true
      } else if (status?.state?.waiting !== undefined && ended === undefined) {
        counts.waiting++
        counts.pendingSidecar = true
      } else if (status?.state?.waiting === undefined && status?.state?.terminated === undefined) counts.unknown++
    } else if (status?.state?.terminated !== undefined) {
      if (failed(container, status.state.terminated.exitCode)) counts.failed = true
    } else if (status?.state?.waiting !== undefined && ended !== undefined) {
      if (failed(container, ended.exitCode)) counts.failed = true
    } else counts.pending = true
  }
  return counts
}

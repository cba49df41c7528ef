// The ContainerStatus of each container of a pod, from what the runtime has and what the last status said. Pure.
import type { Container, ContainerStatus, Pod, VolumeMountStatus } from '../../openapi/types/core/v1.ts'
import { isRestartableInitContainer } from '../api/core/pod/queries.ts'
import { timestamp } from '../apimachinery/clock.ts'
import type { ContainerState, PodState } from './runtime/runtime.ts'

export interface ContainerFacts {
  observed: PodState
  /** Why a container could not be started yet, by name. */
  waiting: ReadonlyMap<string, { reason: string; message: string }>
  /** Startup probe passed, or none. */
  started: (container: ContainerState) => boolean
  /** Readiness probe passed, or none. */
  ready: (container: ContainerState) => boolean
  runtimeName: string
}

/** Statuses in spec order; `before` are those of the last status. */
export function containerStatuses(
  pod: Pod,
  containers: readonly Container[],
  before: readonly ContainerStatus[],
  role: 'init' | 'main' | 'ephemeral',
  facts: ContainerFacts,
): ContainerStatus[] {
  return containers.map((container) => {
    const old = before.find(({ name }) => name === container.name)
    const [latest, previous] = facts.observed.containers.filter(({ name }) => name === container.name)
    const status = latest === undefined ? unseen(pod, container, old) : seen(container, latest, previous, old, facts.runtimeName)
    const waiting = facts.waiting.get(container.name)
    const done = role === 'init' && latest?.phase === 'exited' && latest.exitCode === 0 && !isRestartableInitContainer(container)
    if (waiting !== undefined && !done && latest?.phase !== 'running') {
      if (status.state?.terminated !== undefined) status.lastState = { terminated: status.state.terminated }
      status.state = { waiting: { reason: waiting.reason, ...(waiting.message === '' ? {} : { message: waiting.message }) } }
    }
    // probes do not ask ephemeral containers: they are never ready, nor said to have started
    if (role === 'ephemeral') return status
    const running = latest?.phase === 'running'
    status.started = running && facts.started(latest)
    status.ready = status.started && facts.ready(latest!)
    if (role === 'init' && !isRestartableInitContainer(container)) status.ready = status.state?.terminated?.exitCode === 0
    return status
  })
}

/** `hollow://<id>`. */
function containerId(runtimeName: string, { id }: ContainerState): string {
  return `${runtimeName}://${id}`
}

function seen(
  container: Container,
  latest: ContainerState,
  previous: ContainerState | undefined,
  old: ContainerStatus | undefined,
  runtimeName: string,
): ContainerStatus {
  const requests = container.resources?.requests
  return {
    name: container.name,
    state: stateOf(latest, runtimeName),
    lastState:
      previous === undefined ? (old?.restartCount === latest.attempt ? (old.lastState ?? {}) : {}) : stateOf(previous, runtimeName),
    ready: false,
    restartCount: latest.attempt,
    image: latest.image,
    imageID: latest.imageRef,
    containerID: containerId(runtimeName, latest),
    ...(requests === undefined || latest.phase !== 'running' ? {} : { allocatedResources: requests }),
    ...(latest.phase === 'running' ? { resources: container.resources ?? {} } : {}),
    ...mounts(container),
  }
}

function unseen({ spec }: Pod, container: Container, old: ContainerStatus | undefined): ContainerStatus {
  const reason = (spec?.initContainers?.length ?? 0) > 0 ? 'PodInitializing' : 'ContainerCreating'
  const fresh: ContainerStatus = {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    ...mounts(container),
  }
  if (old === undefined) return fresh
  if (old.state?.terminated !== undefined) return { ...old }
  fresh.restartCount = old.restartCount
  fresh.lastState = old.lastState ?? {}
  if (old.state?.running !== undefined && fresh.lastState.terminated === undefined) {
    fresh.lastState = { terminated: { ...lost } }
    fresh.restartCount++
  }
  return fresh
}

const lost = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was deleted.  The container used to be Running',
}

function stateOf(container: ContainerState, runtimeName: string): NonNullable<ContainerStatus['state']> {
  const { phase, startedAt, finishedAt, exitCode, reason, message } = container
  if (phase === 'created') return { waiting: {} }
  const started = timestamp(startedAt ?? container.createdAt)
  if (phase === 'running') return { running: { startedAt: started } }
  return {
    terminated: {
      exitCode: exitCode ?? 137,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      startedAt: started,
      finishedAt: timestamp(finishedAt ?? container.createdAt),
      containerID: containerId(runtimeName, container),
    },
  }
}

function mounts({ volumeMounts }: Container): { volumeMounts?: VolumeMountStatus[] } {
  if (volumeMounts === undefined || volumeMounts.length === 0) return {}
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  }
}

// What the kubelet asks of a container runtime. Implemented by hollow.ts (simulated); a CRI runtime fits behind the same members.
// State is read synchronously from the runtime's own cache; whoever makes a runtime is told of each change by a callback.
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'

export type ContainerPhase = 'created' | 'running' | 'exited'

/** One container that was created, alive or not. Times are milliseconds since the epoch. */
export interface ContainerState {
  id: string
  name: string
  /** 0 for the first one of this name in the pod; the restart count. */
  attempt: number
  image: string
  imageRef: string
  /** Of the parts of the spec that need a new container when they change. */
  hash: string
  phase: ContainerPhase
  createdAt: number
  startedAt?: number
  finishedAt?: number
  exitCode?: number
  reason?: string
  message?: string
}

export interface SandboxState {
  id: string
  attempt: number
  ready: boolean
  createdAt: number
  ips: readonly string[]
}

/** Everything the runtime knows of one pod, newest first. */
export interface PodState {
  sandboxes: readonly SandboxState[]
  containers: readonly ContainerState[]
}

export interface ImageState {
  names: readonly string[]
  sizeBytes: number
}

/** What a running container uses now. */
export interface ContainerUsage {
  name: string
  startedAt: number
  cpuNanoCores: number
  /** CPU time since it started. */
  cpuNanoSeconds: number
  /** The working set. */
  memoryBytes: number
}

/** One line a container has written, without its newline. */
export interface LogLine {
  at: number
  stream: 'stdout' | 'stderr'
  text: string
}

export interface StartRequest {
  pod: Pod
  sandboxId: string
  container: Container
  attempt: number
  imageRef: string
  hash: string
}

/** Promises reject with an Error whose message is fit for an Event. Pods are named by uid. */
export interface Runtime {
  readonly info: { name: string; version: string }
  images(): readonly ImageState[]
  /** The reference of an image that is present (imageID in a status). */
  imageRef(image: string): string | undefined
  /** Resolves with the image's reference. */
  pullImage(image: string, pod: Pod): Promise<string>
  runSandbox(pod: Pod, attempt: number): Promise<void>
  /** Kills what still runs in it and gives its addresses back. */
  stopSandbox(podUid: string, id: string): Promise<void>
  startContainer(request: StartRequest): Promise<void>
  /** SIGTERM, then SIGKILL after the grace; resolves when it has exited. A second call may only shorten the grace. */
  stopContainer(podUid: string, id: string, graceSeconds: number): Promise<void>
  /** Forgets an exited container, or with no id the whole pod. */
  remove(podUid: string, containerId?: string): void
  podState(podUid: string): PodState
  /** Of the running containers of a pod. */
  usage(pod: Pod): readonly ContainerUsage[]
  /** What one container (by id) has written. */
  logs(pod: Pod, containerId: string): readonly LogLine[]
}

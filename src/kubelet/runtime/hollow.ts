// The simulated runtime of one node: sandboxes with addresses, images that are there after a moment, containers that live by behaviour.ts.
// Holds timers only for what is about to change, so that ten thousand running pods cost nothing.
import { createHash } from 'node:crypto'
import type { ContainerStatus, Pod } from '../../../openapi/types/core/v1.ts'
import { type Clock, type Random, sleep, type Timer } from '../../apimachinery/clock.ts'
import { AddressPool } from './addresses.ts'
import { type Behaviour, behaviour, type ContainerRole, delays, hollowAnnotation } from './behaviour.ts'
import { type CpuCounter, countedCpu, declaredLog, declaredUsage } from './hollow-usage.ts'
import { imageRepository, normalizedImage } from './image-name.ts'
import type { ContainerState, ImageState, PodState, Runtime, SandboxState, StartRequest } from './runtime.ts'

export interface HollowOptions {
  clock: Clock
  random: Random
  signal: AbortSignal
  /** The node's pod ranges; undefined while they are not known. */
  podCidrs: () => readonly string[] | undefined
  nodeIps: readonly string[]
  /** Something about this pod has changed by itself or by an operation. */
  onChange: (podUid: string) => void
}

export interface HollowRuntime extends Runtime {
  /** Takes over what a former process had simulated, as far as the pod's status tells. */
  adopt(pod: Pod): void
}

interface Live {
  state: ContainerState
  behaviour: Behaviour
  exit?: Timer
  kill?: { at: number; timer: Timer }
  waiters: (() => void)[]
  cpu?: CpuCounter
}

interface HollowPod {
  sandboxes: SandboxState[]
  containers: Live[]
}

export const hollowVersion = '1.0.0'
const maxImages = 50
const rangeWaitMs = 10_000
const rangePollMs = 10

/** Makes the runtime of one node. */
export function openHollowRuntime(options: HollowOptions): HollowRuntime {
  const { clock, random, signal } = options
  const pods = new Map<string, HollowPod>()
  const images = new Map<string, string>()
  const pool = new AddressPool()

  const podOf = (uid: string): HollowPod => {
    let pod = pods.get(uid)
    if (pod === undefined) pods.set(uid, (pod = { sandboxes: [], containers: [] }))
    return pod
  }
  const exit = (uid: string, live: Live, exitCode: number, reason: string): void => {
    if (live.state.phase === 'exited') return
    live.exit?.cancel()
    live.kill?.timer.cancel()
    live.state = { ...live.state, phase: 'exited', finishedAt: clock.now(), exitCode, reason }
    for (const done of live.waiters) done()
    live.waiters = []
    options.onChange(uid)
  }
  const ends = (uid: string, live: Live): void => {
    const { runMs, exitCode, reason } = live.behaviour
    if (runMs === undefined) return
    const left = Math.max(0, (live.state.startedAt ?? clock.now()) + runMs - clock.now())
    live.exit = clock.after(left, () => exit(uid, live, exitCode, exitCode === 0 ? 'Completed' : (reason ?? 'Error')))
  }
  const ranges = async (): Promise<readonly string[]> => {
    for (let waited = 0; waited < rangeWaitMs; waited += rangePollMs) {
      const found = options.podCidrs()
      if (found !== undefined) return found
      await sleep(clock, rangePollMs, signal)
    }
    throw new Error('failed to setup network for sandbox: the node has no podCIDR')
  }

  return {
    info: { name: 'hollow', version: hollowVersion },
    images: () => [...images].map(([name]) => imageState(name)),
    imageRef: (image) => images.get(normalizedImage(image) ?? ''),
    async pullImage(image, pod) {
      const name = normalizedImage(image) ?? image
      await sleep(clock, delays.pullMs, signal)
      const container = pod.spec?.containers?.find((each) => each.image === image)?.name ?? ''
      const error = hollowAnnotation(pod, container, 'image-error')
      if (error !== undefined) throw new Error(error === '' || error === 'true' ? notFoundText(name) : error)
      const ref = imageReference(name)
      images.set(name, ref)
      if (images.size > maxImages) images.delete(images.keys().next().value!)
      return ref
    },
    async runSandbox(pod, attempt) {
      const uid = pod.metadata?.uid ?? ''
      const cidrs = pod.spec?.hostNetwork ? [] : await ranges()
      await sleep(clock, delays.sandboxMs, signal)
      const ips = pod.spec?.hostNetwork ? [...options.nodeIps] : pool.take(cidrs)
      podOf(uid).sandboxes.unshift({ id: randomId(random), attempt, ready: true, createdAt: clock.now(), ips })
    },
    async stopSandbox(uid, id) {
      const pod = podOf(uid)
      for (const live of pod.containers) exit(uid, live, 137, 'Error')
      pod.sandboxes = pod.sandboxes.map((sandbox) => {
        if (sandbox.id !== id || !sandbox.ready) return sandbox
        pool.release(sandbox.ips)
        return { ...sandbox, ready: false }
      })
    },
    async startContainer(request) {
      const uid = request.pod.metadata?.uid ?? ''
      const live = created(request, clock.now(), randomId(random))
      podOf(uid).containers.unshift(live)
      await sleep(clock, live.behaviour.startMs, signal)
      if (live.state.phase === 'exited') return
      live.state = { ...live.state, phase: 'running', startedAt: clock.now() }
      ends(uid, live)
    },
    stopContainer(uid, id, graceSeconds) {
      const live = podOf(uid).containers.find(({ state }) => state.id === id)
      if (live === undefined || live.state.phase === 'exited') return Promise.resolve()
      const { stopMs, stopExitCode } = live.behaviour
      const graceful = stopMs <= graceSeconds * 1000
      const at = clock.now() + (graceful ? stopMs : graceSeconds * 1000)
      if (live.kill === undefined || at < live.kill.at) {
        live.kill?.timer.cancel()
        const code = graceful ? stopExitCode : 137
        live.kill = { at, timer: clock.after(at - clock.now(), () => exit(uid, live, code, code === 0 ? 'Completed' : 'Error')) }
      }
      return new Promise((resolve) => live.waiters.push(resolve))
    },
    remove(uid, containerId) {
      const pod = pods.get(uid)
      if (pod === undefined) return
      for (const live of pod.containers) if (containerId === undefined || live.state.id === containerId) exit(uid, live, 137, 'Error')
      if (containerId !== undefined) pod.containers = pod.containers.filter(({ state }) => state.id !== containerId)
      else {
        for (const sandbox of pod.sandboxes) if (sandbox.ready) pool.release(sandbox.ips)
        pods.delete(uid)
      }
    },
    podState(uid): PodState {
      const pod = pods.get(uid)
      return pod === undefined ? nothing : { sandboxes: pod.sandboxes, containers: pod.containers.map(({ state }) => state) }
    },
    usage(pod) {
      const specs = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? []), ...(pod.spec?.ephemeralContainers ?? [])]
      return (pods.get(pod.metadata?.uid ?? '')?.containers ?? []).flatMap((live) => {
        const { name, phase, startedAt } = live.state
        const spec = specs.find((container) => container.name === name)
        if (phase !== 'running' || startedAt === undefined || spec === undefined) return []
        const { cpuNanoCores, memoryBytes } = declaredUsage(pod, spec)
        live.cpu = countedCpu(live.cpu, startedAt, cpuNanoCores, clock.now())
        return [{ name, startedAt, cpuNanoCores, cpuNanoSeconds: live.cpu.nanoSeconds, memoryBytes }]
      })
    },
    logs(pod, containerId) {
      const live = pods.get(pod.metadata?.uid ?? '')?.containers.find(({ state }) => state.id === containerId)
      return live === undefined ? [] : declaredLog(pod, live.state)
    },
    adopt(pod) {
      const uid = pod.metadata?.uid ?? ''
      const adopted = adoptedPod(pod, clock.now(), randomId(random))
      if (adopted === undefined || pods.has(uid)) return
      pods.set(uid, adopted)
      for (const { ips, ready } of adopted.sandboxes) if (ready && !pod.spec?.hostNetwork) pool.claim(ips)
      for (const live of adopted.containers) {
        const name = normalizedImage(live.state.image)
        if (name !== undefined) images.set(name, live.state.imageRef)
        if (live.state.phase === 'running') ends(uid, live)
      }
    },
  }
}

const nothing: PodState = { sandboxes: [], containers: [] }

function created({ pod, container, attempt, imageRef, hash }: StartRequest, now: number, id: string): Live {
  const image = normalizedImage(container.image ?? '') ?? container.image ?? ''
  return {
    state: { id, name: container.name, attempt, image, imageRef, hash, phase: 'created', createdAt: now },
    behaviour: behaviour(pod, container, roleOf(pod, container.name)),
    waiters: [],
  }
}

function roleOf(pod: Pod, name: string): ContainerRole {
  const init = pod.spec?.initContainers?.find((container) => container.name === name)
  return init === undefined ? 'main' : init.restartPolicy === 'Always' ? 'sidecar' : 'init'
}

function adoptedPod(pod: Pod, now: number, sandboxId: string): HollowPod | undefined {
  const { podIPs, containerStatuses = [], initContainerStatuses = [], startTime } = pod.status ?? {}
  const specs = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  const containers = [...initContainerStatuses, ...containerStatuses].flatMap((status): Live[] => {
    const container = specs.find(({ name }) => name === status.name)
    const state = adoptedState(status)
    return container === undefined || state === undefined
      ? []
      : [{ state, behaviour: behaviour(pod, container, roleOf(pod, container.name)), waiters: [] }]
  })
  if (containers.length === 0) return undefined
  const ready = pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  const createdAt = startTime === undefined ? now : Date.parse(startTime)
  return { sandboxes: [{ id: sandboxId, attempt: 0, ready, createdAt, ips: (podIPs ?? []).map(({ ip }) => ip) }], containers }
}

function adoptedState(status: ContainerStatus): ContainerState | undefined {
  const ended = status.state?.terminated ?? status.lastState?.terminated
  const started = status.state?.running?.startedAt ?? ended?.startedAt
  const id = status.state?.running === undefined ? ended?.containerID : status.containerID
  if (started === undefined || !id?.startsWith('hollow://')) return undefined
  const common = {
    id: id.slice('hollow://'.length),
    name: status.name,
    attempt: status.restartCount,
    image: status.image,
    imageRef: status.imageID,
    hash: '',
    createdAt: Date.parse(started),
    startedAt: Date.parse(started),
  }
  if (status.state?.running !== undefined) return { ...common, phase: 'running' }
  const { finishedAt, exitCode, reason } = ended!
  return {
    ...common,
    phase: 'exited',
    finishedAt: Date.parse(finishedAt ?? started),
    exitCode,
    ...(reason === undefined ? {} : { reason }),
  }
}

function imageReference(name: string): string {
  if (name.includes('@')) return name
  return `${imageRepository(name)}@sha256:${createHash('sha256').update(name).digest('hex')}`
}

function imageState(name: string): ImageState {
  const size = Number.parseInt(createHash('sha256').update(name).digest('hex').slice(0, 6), 16)
  return { names: [imageReference(name), name], sizeBytes: 1_000_000 + size * 5 }
}

function notFoundText(name: string): string {
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`
}

function randomId(random: Random): string {
  let id = ''
  while (id.length < 64)
    id += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return id
}

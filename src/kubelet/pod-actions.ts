// What a pod needs next, computed from its spec, what the runtime has, and what was tried: the kubelet's computePodActions. Pure.
// Rules: sandbox first, init containers in order, sidecars stay, main containers by restart policy; sidecars end last, in reverse.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'
import { isPodTerminal, isRestartableInitContainer } from '../api/core/pod/queries.ts'
import { type BackoffEntry, backoffUntil, delayText, nextBackoff } from './back-off.ts'
import { containerHash } from './container-hash.ts'
import { ephemeralContainers, restartsAfter } from './restart-policy.ts'
import { normalizedImage } from './runtime/image-name.ts'
import type { ContainerState, PodState, SandboxState } from './runtime/runtime.ts'

/** What the worker remembers of its attempts. Keys are container names unless said otherwise. */
export interface Attempts {
  restarts: ReadonlyMap<string, BackoffEntry>
  /** By image. */
  pulls: ReadonlyMap<string, BackoffEntry & { message: string }>
  /** The attempt for which the image was pulled. */
  pulled: ReadonlyMap<string, number>
  /** By container id: why it has to be killed (a failed liveness or startup probe). */
  unhealthy: ReadonlyMap<string, string>
  /** The kubelet has failed the pod: refused, or over its deadline. */
  failed: boolean
  /** Ids of containers whose startup probe has succeeded, or that have none. */
  started: (container: ContainerState) => boolean
  imageRef: (image: string) => string | undefined
}

export type Action =
  | { do: 'create-sandbox'; attempt: number }
  | { do: 'pull'; container: Container; attempt: number }
  | { do: 'start'; container: Container; attempt: number; sandboxId: string; imageRef: string; restart?: BackoffEntry }
  | { do: 'stop'; container: ContainerState; graceSeconds: number; message: string }
  | { do: 'stop-sandbox'; sandbox: SandboxState }
  | {
      do: 'wait'
      container: Container
      reason: string
      message: string
      event?: 'BackOff' | 'Failed' | 'ErrImageNeverPull' | 'InspectFailed'
    }

export interface PodActions {
  actions: readonly Action[]
  /** Nothing is left to run or to stop, for good. */
  finished: boolean
  /** When to look again although nothing changes; milliseconds since the epoch. */
  recheckAt?: number
}

/** How long ErrImagePull is shown before ImagePullBackOff. */
const pullErrorShownMs = 2000
/** A pod that rests is looked at this often, which repeats its BackOff event. */
export const syncMs = 12_000
/** SIGTERM is never followed by SIGKILL sooner than this. */
const minGraceSeconds = 2

/** The next actions; those that are under way already may be named again. */
export function podActions(pod: Pod, observed: PodState, attempts: Attempts, now: number): PodActions {
  const decision = new Decision(pod, observed, attempts, now)
  if (pod.metadata?.deletionTimestamp !== undefined || isPodTerminal(pod) || attempts.failed) decision.end(stoppingGrace(pod))
  else decision.run()
  return decision.result()
}

/** The newest container of a name. */
export function latestContainer(observed: PodState, name: string): ContainerState | undefined {
  return observed.containers.find((container) => container.name === name)
}

/** Whether any main container was ever created: then the init phase is over. */
export function podInitialized(pod: Pod, observed: PodState): boolean {
  return pod.spec?.containers?.some(({ name }) => latestContainer(observed, name) !== undefined) ?? false
}

function stoppingGrace(pod: Pod): number {
  const seconds = pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30
  return Math.max(minGraceSeconds, seconds)
}

class Decision {
  readonly #pod: Pod
  readonly #observed: PodState
  readonly #attempts: Attempts
  readonly #now: number
  readonly #actions: Action[] = []
  #finished = false
  #recheckAt: number | undefined

  constructor(pod: Pod, observed: PodState, attempts: Attempts, now: number) {
    this.#pod = pod
    this.#observed = observed
    this.#attempts = attempts
    this.#now = now
  }

  result(): PodActions {
    const recheck = this.#recheckAt === undefined ? {} : { recheckAt: this.#recheckAt }
    return { actions: this.#actions, finished: this.#finished, ...recheck }
  }

  run(): void {
    const sandbox = this.#observed.sandboxes[0]
    if (sandbox === undefined || !sandbox.ready) return this.#withoutSandbox(sandbox)
    const initialized = podInitialized(this.#pod, this.#observed)
    const mayRun = this.#initContainers(sandbox, initialized)
    if (mayRun === 'failed') return this.end(stoppingGrace(this.#pod))
    if (mayRun === 'no') return
    let kept = 0
    for (const container of this.#pod.spec?.containers ?? []) if (this.#main(sandbox, container)) kept++
    if (kept === 0) return this.end(stoppingGrace(this.#pod))
    for (const container of ephemeralContainers(this.#pod)) {
      if (latestContainer(this.#observed, container.name) === undefined) this.#start(sandbox, container, undefined)
    }
  }

  /** Stops everything: main and init containers at once, then sidecars one by one from the last, then the sandbox. */
  end(graceSeconds: number): void {
    const alive = this.#observed.containers.filter(({ phase }) => phase !== 'exited')
    const sidecars = (this.#pod.spec?.initContainers ?? []).filter(isRestartableInitContainer).map(({ name }) => name)
    const first = alive.filter(({ name }) => !sidecars.includes(name))
    const last = alive.toSorted((a, b) => sidecars.indexOf(b.name) - sidecars.indexOf(a.name)).slice(0, 1)
    for (const container of first.length > 0 ? first : last) this.#stop(container, graceSeconds, `Stopping container ${container.name}`)
    if (alive.length > 0) return
    const ready = this.#observed.sandboxes.filter((sandbox) => sandbox.ready)
    for (const sandbox of ready) this.#actions.push({ do: 'stop-sandbox', sandbox })
    this.#finished = ready.length === 0
  }

  #withoutSandbox(old: SandboxState | undefined): void {
    const containers = this.#pod.spec?.containers ?? []
    const over =
      containers.length > 0 &&
      containers.every((container) => {
        const latest = latestContainer(this.#observed, container.name)
        return latest !== undefined && !restartsAfter(this.#pod, container, latest.exitCode ?? 0)
      })
    if (over) this.end(0)
    else this.#actions.push({ do: 'create-sandbox', attempt: old === undefined ? 0 : old.attempt + 1 })
  }

  #initContainers(sandbox: SandboxState, initialized: boolean): 'yes' | 'no' | 'failed' {
    for (const container of this.#pod.spec?.initContainers ?? []) {
      const latest = latestContainer(this.#observed, container.name)
      const sidecar = isRestartableInitContainer(container)
      if (initialized && !sidecar) continue
      if (latest === undefined) {
        this.#start(sandbox, container, undefined)
        if (!initialized) return 'no'
      } else if (latest.phase === 'exited') {
        if (!sidecar && latest.exitCode === 0) continue
        if (!sidecar && !restartsAfter(this.#pod, container, latest.exitCode ?? 1)) return 'failed'
        this.#start(sandbox, container, latest)
        if (!initialized) return 'no'
      } else {
        const why = this.#attempts.unhealthy.get(latest.id)
        if (why !== undefined) this.#stop(latest, this.#grace(container), why)
        if (!initialized && (!sidecar || latest.phase !== 'running' || !this.#attempts.started(latest))) return 'no'
      }
    }
    return 'yes'
  }

  /** True when the container runs or shall run. */
  #main(sandbox: SandboxState, container: Container): boolean {
    const latest = latestContainer(this.#observed, container.name)
    if (latest === undefined) this.#start(sandbox, container, undefined)
    else if (latest.phase === 'exited') {
      if (!restartsAfter(this.#pod, container, latest.exitCode ?? 0)) return false
      this.#start(sandbox, container, latest)
    } else {
      const changed = latest.hash !== '' && latest.hash !== containerHash(container)
      const why = changed ? `Container ${container.name} definition changed, will be restarted` : this.#attempts.unhealthy.get(latest.id)
      if (why !== undefined) this.#stop(latest, this.#grace(container), why)
    }
    return true
  }

  #start(sandbox: SandboxState, container: Container, before: ContainerState | undefined): void {
    const attempt = before === undefined ? 0 : before.attempt + 1
    let restart: BackoffEntry | undefined
    if (before !== undefined) {
      const entry = this.#attempts.restarts.get(container.name)
      const until = backoffUntil(entry, before.finishedAt ?? this.#now)
      if (until > this.#now) {
        const message = `back-off ${delayText(entry!.delayMs)} restarting failed container=${container.name} pod=${podText(this.#pod)}`
        this.#actions.push({ do: 'wait', container, reason: 'CrashLoopBackOff', message, event: 'BackOff' })
        return this.#look(Math.min(until, this.#now + syncMs))
      }
      restart = nextBackoff(entry, this.#now)
    }
    const imageRef = this.#image(container, attempt)
    if (imageRef === undefined) return
    this.#actions.push({ do: 'start', container, attempt, sandboxId: sandbox.id, imageRef, ...(restart === undefined ? {} : { restart }) })
  }

  /** The reference of the image if it can be used now; else the action that is needed first. */
  #image(container: Container, attempt: number): string | undefined {
    const image = container.image ?? ''
    if (normalizedImage(image) === undefined) {
      const what = /[A-Z]/.test(image.replace(/:[^/]*$/, ''))
        ? 'invalid reference format: repository name must be lowercase'
        : 'invalid reference format'
      const message = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: ${what}`
      this.#actions.push({ do: 'wait', container, reason: 'InvalidImageName', message, event: 'InspectFailed' })
      return undefined
    }
    const policy = container.imagePullPolicy ?? 'IfNotPresent'
    const present = this.#attempts.imageRef(image)
    if (present !== undefined && (policy !== 'Always' || this.#attempts.pulled.get(container.name) === attempt)) return present
    if (policy === 'Never') {
      const message = `Container image ${JSON.stringify(image)} is not present with pull policy of Never`
      this.#actions.push({ do: 'wait', container, reason: 'ErrImageNeverPull', message, event: 'ErrImageNeverPull' })
      return undefined
    }
    const failed = this.#attempts.pulls.get(image)
    const until = failed === undefined ? this.#now : failed.at + failed.delayMs
    if (failed === undefined || until <= this.#now) this.#actions.push({ do: 'pull', container, attempt })
    else if (this.#now < failed.at + pullErrorShownMs) {
      this.#actions.push({ do: 'wait', container, reason: 'ErrImagePull', message: failed.message })
      this.#look(failed.at + pullErrorShownMs)
    } else {
      const message = `Back-off pulling image ${JSON.stringify(image)}: ErrImagePull: ${failed.message}`
      this.#actions.push({ do: 'wait', container, reason: 'ImagePullBackOff', message, event: 'BackOff' })
      this.#look(Math.min(until, this.#now + syncMs))
    }
    return undefined
  }

  #stop(container: ContainerState, graceSeconds: number, message: string): void {
    this.#actions.push({ do: 'stop', container, graceSeconds, message })
  }

  #grace(container: Container): number {
    const probe = container.livenessProbe?.terminationGracePeriodSeconds ?? this.#pod.spec?.terminationGracePeriodSeconds ?? 30
    return Math.max(minGraceSeconds, probe)
  }

  #look(at: number): void {
    if (this.#recheckAt === undefined || at < this.#recheckAt) this.#recheckAt = at
  }
}

/** name_namespace(uid), as the kubelet names pods in messages. */
export function podText({ metadata }: Pod): string {
  return `${metadata?.name}_${metadata?.namespace}(${metadata?.uid})`
}

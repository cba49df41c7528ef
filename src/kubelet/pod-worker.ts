// One pod's serial loop: asks podActions what is next, does it through the Runtime, reports podStatus. Never waits inside a step:
// operations run beside it and wake it again, so that a deletion is seen at once whatever is under way.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { type BackoffEntry, nextBackoff } from './back-off.ts'
import { containerHash } from './container-hash.ts'
import { type Action, latestContainer, podActions, podText } from './pod-actions.ts'
import type { StatusFacts } from './pod-status.ts'
import { ProbeRunner } from './probes/probe-runner.ts'
import type { ProbeAnswer, ProbeKind } from './probes/probe-state.ts'
import type { ContainerState, Runtime } from './runtime/runtime.ts'

export interface PodWorkerOptions {
  clock: Clock
  runtime: Runtime
  /** Wakes the status writer. `urgent` false: more is about to follow. */
  onStatus: (urgent: boolean) => void
  event: (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container) => void
  probe: (pod: Pod, container: Container, kind: ProbeKind, startedAt: number) => Promise<ProbeAnswer>
  hostIps: readonly string[]
}

export class PodWorker {
  readonly #o: PodWorkerOptions
  readonly #uid: string
  readonly #pending = new Set<string>()
  readonly #waiting = new Map<string, { reason: string; message: string }>()
  readonly #restarts = new Map<string, BackoffEntry>()
  readonly #pulls = new Map<string, BackoffEntry & { message: string }>()
  readonly #pulled = new Map<string, number>()
  readonly #stopping = new Map<string, number>()
  readonly #probes: ProbeRunner
  #pod: Pod
  #timer: Timer | undefined
  #woken = false
  #closed = false
  /** Nothing runs any more and nothing will. */
  finished = false

  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#pod = pod
    this.#o = options
    this.#uid = pod.metadata?.uid ?? ''
    this.#probes = new ProbeRunner({
      clock: options.clock,
      ask: (container, kind, startedAt) => options.probe(this.#pod, container, kind, startedAt),
      failed: (container, message) => options.event(this.#pod, 'Warning', 'Unhealthy', message, container),
      changed: () => this.wake(),
    })
  }

  get pod(): Pod {
    return this.#pod
  }

  /** The newest object of the pod; the last one wins. */
  update(pod: Pod): void {
    this.#pod = pod
    this.wake()
  }

  /** Runs one step soon; several calls are one step. */
  wake(): void {
    if (this.#woken || this.#closed) return
    this.#woken = true
    queueMicrotask(() => {
      this.#woken = false
      if (!this.#closed) this.#step()
    })
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#probes.close()
  }

  /** What podStatus needs. */
  facts(): StatusFacts {
    return {
      observed: this.#o.runtime.podState(this.#uid),
      waiting: this.#waiting,
      started: (container) => this.#probes.started(container.id),
      ready: (container) => this.#probes.ready(container.id),
      runtimeName: this.#o.runtime.info.name,
      hostIps: this.#o.hostIps,
      terminal: this.finished,
    }
  }

  #step(): void {
    const { clock, runtime } = this.#o
    const now = clock.now()
    const observed = runtime.podState(this.#uid)
    const unhealthy = this.#probes.follow(this.#pod, observed.containers)
    const attempts = {
      restarts: this.#restarts,
      pulls: this.#pulls,
      pulled: this.#pulled,
      unhealthy,
      started: (container: ContainerState) => this.#probes.started(container.id),
      imageRef: (image: string) => runtime.imageRef(image),
    }
    const { actions, finished, recheckAt } = podActions(this.#pod, observed, attempts, now)
    this.finished = finished
    for (const action of actions) this.#act(action)
    this.#timer?.cancel()
    this.#timer = recheckAt === undefined ? undefined : clock.after(Math.max(1, recheckAt - now), () => this.wake())
    const starting = actions.some((action) => action.do === 'create-sandbox' || action.do === 'pull' || action.do === 'start')
    this.#o.onStatus(!starting || observed.containers.some(({ phase }) => phase === 'exited'))
    for (const [name] of this.#waiting) if (latestContainer(observed, name)?.phase === 'running') this.#waiting.delete(name)
  }

  #act(action: Action): void {
    const { runtime } = this.#o
    switch (action.do) {
      case 'create-sandbox':
        if (!this.#pending.has('sandbox rests')) this.#run('sandbox', () => this.#createSandbox(action.attempt))
        return
      case 'pull':
        return this.#run(`pull ${action.container.image}`, () => this.#pull(action.container, action.attempt))
      case 'start':
        return this.#run(`start ${action.container.name}`, () => this.#start(action))
      case 'stop':
        return this.#stop(action)
      case 'stop-sandbox':
        return this.#run(`stop ${action.sandbox.id}`, () => runtime.stopSandbox(this.#uid, action.sandbox.id))
      case 'wait':
        return this.#wait(action)
    }
  }

  async #createSandbox(attempt: number): Promise<void> {
    try {
      await this.#o.runtime.runSandbox(this.#pod, attempt)
    } catch (error) {
      this.#event('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`)
      this.#retryAt(this.#o.clock.now() + 10_000)
      throw error
    }
  }

  async #pull(container: Container, attempt: number): Promise<void> {
    const image = container.image ?? ''
    const started = this.#o.clock.now()
    this.#event('Normal', 'Pulling', `Pulling image ${JSON.stringify(image)}`, container)
    try {
      await this.#o.runtime.pullImage(image, this.#pod)
      const took = durationText(this.#o.clock.now() - started)
      const size =
        this.#o.runtime.images().find(({ names }) => names.some((name) => this.#o.runtime.imageRef(image) === name))?.sizeBytes ?? 0
      const message = `Successfully pulled image ${JSON.stringify(image)} in ${took} (${took} including waiting). Image size: ${size} bytes.`
      this.#event('Normal', 'Pulled', message, container)
      this.#pulls.delete(image)
      this.#pulled.set(container.name, attempt)
    } catch (error) {
      const message = messageOf(error)
      this.#event('Warning', 'Failed', `Failed to pull image ${JSON.stringify(image)}: ${message}`, container)
      this.#event('Warning', 'Failed', 'Error: ErrImagePull', container)
      this.#pulls.set(image, { ...nextBackoff(this.#pulls.get(image), this.#o.clock.now()), message })
      throw error
    }
  }

  async #start(action: Action & { do: 'start' }): Promise<void> {
    const { container, attempt, sandboxId, imageRef, restart } = action
    if (this.#pulled.get(container.name) !== attempt) {
      const message = `Container image ${JSON.stringify(container.image)} already present on machine and can be accessed by the pod`
      this.#event('Normal', 'Pulled', message, container)
    }
    if (restart !== undefined) this.#restarts.set(container.name, restart)
    for (const old of this.#o.runtime
      .podState(this.#uid)
      .containers.filter(({ name }) => name === container.name)
      .slice(1)) {
      this.#o.runtime.remove(this.#uid, old.id)
    }
    this.#waiting.delete(container.name)
    try {
      await this.#o.runtime.startContainer({ pod: this.#pod, sandboxId, container, attempt, imageRef, hash: containerHash(container) })
    } catch (error) {
      this.#waiting.set(container.name, { reason: 'RunContainerError', message: messageOf(error) })
      this.#event('Warning', 'Failed', `Error: ${messageOf(error)}`, container)
      throw error
    }
    this.#event('Normal', 'Created', 'Container created', container)
    this.#event('Normal', 'Started', 'Container started', container)
  }

  #stop({ container, graceSeconds, message }: Action & { do: 'stop' }): void {
    const before = this.#stopping.get(container.id)
    if (before !== undefined && before <= graceSeconds) return
    this.#stopping.set(container.id, graceSeconds)
    if (before === undefined) this.#event('Normal', 'Killing', message, this.#spec(container.name))
    void this.#o.runtime.stopContainer(this.#uid, container.id, graceSeconds).then(() => {
      this.#stopping.delete(container.id)
      this.wake()
    })
  }

  #wait({ container, reason, message, event }: Action & { do: 'wait' }): void {
    const before = this.#waiting.get(container.name)
    if (before?.reason === reason && before.message === message) return
    this.#waiting.set(container.name, { reason, message })
    if (event === 'ErrImageNeverPull') this.#event('Warning', event, message, container)
    if (reason === 'CrashLoopBackOff') {
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${podText(this.#pod)}`, container)
    } else if (reason === 'ImagePullBackOff') this.#event('Normal', 'BackOff', message, container)
    if (reason !== 'CrashLoopBackOff' && reason !== 'ErrImagePull') this.#event('Warning', 'Failed', `Error: ${reason}`, container)
  }

  /** Starts an operation unless it is under way; its end is a new step. A failure has told its own event. */
  #run(key: string, operation: () => Promise<void>): void {
    if (this.#pending.has(key)) return
    this.#pending.add(key)
    void operation()
      .then(
        () => this.#pending.delete(key),
        () => this.#pending.delete(key),
      )
      .then(() => this.wake())
  }

  #retryAt(at: number): void {
    this.#pending.add('sandbox rests')
    this.#o.clock.after(at - this.#o.clock.now(), () => {
      this.#pending.delete('sandbox rests')
      this.wake()
    })
  }

  #spec(name: string): Container | undefined {
    return [...(this.#pod.spec?.initContainers ?? []), ...(this.#pod.spec?.containers ?? [])].find((container) => container.name === name)
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void {
    this.#o.event(this.#pod, type, reason, message, container)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** As Go prints a duration of some milliseconds or seconds. */
function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${(ms / 1000).toFixed(3).replace(/\.?0+$/, '')}s`
}

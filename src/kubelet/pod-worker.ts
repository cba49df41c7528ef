// One pod's serial loop: asks podActions what is next, does it through the Runtime, reports podStatus. Never waits inside a step:
// operations run beside it and wake it again, so that a deletion is seen at once whatever is under way.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'
import { isPodTerminal } from '../api/core/pod/queries.ts'
import type { Clock, Timer } from '../apimachinery/clock.ts'
import { backoffDelay } from '../client/backoff.ts'
import { type BackoffEntry, nextBackoff } from './back-off.ts'
import { containerHash } from './container-hash.ts'
import { type Action, latestContainer, podActions, podText, syncMs } from './pod-actions.ts'
import { deadline, deadlineVerdict, type Verdict } from './pod-admission.ts'
import type { StatusFacts } from './pod-status.ts'
import { ProbeRunner } from './probes/probe-runner.ts'
import type { ProbeAnswer, ProbeKind } from './probes/probe-state.ts'
import { pullImage } from './pull-image.ts'
import { environmentProblem, type Lookup, volumeProblem } from './references.ts'
import { ephemeralContainers } from './restart-policy.ts'
import type { ContainerState, Runtime } from './runtime/runtime.ts'

export interface PodWorkerOptions {
  clock: Clock
  runtime: Runtime
  /** Wakes the status writer. `urgent` false: more is about to follow. */
  onStatus: (urgent: boolean) => void
  event: (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: Container) => void
  probe: (pod: Pod, container: Container, kind: ProbeKind, startedAt: number) => Promise<ProbeAnswer>
  hostIps: readonly string[]
  /** ConfigMaps and Secrets of the pod's namespace. */
  lookup: Lookup
  /** Asked before anything is started. */
  admit: (pod: Pod) => Verdict | undefined
}

const sandboxRetryMs = 10_000
const configRetry = { initialMs: 1000, maxMs: 10_000 }
const mountRetry = { initialMs: 100, maxMs: 122_000 }

export class PodWorker {
  readonly #o: PodWorkerOptions
  readonly #uid: string
  readonly #pending = new Set<string>()
  /** Operations that failed and are not to be tried yet. */
  readonly #resting = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #waiting = new Map<string, { reason: string; message: string; at?: number }>()
  readonly #restarts = new Map<string, BackoffEntry>()
  readonly #pulls = new Map<string, BackoffEntry & { message: string }>()
  readonly #pulled = new Map<string, number>()
  readonly #stopping = new Map<string, number>()
  readonly #probes: ProbeRunner
  #pod: Pod
  #timer: Timer | undefined
  #verdict: Verdict | undefined
  #woken = false
  #closed = false
  /** Nothing runs any more and nothing will. */
  finished = false

  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#pod = pod
    this.#o = options
    this.#uid = pod.metadata?.uid ?? ''
    const fresh =
      pod.metadata?.deletionTimestamp === undefined && !isPodTerminal(pod) && options.runtime.podState(this.#uid).sandboxes.length === 0
    const refused = fresh ? options.admit(pod) : undefined
    if (refused !== undefined) {
      this.#event('Warning', refused.reason, refused.message)
      this.#verdict = { reason: refused.reason, message: `Pod was rejected: ${refused.message}` }
    }
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
      waiting: this.finished || this.#pod.metadata?.deletionTimestamp !== undefined ? nothingWaits : this.#waiting,
      started: (container) => this.#probes.started(container.id),
      ready: (container) => this.#probes.ready(container.id),
      runtimeName: this.#o.runtime.info.name,
      hostIps: this.#o.hostIps,
      terminal: this.finished,
      ...(this.#verdict === undefined ? {} : { verdict: this.#verdict }),
    }
  }

  #step(): void {
    const { clock, runtime } = this.#o
    const now = clock.now()
    const observed = runtime.podState(this.#uid)
    const until = this.#deadline(now)
    const unhealthy = this.#probes.follow(this.#pod, observed.containers)
    const attempts = {
      restarts: this.#restarts,
      pulls: this.#pulls,
      pulled: this.#pulled,
      unhealthy,
      failed: this.#verdict !== undefined,
      started: (container: ContainerState) => this.#probes.started(container.id),
      imageRef: (image: string) => runtime.imageRef(image),
    }
    const { actions, finished, recheckAt } = podActions(this.#pod, observed, attempts, now)
    // an operation that began earlier must not leave anything behind
    this.finished = finished && ![...this.#pending].some((key) => key === 'sandbox' || key.startsWith('st'))
    for (const action of actions) this.#act(action)
    this.#timer?.cancel()
    const next = Math.min(recheckAt ?? Number.POSITIVE_INFINITY, until ?? Number.POSITIVE_INFINITY)
    this.#timer = next === Number.POSITIVE_INFINITY || this.finished ? undefined : clock.after(Math.max(1, next - now), () => this.wake())
    const starting = actions.some((action) => action.do === 'create-sandbox' || action.do === 'pull' || action.do === 'start')
    this.#o.onStatus(!starting || observed.containers.some(({ phase }) => phase === 'exited'))
    for (const [name] of this.#waiting) if (latestContainer(observed, name)?.phase === 'running') this.#waiting.delete(name)
  }

  /** Fails the pod once it has been active for too long; returns when that will be. */
  #deadline(now: number): number | undefined {
    const at = deadline(this.#pod)
    if (at === undefined || this.#verdict !== undefined || this.finished) return undefined
    if (at > now) return at
    this.#verdict = deadlineVerdict
    this.#event('Normal', deadlineVerdict.reason, deadlineVerdict.message)
    return undefined
  }

  #act(action: Action): void {
    const { runtime } = this.#o
    switch (action.do) {
      case 'create-sandbox':
        return this.#run('sandbox', () => this.#createSandbox(action.attempt))
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
    const problem = await volumeProblem(this.#pod, this.#o.lookup).catch(messageOf)
    if (problem !== undefined) {
      this.#event('Warning', 'FailedMount', problem)
      return this.#rest('sandbox', backoffDelay(mountRetry, this.#failed('sandbox')))
    }
    if (attempt > 0) this.#event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    try {
      await this.#o.runtime.runSandbox(this.#pod, attempt)
    } catch (error) {
      this.#event('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`)
      this.#rest('sandbox', sandboxRetryMs)
    }
  }

  async #pull(container: Container, attempt: number): Promise<void> {
    const { clock, runtime } = this.#o
    const image = container.image ?? ''
    const event = (type: 'Normal' | 'Warning', reason: string, text: string) => this.#event(type, reason, text, container)
    const message = await pullImage({ clock, runtime, pod: this.#pod, container, event })
    if (message === undefined) {
      this.#pulls.delete(image)
      this.#pulled.set(container.name, attempt)
    } else this.#pulls.set(image, { ...nextBackoff(this.#pulls.get(image), clock.now()), message })
  }

  async #start(action: Action & { do: 'start' }): Promise<void> {
    const { container, attempt, sandboxId, imageRef, restart } = action
    const key = `start ${container.name}`
    const problem = await environmentProblem(container, this.#pod.metadata?.namespace ?? '', this.#o.lookup).catch(messageOf)
    if (problem !== undefined) return this.#couldNotStart(container, 'CreateContainerConfigError', problem)
    if (this.#pod.metadata?.deletionTimestamp !== undefined) return
    this.#failures.delete(key)
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
      return this.#couldNotStart(container, 'RunContainerError', messageOf(error))
    }
    this.#event('Normal', 'Created', 'Container created', container)
    this.#event('Normal', 'Started', 'Container started', container)
  }

  #couldNotStart(container: Container, reason: string, message: string): void {
    const key = `start ${container.name}`
    this.#waiting.set(container.name, { reason, message })
    this.#event('Warning', 'Failed', `Error: ${message}`, container)
    this.#rest(key, backoffDelay(configRetry, this.#failed(key)))
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
    const at = this.#o.clock.now()
    const same = before?.reason === reason && before.message === message
    if (same && (event !== 'BackOff' || at - (before.at ?? at) < syncMs)) return
    this.#waiting.set(container.name, { reason, message, at })
    if (event === 'ErrImageNeverPull' || event === 'InspectFailed') this.#event('Warning', event, message, container)
    if (reason === 'CrashLoopBackOff') {
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${podText(this.#pod)}`, container)
    } else if (reason === 'ImagePullBackOff') {
      this.#event('Normal', 'BackOff', `Back-off pulling image ${JSON.stringify(container.image)}`, container)
    }
    if (reason !== 'CrashLoopBackOff' && reason !== 'ErrImagePull') this.#event('Warning', 'Failed', `Error: ${reason}`, container)
  }

  /** Starts an operation unless it is under way; its end is a new step. A failure has told its own event. */
  #run(key: string, operation: () => Promise<void>): void {
    if (this.#pending.has(key) || this.#resting.has(key)) return
    this.#pending.add(key)
    void operation()
      .then(
        () => this.#pending.delete(key),
        () => this.#pending.delete(key),
      )
      .then(() => this.wake())
  }

  /** How often an operation had failed before now. */
  #failed(key: string): number {
    const before = this.#failures.get(key) ?? 0
    this.#failures.set(key, before + 1)
    return before
  }

  #rest(key: string, delayMs: number): void {
    this.#resting.add(key)
    this.#o.clock.after(delayMs, () => {
      this.#resting.delete(key)
      this.wake()
    })
  }

  #spec(name: string): Container | undefined {
    const { initContainers = [], containers = [] } = this.#pod.spec ?? {}
    return [...initContainers, ...containers, ...ephemeralContainers(this.#pod)].find((container) => container.name === name)
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string, container?: Container): void {
    if (!this.#closed) this.#o.event(this.#pod, type, reason, message, container)
  }
}

const nothingWaits: ReadonlyMap<string, { reason: string; message: string }> = new Map()

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

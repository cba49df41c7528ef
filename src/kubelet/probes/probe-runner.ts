// Runs the probes of one pod's containers: one timer for all, answers fed into probe-state.ts.
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import type { ContainerState } from '../runtime/runtime.ts'
import {
  dueProbes,
  failedProbe,
  hasStarted,
  isReady,
  killMessage,
  newProbeState,
  type ProbeAnswer,
  type ProbeKind,
  type ProbeState,
  probed,
  probeOf,
  unhealthyMessage,
} from './probe-state.ts'

export interface ProbeRunnerOptions {
  clock: Clock
  ask: (container: Container, kind: ProbeKind, startedAt: number) => Promise<ProbeAnswer>
  failed: (container: Container, message: string) => void
  /** A verdict may have changed. */
  changed: () => void
}

interface Probing {
  container: Container
  startedAt: number
  state: ProbeState
  asking: Set<ProbeKind>
}

export class ProbeRunner {
  readonly #o: ProbeRunnerOptions
  readonly #probing = new Map<string, Probing>()
  /** Ids of the running containers: one that is not here has not been looked at yet. */
  #running = new Set<string>()
  #timer: Timer | undefined
  #closed = false

  constructor(options: ProbeRunnerOptions) {
    this.#o = options
  }

  /** Follows the running containers; returns, by container id, why some have to be killed. */
  follow(pod: Pod, containers: readonly ContainerState[]): Map<string, string> {
    const running = containers.filter(({ phase }) => phase === 'running')
    this.#running = new Set(running.map(({ id }) => id))
    for (const id of [...this.#probing.keys()]) if (!this.#running.has(id)) this.#probing.delete(id)
    if (pod.metadata?.deletionTimestamp === undefined) {
      for (const { id, name, startedAt = 0 } of running) {
        const container = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((each) => each.name === name)
        if (container === undefined || this.#probing.has(id) || !hasProbes(container)) continue
        this.#probing.set(id, { container, startedAt, state: newProbeState(container, id, startedAt), asking: new Set() })
      }
      this.#tick()
    } else this.#timer?.cancel()
    const unhealthy = new Map<string, string>()
    for (const [id, { state, container }] of this.#probing) {
      const kind = failedProbe(state)
      if (kind !== undefined) unhealthy.set(id, killMessage(kind, container.name))
    }
    return unhealthy
  }

  /** Whether a running container counts as started. */
  started(id: string): boolean {
    const probing = this.#probing.get(id)
    return probing === undefined ? this.#running.has(id) : hasStarted(probing.state)
  }

  ready(id: string): boolean {
    const probing = this.#probing.get(id)
    return probing === undefined ? this.#running.has(id) : isReady(probing.state)
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #tick(): void {
    if (this.#closed) return
    const now = this.#o.clock.now()
    let nextAt: number | undefined
    for (const [id, probing] of this.#probing) {
      const next = dueProbes(probing.state, now)
      for (const kind of next.due) void this.#ask(id, probing, kind)
      if (next.nextAt !== undefined && (nextAt === undefined || next.nextAt < nextAt)) nextAt = next.nextAt
    }
    this.#timer?.cancel()
    this.#timer = nextAt === undefined ? undefined : this.#o.clock.after(nextAt - now, () => this.#tick())
  }

  async #ask(id: string, probing: Probing, kind: ProbeKind): Promise<void> {
    if (probing.asking.has(kind)) return
    probing.asking.add(kind)
    const { container, startedAt } = probing
    const answer = await this.#o.ask(container, kind, startedAt).catch((error): ProbeAnswer => ({ ok: false, output: String(error) }))
    probing.asking.delete(kind)
    if (this.#closed || this.#probing.get(id) !== probing) return
    const before = probing.state
    probing.state = probed(before, kind, probeOf(container, kind) ?? {}, answer, this.#o.clock.now())
    if (!answer.ok) this.#o.failed(container, unhealthyMessage(kind, answer.output))
    const verdict = (state: ProbeState) => `${hasStarted(state)} ${isReady(state)} ${failedProbe(state)}`
    if (verdict(before) !== verdict(probing.state)) this.#o.changed()
    this.#tick()
  }
}

function hasProbes({ startupProbe, livenessProbe, readinessProbe }: Container): boolean {
  return startupProbe !== undefined || livenessProbe !== undefined || readinessProbe !== undefined
}

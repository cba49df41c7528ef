// Startup, liveness and readiness of one container as a small state machine: results in, verdicts out. Pure.
// Times and thresholds as upstream's prober: first probe initialDelaySeconds after the start, then every periodSeconds.
import type { Container, Probe } from '../../../openapi/types/core/v1.ts'

export type ProbeKind = 'startup' | 'liveness' | 'readiness'

/** `steady`: this answer cannot change while the container runs, so it need not be asked again. */
export interface ProbeAnswer {
  ok: boolean
  output: string
  steady?: boolean
}

interface OneProbe {
  /** Consecutive equal answers so far. */
  run: number
  lastOk: boolean | undefined
  /** The verdict: undefined until a threshold is reached. */
  result: boolean | undefined
  nextAt: number
  over: boolean
}

export interface ProbeState {
  containerId: string
  startup?: OneProbe
  liveness?: OneProbe
  readiness?: OneProbe
}

const kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']

/** The probe of a kind in a container's spec. */
export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return kind === 'startup' ? container.startupProbe : kind === 'liveness' ? container.livenessProbe : container.readinessProbe
}

/** The state of a container that has just started. */
export function newProbeState(container: Container, containerId: string, startedAt: number): ProbeState {
  const state: ProbeState = { containerId }
  for (const kind of kinds) {
    const probe = probeOf(container, kind)
    if (probe === undefined) continue
    state[kind] = { run: 0, lastOk: undefined, result: undefined, nextAt: startedAt + (probe.initialDelaySeconds ?? 0) * 1000, over: false }
  }
  return state
}

/** Whether the container counts as started. */
export function hasStarted(state: ProbeState): boolean {
  return state.startup === undefined || state.startup.result === true
}

/** Whether the readiness probe says so; without one, a started container is ready. */
export function isReady(state: ProbeState): boolean {
  return hasStarted(state) && (state.readiness === undefined || state.readiness.result === true)
}

/** The probe that has failed for good, so that the container has to be killed. */
export function failedProbe(state: ProbeState): 'startup' | 'liveness' | undefined {
  if (state.startup?.result === false) return 'startup'
  return state.liveness?.result === false ? 'liveness' : undefined
}

/** What is to be asked at `now`, and when to look again. */
export function dueProbes(state: ProbeState, now: number): { due: ProbeKind[]; nextAt?: number } {
  const due: ProbeKind[] = []
  let nextAt: number | undefined
  if (failedProbe(state) !== undefined) return { due }
  for (const kind of kinds) {
    const one = state[kind]
    if (one === undefined || one.over || (kind !== 'startup' && !hasStarted(state))) continue
    if (one.nextAt <= now) due.push(kind)
    else if (nextAt === undefined || one.nextAt < nextAt) nextAt = one.nextAt
  }
  return nextAt === undefined ? { due } : { due, nextAt }
}

/** The state after an answer. */
export function probed(state: ProbeState, kind: ProbeKind, probe: Probe, answer: ProbeAnswer, now: number): ProbeState {
  const before = state[kind]
  if (before === undefined) return state
  const run = before.lastOk === answer.ok ? before.run + 1 : 1
  const threshold = answer.ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3)
  const result = run >= threshold ? answer.ok : before.result
  const over = (kind === 'startup' && result === true) || (answer.steady === true && run >= threshold)
  const nextAt = now + (probe.periodSeconds ?? 10) * 1000
  return { ...state, [kind]: { run, lastOk: answer.ok, result, nextAt, over } }
}

const words: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }

/** The message of the Unhealthy event. */
export function unhealthyMessage(kind: ProbeKind, output: string): string {
  return `${words[kind]} probe failed: ${output}`
}

/** The message of the Killing event after a probe has failed for good. */
export function killMessage(kind: 'startup' | 'liveness', container: string): string {
  return `Container ${container} failed ${kind} probe, will be restarted`
}

// Stabilization windows: of the recommendations of the last while, the one that changes least is followed. Pure.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window
import type { Recommendation } from './notes.ts'

export interface Stabilized {
  replicas: number
  recommendations: Recommendation[]
  /** Why it is not what the metrics ask for now. */
  reason: 'ScaleUpStabilized' | 'ScaleDownStabilized'
  message: string
}

const messages = {
  ScaleUpStabilized: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
  ScaleDownStabilized: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}

/** Without behavior: the highest recommendation of the window, so that only scaling down waits. */
export function stabilized(desired: number, known: readonly Recommendation[], windowMs: number, now: number): Stabilized {
  const recent = known.filter(({ at }) => at >= now - windowMs)
  return {
    replicas: Math.max(desired, ...recent.map(({ replicas }) => replicas)),
    recommendations: [...recent, { replicas: desired, at: now }],
    reason: 'ScaleDownStabilized',
    message: messages.ScaleDownStabilized,
  }
}

export interface Windows {
  upMs: number
  downMs: number
}

/** With behavior: the present size, moved as far as the lowest of one window and the highest of the other demand. */
export function stabilizedWithBehavior(
  current: number,
  desired: number,
  known: readonly Recommendation[],
  { upMs, downMs }: Windows,
  now: number,
): Stabilized {
  const since = (windowMs: number) => known.filter(({ at }) => at > now - windowMs).map(({ replicas }) => replicas)
  const lowest = Math.min(desired, ...since(upMs))
  const highest = Math.max(desired, ...since(downMs))
  const reason = desired >= current ? 'ScaleUpStabilized' : 'ScaleDownStabilized'
  const kept = known.filter(({ at }) => at >= now - Math.max(upMs, downMs))
  return {
    replicas: Math.min(Math.max(current, lowest), highest),
    recommendations: [...kept, { replicas: desired, at: now }],
    reason,
    message: messages[reason],
  }
}

// What the controller remembers of an autoscaler between two looks: recommendations and changes of size, each with its time. Plain values.
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../openapi/types/autoscaling/v2.ts'

/** A number of replicas that the metrics asked for. */
export interface Recommendation {
  replicas: number
  at: number
}

/** By how much a target was scaled, never negative. */
export interface ScaleEvent {
  change: number
  at: number
}

export interface Notes {
  /** Of the target's pods, as last seen. */
  selector?: string
  recommendations?: readonly Recommendation[]
  scaleUps?: readonly ScaleEvent[]
  scaleDowns?: readonly ScaleEvent[]
  /** A change of size that was asked for by the last look. */
  rescale?: { from: number; to: number; at: number }
}

/**
 * The notes with the last change of size counted, unless it did not happen: then the target has what it had. Without behavior nothing is
 * counted, as no rule asks for it.
 */
export function settledNotes({ rescale, ...notes }: Notes, current: number, behavior: HorizontalPodAutoscalerBehavior | undefined): Notes {
  if (rescale === undefined || rescale.from === current || behavior === undefined) return notes
  const { from, to, at } = rescale
  const oldest = at - Math.max(longestPeriodMs(behavior.scaleUp), longestPeriodMs(behavior.scaleDown))
  const kept = (events: readonly ScaleEvent[] = []) => events.filter((event) => event.at > oldest)
  const added = { change: Math.abs(to - from), at }
  return to > from ? { ...notes, scaleUps: [...kept(notes.scaleUps), added] } : { ...notes, scaleDowns: [...kept(notes.scaleDowns), added] }
}

function longestPeriodMs(rules: HPAScalingRules | undefined): number {
  return Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds * 1000))
}

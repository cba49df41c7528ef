// A pod that was to be disrupted and is still there after two minutes: its DisruptionTarget condition is taken back. Pure.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodTerminal, podCondition } from '../../src/api/core/pod/queries.ts'
import { timestamp } from '../../src/apimachinery/clock.ts'
import { nothing, type Plan, patch, plan, requeueAfter } from '../../src/controller/plan.ts'

/** Upstream's stalePodDisruptionTimeout. */
const timeoutMs = 120_000
/** No budget has a colon in its name: such keys are about pods. */
const prefix = 'pod:'

/** The key under which the pod is to be looked at; undefined when it has no such condition. */
export function staleKey(pod: PodObject): string | undefined {
  return isMarked(pod) ? `${pod.metadata?.namespace}/${prefix}${pod.metadata?.name}` : undefined
}

/** The name of the pod that a key's name is about. */
export function stalePodName(name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined
}

function isMarked(pod: PodObject): boolean {
  const condition = podCondition(pod, 'DisruptionTarget')
  return (
    condition?.status === 'True' &&
    condition.reason !== 'TerminationByKubelet' &&
    pod.metadata?.deletionTimestamp === undefined &&
    !isPodTerminal(pod)
  )
}

/** Takes the condition back once it is too old. */
export function staleDisruption(pod: PodObject | undefined, now: number): Plan {
  if (pod === undefined || !isMarked(pod)) return nothing
  const since = Date.parse(podCondition(pod, 'DisruptionTarget')?.lastTransitionTime ?? '') || now
  const left = since + timeoutMs - now
  if (left > 0) return plan(requeueAfter(left))
  const generation = pod.metadata?.generation
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'DisruptionTarget'
      ? {
          type: condition.type,
          status: 'False',
          lastTransitionTime: timestamp(now),
          ...(generation === undefined ? {} : { observedGeneration: generation }),
        }
      : condition,
  )
  const { resourceVersion } = pod.metadata ?? {}
  return plan(patch(Pod, pod, { metadata: { resourceVersion }, status: { conditions } }, 'status'))
}

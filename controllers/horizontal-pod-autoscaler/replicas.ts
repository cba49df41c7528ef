// From measured values to a number of replicas: upstream's replica calculator. Pure.
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
import type { PodGroups } from './pods.ts'
import { maxInt32, maxInt64, type PodValues } from './values.ts'

/** Shares of the target within which nothing is done. */
export interface Tolerances {
  scaleDown: number
  scaleUp: number
}

/** How the values of some pods relate to what is wanted. */
export interface Measure {
  /** Used over wanted; 1 is on target. @throws Error when the values fit no pod */
  ratio(values: PodValues): number
  /** What a pod without a value counts with when that only can prevent scaling down. */
  fallback(pod: string): number
}

/** Replicas for values per pod. Missing and unready pods dampen: they never make a change larger, nor turn its direction. */
export function perPodReplicas(current: number, values: PodValues, groups: PodGroups, tolerances: Tolerances, measure: Measure): number {
  const ratio = measure.ratio(values)
  const growsWithUnready = groups.unready.size > 0 && ratio > 1
  if (!growsWithUnready && groups.missing.size === 0) {
    return within(ratio, tolerances) ? current : rounded(ratio * groups.ready)
  }
  const filled = new Map(values)
  const fill = (pods: Iterable<string>, assumed: (pod: string) => number) => {
    for (const pod of pods) filled.set(pod, { value: assumed(pod), at: 0, windowMs: 0 })
  }
  if (ratio < 1) fill(groups.missing, measure.fallback)
  if (ratio > 1) fill(groups.missing, () => 0)
  if (growsWithUnready) fill(groups.unready, () => 0)
  const dampened = measure.ratio(filled)
  if (within(dampened, tolerances) || (ratio < 1 && dampened > 1) || (ratio > 1 && dampened < 1)) return current
  const replicas = rounded(dampened * filled.size)
  const turned = (dampened < 1 && replicas > current) || (dampened > 1 && replicas < current)
  return turned ? current : replicas
}

/** The measure of a utilization: used over requested, in percent of the target. */
export function utilizationMeasure(requests: ReadonlyMap<string, number>, target: number): Measure {
  return {
    ratio: (values) => utilizationOf(values, requests).percent / target,
    fallback: (pod) => Math.trunc(((requests.get(pod) ?? 0) * Math.max(100, target)) / 100),
  }
}

/** Percent of what is requested and the mean amount, over the pods that have both. */
export function utilizationOf(values: PodValues, requests: ReadonlyMap<string, number>): { percent: number; average: number } {
  let used = 0
  let requested = 0
  let count = 0
  for (const [pod, { value }] of values) {
    const request = requests.get(pod)
    if (request === undefined) continue
    used += value
    requested += request
    count++
  }
  if (requested === 0) throw new Error('no metrics returned matched known pods')
  const percent = Number((BigInt(used) * 100n) / BigInt(requested))
  return { percent: Math.min(maxInt32, percent), average: Math.trunc(used / count) }
}

/** The measure of a mean amount. */
export function averageMeasure(target: number): Measure {
  return { ratio: (values) => averageOf(values) / target, fallback: () => target }
}

/** The mean of the values, rounded down. */
export function averageOf(values: PodValues): number {
  let sum = 0
  for (const { value } of values.values()) sum += value
  return Math.trunc(sum / values.size)
}

/** Replicas for one value that all pods share. From zero, pods that are ready and the tolerance do not matter. */
export function sharedReplicas(current: number, ratio: number, readyPods: () => number, tolerances: Tolerances): number {
  if (current === 0) return rounded(ratio)
  return within(ratio, tolerances) ? current : rounded(ratio * readyPods())
}

/** Replicas, and the mean per pod, for one value of which each pod should have `target`. */
export function dividedReplicas(
  replicas: number,
  usage: number,
  target: number,
  tolerances: Tolerances,
): { replicas: number; average: number } {
  const ratio = usage / (target * replicas)
  return {
    replicas: within(ratio, tolerances) ? replicas : rounded(usage / target),
    average: usage >= maxInt64 || replicas === 0 ? usage : Math.ceil(usage / replicas),
  }
}

function within(ratio: number, { scaleDown, scaleUp }: Tolerances): boolean {
  return 1 - scaleDown <= ratio && ratio <= 1 + scaleUp
}

function rounded(replicas: number): number {
  return Math.min(maxInt32, Math.ceil(replicas))
}

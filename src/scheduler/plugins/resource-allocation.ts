// How full a node would be with the pod on it: the three scoring strategies of NodeResourcesFit, resource by resource.
import { maxScore } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { amountOf, isScalarResource } from '../resources.ts'

export interface ResourceWeight {
  name: string
  weight: number
}

/** A point of the function from utilization (0 … 100) to score (0 … 10). */
export interface ShapePoint {
  utilization: number
  score: number
}

export interface ScoringStrategy {
  type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio'
  resources: readonly ResourceWeight[]
  /** Of RequestedToCapacityRatio, by rising utilization. */
  shape?: readonly ShapePoint[]
}

export const defaultResources: readonly ResourceWeight[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

/** What the node offers and what would be requested of it with the pod; nothing for an extended resource the pod does not ask for. */
export function allocation(name: string, pod: PodInfo, node: NodeInfo, exact: boolean): { requested: number; allocatable: number } {
  const own = amountOf(exact ? pod.requests : pod.nonZero, name)
  if (own === 0 && name !== 'cpu' && name !== 'memory' && isScalarResource(name)) return { requested: 0, allocatable: 0 }
  const others = amountOf(exact || (name !== 'cpu' && name !== 'memory') ? node.requested : node.nonZeroRequested, name)
  return { requested: others + own, allocatable: amountOf(node.allocatable, name) }
}

/** 0 … 100 by the strategy. */
export function allocationScore(strategy: ScoringStrategy, pod: PodInfo, node: NodeInfo): number {
  let sum = 0
  let weights = 0
  for (const { name, weight } of strategy.resources) {
    const { requested, allocatable } = allocation(name, pod, node, false)
    if (allocatable === 0) continue
    const score = resourceScore(strategy, requested, allocatable)
    if (strategy.type === 'RequestedToCapacityRatio' && score <= 0) continue
    sum += score * weight
    weights += weight
  }
  if (weights === 0) return 0
  return strategy.type === 'RequestedToCapacityRatio' ? Math.round(sum / weights) : Math.floor(sum / weights)
}

function resourceScore(strategy: ScoringStrategy, requested: number, allocatable: number): number {
  if (strategy.type === 'LeastAllocated') {
    return requested > allocatable ? 0 : Math.floor(((allocatable - requested) * maxScore) / allocatable)
  }
  if (strategy.type === 'MostAllocated') return Math.floor((Math.min(requested, allocatable) * maxScore) / allocatable)
  const full = 100
  const utilization = requested > allocatable ? full : Math.floor((requested * full) / allocatable)
  return shapeValue(strategy.shape ?? [], utilization)
}

/** The broken line through the points; their scores of 0 … 10 count as 0 … 100. */
function shapeValue(shape: readonly ShapePoint[], at: number): number {
  for (const [i, point] of shape.entries()) {
    if (at > point.utilization) continue
    const before = shape[i - 1]
    if (before === undefined) return point.score * 10
    const rise = (point.score - before.score) * 10 * (at - before.utilization)
    return before.score * 10 + Math.trunc(rise / (point.utilization - before.utilization))
  }
  return (shape.at(-1)?.score ?? 0) * 10
}

/** 100 minus the standard deviation of the used shares: a node used evenly is better. */
export function balanceScore(resources: readonly ResourceWeight[], pod: PodInfo, node: NodeInfo): number {
  const shares: number[] = []
  for (const { name } of resources) {
    const { requested, allocatable } = allocation(name, pod, node, true)
    if (allocatable > 0) shares.push(Math.min(1, requested / allocatable))
  }
  return Math.trunc((1 - deviation(shares)) * maxScore)
}

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0
  if (shares.length === 2) return Math.abs((shares[0]! - shares[1]!) / 2)
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length)
}

// How large each ReplicaSet is to be: rolling update, recreate, and scaling in the midst of a rollout (proportionally). Pure.
import type { Deployment, ReplicaSet } from '../../openapi/types/apps/v1.ts'
import {
  activeSets,
  byCreation,
  currentTarget,
  desiredAnnotation,
  maxSurge,
  maxUnavailable,
  rememberedMax,
  revisionOf,
  type Sets,
  specReplicas,
} from './replicasets.ts'

/** New sizes by set; sets that are not named stay. */
export type Sizes = Map<ReplicaSet, number>

/** True when `spec.replicas` has changed since the active sets were last sized. */
export function isScaling(deployment: Deployment, { all }: Sets): boolean {
  return activeSets(all).some((set) => {
    const text = set.metadata?.annotations?.[desiredAnnotation]
    return text !== undefined && Number.parseInt(text, 10) !== (deployment.spec?.replicas ?? 0)
  })
}

/** One step of a rolling update: grow the new set, or else shrink the old ones. */
export function rollingSizes(deployment: Deployment, sets: Sets): Sizes {
  const { current, old, all } = sets
  if (current === undefined) return new Map()
  const wanted = deployment.spec?.replicas ?? 0
  const has = current.spec?.replicas ?? 0
  const target = has > wanted ? wanted : currentTarget(deployment, all, current)
  if (target !== has) return new Map([[current, target]])
  return oldSizes(deployment, current, activeSets(old), all)
}

function oldSizes(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], all: readonly ReplicaSet[]): Sizes {
  const sizes: Sizes = new Map()
  if (specReplicas(old) === 0) return sizes
  const minAvailable = (deployment.spec?.replicas ?? 0) - maxUnavailable(deployment)
  const currentUnavailable = (current.spec?.replicas ?? 0) - (current.status?.availableReplicas ?? 0)
  let budget = specReplicas(all) - minAvailable - currentUnavailable
  if (budget <= 0) return sizes
  // the unhealthy ones first: they cost no availability
  for (const set of [...old].sort(byCreation)) {
    const size = set.spec?.replicas ?? 0
    const unhealthy = size - (set.status?.availableReplicas ?? 0)
    const gone = Math.min(budget, unhealthy)
    if (budget <= 0) break
    if (gone <= 0) continue
    sizes.set(set, size - gone)
    budget -= gone
  }
  let spare = availableOf(all) - minAvailable
  for (const set of [...old].sort(byCreation)) {
    if (spare <= 0) break
    const size = sizes.get(set) ?? set.spec?.replicas ?? 0
    const gone = Math.min(size, spare)
    if (gone <= 0) continue
    sizes.set(set, size - gone)
    spare -= gone
  }
  return sizes
}

/**
 * Pods that stay available. A set that has just shrunk still reports those that it is about to delete: they do not count, or a second step
 * before its next status would go below minAvailable.
 */
function availableOf(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, { spec, status }) => sum + Math.min(status?.availableReplicas ?? 0, spec?.replicas ?? 0), 0)
}

/** All old sets to nothing. */
export function zeroSizes(old: readonly ReplicaSet[]): Sizes {
  return new Map(activeSets(old).map((set) => [set, 0]))
}

/** Sizes after `spec.replicas` changed (or while paused): upstream's scale(). */
export function scaledSizes(deployment: Deployment, sets: Sets): Sizes {
  const wanted = deployment.spec?.replicas ?? 0
  const only = activeOrLatest(sets)
  if (only !== undefined) return only.spec?.replicas === wanted ? new Map() : new Map([[only, wanted]])
  if (isSaturated(deployment, sets.current)) return zeroSizes(sets.old)
  if (deployment.spec?.strategy?.type === 'Recreate') return new Map()
  return proportionalSizes(deployment, activeSets(sets.all))
}

function activeOrLatest({ current, old, all }: Sets): ReplicaSet | undefined {
  const active = activeSets(all)
  if (active.length > 1) return undefined
  if (active.length === 1) return active[0]
  return current ?? [...old].sort((a, b) => revisionOf(b) - revisionOf(a))[0]
}

function isSaturated(deployment: Deployment, set: ReplicaSet | undefined): boolean {
  if (set === undefined) return false
  const wanted = deployment.spec?.replicas ?? 0
  const desired = Number.parseInt(set.metadata?.annotations?.[desiredAnnotation] ?? '', 10)
  return set.spec?.replicas === wanted && desired === wanted && set.status?.availableReplicas === wanted
}

/** Spreads the added or removed pods over the active sets in proportion to their sizes; what is left goes to the largest. */
function proportionalSizes(deployment: Deployment, active: readonly ReplicaSet[]): Sizes {
  const wanted = deployment.spec?.replicas ?? 0
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0
  const toAdd = allowed - specReplicas(active)
  const sorted = [...active].sort((a, b) => {
    const size = (b.spec?.replicas ?? 0) - (a.spec?.replicas ?? 0)
    if (size !== 0) return size
    return toAdd > 0 ? byCreation(b, a) : byCreation(a, b)
  })
  const sizes: Sizes = new Map()
  let added = 0
  for (const set of sorted) {
    const size = set.spec?.replicas ?? 0
    const share = toAdd === added ? 0 : proportion(deployment, set, allowed, toAdd - added)
    sizes.set(set, size + share)
    added += share
  }
  const [largest] = sorted
  if (largest !== undefined && toAdd !== 0) {
    const rest = toAdd - added
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + rest))
  }
  return sizes
}

/** What a set gains or loses of the `left` pods. */
function proportion(deployment: Deployment, set: ReplicaSet, allowed: number, left: number): number {
  const size = set.spec?.replicas ?? 0
  // without its own memory of the size before, the deployment's count has to do
  const before = rememberedMax(set) || (deployment.status?.replicas ?? 0)
  const share = allowed === 0 ? -size : before === 0 ? 0 : Math.round((size * allowed) / before) - size
  return left > 0 ? Math.min(share, left) : Math.max(share, left)
}

// The rolling update of a DaemonSet: old pods go while enough others are available, or new ones come first (surge). Pure.
// https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/
import type { Pod } from '../../openapi/types/core/v1.ts'
import { scaledValue } from '../../src/api/apps/queries.ts'
import { isPodAvailable } from '../../src/api/core/pod/queries.ts'
import { type Changes, isTerminating, isUpdated, type Layout, surgeCount } from './pods.ts'

/** Pods to replace now. */
export function rollingChanges(layout: Layout): Changes {
  const { set, placements } = layout
  const desired = [...placements.values()].filter(({ run }) => run).length
  const maxSurge = surgeCount(set, desired)
  const strategy = set.spec?.updateStrategy?.rollingUpdate
  const asked = scaledValue(strategy?.maxUnavailable, desired, 'up')
  const maxUnavailable = desired > 0 && asked === 0 && maxSurge === 0 ? 1 : asked
  return maxSurge === 0 ? withoutSurge(layout, maxUnavailable) : withSurge(layout, maxSurge, desired)
}

/** The one new and the one old pod of a node; undefined when there are more. */
function pairOn({ set, hash }: Layout, pods: readonly Pod[]): { fresh?: Pod; old?: Pod } | undefined {
  const living = pods.filter((pod) => !isTerminating(pod))
  const fresh = living.filter((pod) => isUpdated(pod, set, hash))
  const old = living.filter((pod) => !isUpdated(pod, set, hash))
  if (fresh.length > 1 || old.length > 1) return undefined
  return { ...(fresh[0] === undefined ? {} : { fresh: fresh[0] }), ...(old[0] === undefined ? {} : { old: old[0] }) }
}

/** Every node that has or needs a pod, with its pods. */
function nodesOf({ placements, byNode }: Layout): [string, readonly Pod[]][] {
  const needing = [...placements].filter(([node, { run }]) => run && !byNode.has(node)).map(([node]): [string, Pod[]] => [node, []])
  return [...byNode, ...needing].sort(([a], [b]) => (a < b ? -1 : 1))
}

function withoutSurge(layout: Layout, maxUnavailable: number): Changes {
  const replaced: Pod[] = []
  const candidates: Pod[] = []
  let unavailable = 0
  for (const [, pods] of nodesOf(layout)) {
    const pair = pairOn(layout, pods)
    if (pair === undefined || (pair.fresh === undefined) === (pair.old === undefined)) unavailable++
    else if (pair.fresh !== undefined) unavailable += available(layout, pair.fresh) ? 0 : 1
    else if (pair.old !== undefined && !available(layout, pair.old)) {
      // one that does not serve anyway may be replaced without asking
      replaced.push(pair.old)
      unavailable++
    } else if (pair.old !== undefined) candidates.push(pair.old)
  }
  return { create: [], remove: [...replaced, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))], events: [] }
}

function withSurge(layout: Layout, maxSurge: number, desired: number): Changes {
  const remove: Pod[] = []
  const misplaced: Pod[] = []
  const create: string[] = []
  const candidates: string[] = []
  let surge = 0
  let serving = 0
  for (const [node, pods] of nodesOf(layout)) {
    const pair = pairOn(layout, pods)
    if (pair === undefined) {
      surge++
      continue
    }
    const { fresh, old } = pair
    const shown = old ?? fresh
    if (shown !== undefined && available(layout, shown)) serving++
    if (old === undefined) continue
    if (fresh !== undefined) {
      if (available(layout, fresh)) remove.push(old)
      else surge++
      continue
    }
    const belongs = layout.placements.get(node)?.run === true
    if (available(layout, old)) belongs ? candidates.push(node) : misplaced.push(old)
    else if (belongs) create.push(node)
    else remove.push(old)
  }
  remove.push(...misplaced.slice(0, Math.max(0, serving - desired)))
  return { create: [...create, ...candidates.slice(0, Math.max(0, maxSurge - surge))], remove, events: [] }
}

function available({ set, now }: Layout, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}

// Which pods would have to go from one node, and which of several nodes costs the least. After upstream's framework/preemption.
import type { PodDisruptionBudget } from '../../../openapi/types/policy/v1.ts'
import { matchesLabels, selectorFromObject } from '../../apimachinery/selectors/label-selector.ts'
import type { Candidate, Rejection, Trial } from '../framework.ts'
import { unresolvable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'

const noVictims = unresolvable('No preemption victims found for incoming pod')
const startOf = ({ pod }: PodInfo): number =>
  pod.status?.startTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(pod.status.startTime)

/** Higher priority first, then the one that has run longer. */
export function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  const [first, second] = [startOf(a), startOf(b)]
  return first === second ? 0 : first - second
}

/**
 * The fewest pods of lower priority whose going makes room, or why even all of them would not do. All are taken away, then put back one by one,
 * those with a disruption budget at stake first, as long as the pod still fits.
 */
export function victimsOn(
  pod: PodInfo,
  node: NodeInfo,
  startTrial: (node: NodeInfo) => Trial,
  budgets: readonly PodDisruptionBudget[],
): Candidate | Rejection {
  const potential = [...node.pods.values()].filter(({ priority }) => priority < pod.priority)
  if (potential.length === 0) return noVictims
  const trial = startTrial(node)
  for (const victim of potential) trial.remove(victim)
  const rejection = trial.rejection()
  if (rejection !== undefined) return rejection
  potential.sort(byImportance)
  const { violating, other } = byBudget(potential, budgets)
  const victims: PodInfo[] = []
  let violations = 0
  const stays = (victim: PodInfo): boolean => {
    trial.add(victim)
    if (trial.rejection() === undefined) return true
    trial.remove(victim)
    victims.push(victim)
    return false
  }
  for (const victim of violating) if (!stays(victim)) violations++
  for (const victim of other) stays(victim)
  return { node: node.name, victims: victims.sort(byImportance), violations }
}

/** Pods that cannot all be evicted within their budgets, and the rest; order is kept. */
function byBudget(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]) {
  const left = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0)
  const violating: PodInfo[] = []
  const other: PodInfo[] = []
  for (const pod of pods) {
    let broken = false
    for (const [i, budget] of budgets.entries()) {
      if (!covers(budget, pod) || Object.hasOwn(budget.status?.disruptedPods ?? {}, pod.pod.metadata?.name ?? '')) continue
      left[i]!--
      if (left[i]! < 0) broken = true
    }
    if (broken) violating.push(pod)
    else other.push(pod)
  }
  return { violating, other }
}

function covers({ metadata, spec }: PodDisruptionBudget, pod: PodInfo): boolean {
  if (metadata?.namespace !== pod.namespace || Object.keys(pod.labels).length === 0) return false
  try {
    const selector = selectorFromObject(spec?.selector)
    return selector.requirements.length > 0 && matchesLabels(selector, pod.labels)
  } catch {
    return false
  }
}

const priorityOffset = 2 ** 31
const highest = ({ victims }: Candidate): number => victims[0]?.priority ?? 0
const prioritySum = ({ victims }: Candidate): number => victims.reduce((sum, { priority }) => sum + priority + priorityOffset, 0)
const earliestStart = (candidate: Candidate): number =>
  Math.min(...candidate.victims.filter(({ priority }) => priority === highest(candidate)).map(startOf))

/** What is compared, in order; less is better. */
const costs: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  highest,
  prioritySum,
  ({ victims }) => victims.length,
  (candidate) => -earliestStart(candidate),
]

/** The candidate that costs the least; the first of equals. */
export function cheapest(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates
  for (const cost of costs) {
    if (left.length <= 1) break
    const values = left.map(cost)
    const least = Math.min(...values)
    left = left.filter((_, i) => values[i] === least)
  }
  return left[0]
}

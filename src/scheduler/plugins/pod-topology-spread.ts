// PodTopologySpread: hard constraints keep the numbers of pods per zone, node … close to each other; soft ones give points for it.
import type { TopologySpreadConstraint } from '../../../openapi/types/core/v1.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { matchesLabels } from '../../apimachinery/selectors/label-selector.ts'
import { type Change, definePlugin, maxScore, type Plugin, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import {
  type Constraint,
  constraintsOf,
  hasTopologies,
  hostnameKey,
  isSelected,
  nodeCounts,
  ownConstraints,
  selectedPods,
  systemDefaults,
} from './spread-constraints.ts'

const tooSkewed = unschedulable("node(s) didn't match pod topology spread constraints")
const noLabel = unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")

interface HardState {
  constraints: readonly Constraint[]
  /** By constraint: pods by topology value. */
  counts: Map<string, number>[]
  /** By constraint: the least of the counts, as long as no pod was added or removed. */
  least: (number | undefined)[]
}

interface SoftState {
  constraints: readonly Constraint[]
  counts: Map<string, number>[]
  weights: number[]
  ignored: ReadonlySet<string>
}

export interface SpreadArgs {
  defaultConstraints?: readonly TopologySpreadConstraint[] | undefined
  /** 'System': the built-in defaults; 'List': the given ones. */
  defaultingType?: string | undefined
}

export function podTopologySpread({ defaultConstraints = [], defaultingType = 'System' }: SpreadArgs = {}): Plugin {
  const system = defaultingType === 'System'
  const defaults = system ? systemDefaults : defaultConstraints
  return definePlugin<HardState, SoftState>({
    name: 'PodTopologySpread',
    prepare(pod, snapshot) {
      const constraints = constraintsOf(pod, 'DoNotSchedule', defaults, snapshot)
      return constraints.length === 0 ? { skip: true } : { state: hardState(constraints, pod, snapshot) }
    },
    filter: hardRejection,
    copyState: ({ constraints, counts, least }) => ({ constraints, counts: counts.map((map) => new Map(map)), least: [...least] }),
    addPod: (state, pod, other, node) => changePod(state, pod, other, node, 1),
    removePod: (state, pod, other, node) => changePod(state, pod, other, node, -1),
    prepareScore(pod, nodes, snapshot) {
      const constraints = constraintsOf(pod, 'ScheduleAnyway', defaults, snapshot)
      const all = (pod.pod.spec?.topologySpreadConstraints ?? []).length > 0 || !system
      return constraints.length === 0 ? undefined : softState(constraints, all, pod, nodes, snapshot)
    },
    score: softScore,
    normalize: normalizeSpread,
    retryOn: {
      AssignedPodAdd: countsMove,
      AssignedPodDelete: countsMove,
      AssignedPodLabel: countsMove,
      PodLabel: true,
      PodToleration: true,
      NodeAdd: domainsMove,
      NodeDelete: domainsMove,
      NodeLabel: domainsMove,
      NodeTaint: domainsMove,
    },
  })
}

/** A pod that a constraint counts came, went or is counted now where it was not. Constraints of the profile are not at hand: then anything may help. */
function countsMove(pod: PodInfo, { previous, object }: Change): boolean {
  const constraints = ownConstraints(pod, 'DoNotSchedule')
  if (constraints === undefined) return true
  const counted = (other: KubeObject | undefined, { selector }: Constraint) =>
    other !== undefined && matchesLabels(selector, other.metadata?.labels ?? {})
  if ((object ?? previous)?.metadata?.namespace !== pod.namespace) return false
  return constraints.some((each) => counted(previous, each) !== counted(object, each))
}

/** A node with all topologies came, went, or changed one of them; taints count where a constraint heeds them. */
function domainsMove(pod: PodInfo, { previous, object }: Change): boolean {
  const constraints = ownConstraints(pod, 'DoNotSchedule')
  if (constraints === undefined) return true
  const values = (node: KubeObject | undefined) => constraints.map(({ topologyKey }) => node?.metadata?.labels?.[topologyKey])
  const [before, after] = [values(previous), values(object)]
  if (![before, after].some((each) => each.every((value) => value !== undefined))) return false
  return before.some((value, i) => value !== after[i]) || constraints.some(({ honorTaints }) => honorTaints)
}

function hardState(constraints: readonly Constraint[], pod: PodInfo, { nodes }: Snapshot): HardState {
  const counts = constraints.map(() => new Map<string, number>())
  for (const node of nodes) {
    if (!hasTopologies(node, constraints)) continue
    for (const [i, constraint] of constraints.entries()) {
      if (!nodeCounts(constraint, pod, node)) continue
      const value = node.labels[constraint.topologyKey]!
      counts[i]!.set(value, (counts[i]!.get(value) ?? 0) + selectedPods(constraint, pod, node))
    }
  }
  return { constraints, counts, least: constraints.map(() => undefined) }
}

/** With fewer domains than asked for, the least counts as 0: pods are to wait for new domains. */
function leastCount(state: HardState, i: number): number {
  const counts = state.counts[i]!
  if (counts.size < state.constraints[i]!.minDomains) return 0
  return (state.least[i] ??= Math.min(Number.MAX_SAFE_INTEGER, ...counts.values()))
}

function hardRejection(state: HardState, pod: PodInfo, node: NodeInfo) {
  for (const [i, { topologyKey, selector, maxSkew }] of state.constraints.entries()) {
    const value = node.labels[topologyKey]
    if (value === undefined) return noLabel
    const self = matchesLabels(selector, pod.labels) ? 1 : 0
    if ((state.counts[i]!.get(value) ?? 0) + self - leastCount(state, i) > maxSkew) return tooSkewed
  }
  return undefined
}

function changePod(state: HardState, pod: PodInfo, other: PodInfo, node: NodeInfo, change: 1 | -1): void {
  if (!hasTopologies(node, state.constraints)) return
  for (const [i, constraint] of state.constraints.entries()) {
    if (!isSelected(constraint.selector, pod.namespace, other) || !nodeCounts(constraint, pod, node)) continue
    const value = node.labels[constraint.topologyKey]!
    state.counts[i]!.set(value, (state.counts[i]!.get(value) ?? 0) + change)
    state.least[i] = undefined
  }
}

/** Pods per topology value over all nodes; per node they are counted when it is scored. */
function softState(
  constraints: readonly Constraint[],
  requireAll: boolean,
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
): SoftState {
  const ignored = new Set<string>()
  const counts = constraints.map(() => new Map<string, number>())
  for (const node of nodes) {
    if (requireAll && !hasTopologies(node, constraints)) {
      ignored.add(node.name)
      continue
    }
    for (const [i, { topologyKey }] of constraints.entries()) {
      if (topologyKey !== hostnameKey) counts[i]!.set(node.labels[topologyKey] ?? '', 0)
    }
  }
  const weights = constraints.map(({ topologyKey }, i) => {
    const size = topologyKey === hostnameKey ? nodes.length - ignored.size : counts[i]!.size
    return Math.log(size + 2)
  })
  const zonal = constraints.some(({ topologyKey }) => topologyKey !== hostnameKey)
  for (const node of zonal ? snapshot.nodes : []) {
    if (node.pods.size === 0 || (requireAll && !hasTopologies(node, constraints))) continue
    for (const [i, constraint] of constraints.entries()) {
      const value = node.labels[constraint.topologyKey]
      const before = value === undefined || constraint.topologyKey === hostnameKey ? undefined : counts[i]!.get(value)
      if (before === undefined || !nodeCounts(constraint, pod, node)) continue
      counts[i]!.set(value!, before + selectedPods(constraint, pod, node))
    }
  }
  return { constraints, counts, weights, ignored }
}

function softScore({ constraints, counts, weights, ignored }: SoftState, pod: PodInfo, node: NodeInfo): number {
  if (ignored.has(node.name)) return -1
  let score = 0
  for (const [i, constraint] of constraints.entries()) {
    const value = node.labels[constraint.topologyKey]
    if (value === undefined) continue
    const count = constraint.topologyKey === hostnameKey ? selectedPods(constraint, pod, node) : (counts[i]!.get(value) ?? 0)
    score += count * weights[i]! + (constraint.maxSkew - 1)
  }
  return Math.round(score)
}

/** The fewest pods get the most points; nodes left out (-1) get none. */
function normalizeSpread(scores: number[]): void {
  const counted = scores.filter((score) => score >= 0)
  let least = Number.MAX_SAFE_INTEGER
  let most = 0
  for (const score of counted) {
    least = Math.min(least, score)
    most = Math.max(most, score)
  }
  for (const [i, score] of scores.entries()) {
    if (score < 0) scores[i] = 0
    else scores[i] = most === 0 ? maxScore : Math.floor((maxScore * (most + least - score)) / most)
  }
}

// InterPodAffinity: pods that want to be near others, or away from them.
import type { Node } from '../../../openapi/types/core/v1.ts'
import { type Change, definePlugin, maxScore, type Plugin, unresolvable, unschedulable } from '../framework.ts'
import { type NodeInfo, remembered } from '../node-info.ts'
import { type AffinityTerm, type PodInfo, podInfo, termMatches } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'

const noAffinity = unresolvable("node(s) didn't match pod affinity rules")
const antiAffinity = unschedulable("node(s) didn't match pod anti-affinity rules")
const existingAntiAffinity = unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")

/** Numbers by topology key and value. */
type Topologies = Map<string, Map<string, number>>

interface State {
  /** Pods there whose anti-affinity speaks of the pod. */
  existingAnti: Topologies
  /** Pods there that all of its affinity terms want. */
  affinity: Topologies
  /** Pods there that its anti-affinity terms avoid. */
  anti: Topologies
}

export interface InterPodAffinityArgs {
  /** Points for each required affinity term of a pod already there that wants the new one. */
  hardPodAffinityWeight?: number | undefined
  ignorePreferredTermsOfExistingPods?: boolean | undefined
}

export function interPodAffinity(args: InterPodAffinityArgs = {}): Plugin {
  return definePlugin<State, Topologies>({
    name: 'InterPodAffinity',
    prepare(pod, snapshot) {
      const state = { existingAnti: existingAnti(pod, snapshot), affinity: new Map(), anti: new Map() }
      const none = pod.requiredAffinity.length === 0 && pod.requiredAntiAffinity.length === 0
      if (none && state.existingAnti.size === 0) return { skip: true }
      if (!none) countIncoming(state, pod, snapshot)
      return { state }
    },
    filter(state, pod, node, snapshot) {
      if (!affinityHolds(state, pod, node, snapshot)) return noAffinity
      if (pod.requiredAntiAffinity.some(({ topologyKey }) => countAt(state.anti, topologyKey, node) > 0)) return antiAffinity
      for (const key of state.existingAnti.keys()) if (countAt(state.existingAnti, key, node) > 0) return existingAntiAffinity
      return undefined
    },
    copyState: ({ existingAnti, affinity, anti }) => ({ existingAnti: copy(existingAnti), affinity: copy(affinity), anti: copy(anti) }),
    addPod: (state, pod, other, node, snapshot) => changePod(state, pod, other, node, snapshot, 1),
    removePod: (state, pod, other, node, snapshot) => changePod(state, pod, other, node, snapshot, -1),
    prepareScore(pod, _, snapshot) {
      const points = preferences(pod, snapshot, args)
      return points.size === 0 ? undefined : points
    },
    score(points, _, node) {
      let sum = 0
      for (const key of points.keys()) sum += countAt(points, key, node)
      return sum
    },
    normalize: stretch,
    retryOn: {
      AssignedPodAdd: (pod, { object }) => object !== undefined && isWanted(pod, podInfo(object)),
      AssignedPodDelete: (pod, { previous }) => previous !== undefined && isAvoided(pod, podInfo(previous)),
      AssignedPodLabel: labelsHelp,
      PodLabel: true,
      NodeAdd: (pod, { object }) => valuesOf(pod, object as Node).some((value) => value !== undefined),
      NodeLabel: (pod, { previous, object }) => {
        const before = valuesOf(pod, previous as Node)
        return valuesOf(pod, object as Node).some((value, i) => value !== undefined && value !== before[i])
      },
      NamespaceLabel: true,
    },
  })
}

/** For events: labels of namespaces are not at hand, so a term that asks for them counts as matching. */
function mayMatch(term: AffinityTerm, other: PodInfo): boolean {
  return term.signature === undefined || termMatches(term, other, () => undefined)
}

/** Whether the pod wants to be near the other one. */
function isWanted(pod: PodInfo, other: PodInfo): boolean {
  return pod.requiredAffinity.length > 0 && pod.requiredAffinity.every((term) => mayMatch(term, other))
}

/** Whether one of the two does not want to be near the other. */
function isAvoided(pod: PodInfo, other: PodInfo): boolean {
  const terms = [
    ...pod.requiredAntiAffinity.map((term) => [term, other] as const),
    ...other.requiredAntiAffinity.map((term) => [term, pod] as const),
  ]
  return terms.some(([term, about]) => mayMatch(term, about))
}

function labelsHelp(pod: PodInfo, { previous, object }: Change): boolean {
  if (previous === undefined || object === undefined) return true
  const [before, after] = [podInfo(previous), podInfo(object)]
  const namespaced = [...pod.requiredAffinity, ...pod.requiredAntiAffinity].some(({ signature }) => signature === undefined)
  return namespaced || (isWanted(pod, after) && !isWanted(pod, before)) || (isAvoided(pod, before) && !isAvoided(pod, after))
}

/** What a node says of the topologies that the pod's terms name; of all, if others' terms are what keeps it away. */
function valuesOf({ requiredAffinity, requiredAntiAffinity }: PodInfo, { metadata }: Node): (string | undefined)[] {
  const terms = [...requiredAffinity, ...requiredAntiAffinity]
  return terms.length === 0 ? [JSON.stringify(metadata?.labels)] : terms.map(({ topologyKey }) => metadata?.labels?.[topologyKey])
}

function add(topologies: Topologies, key: string, value: string | undefined, amount: number): void {
  if (value === undefined || amount === 0) return
  let values = topologies.get(key)
  if (values === undefined) topologies.set(key, (values = new Map()))
  const next = (values.get(value) ?? 0) + amount
  if (next !== 0) values.set(value, next)
  else {
    values.delete(value)
    if (values.size === 0) topologies.delete(key)
  }
}

function countAt(topologies: Topologies, key: string, node: NodeInfo): number {
  const value = node.labels[key]
  return value === undefined ? 0 : (topologies.get(key)?.get(value) ?? 0)
}

function copy(topologies: Topologies): Topologies {
  return new Map([...topologies].map(([key, values]) => [key, new Map(values)]))
}

const labelsOf = (snapshot: Snapshot) => (name: string) => snapshot.namespaceLabels(name)

/** Remembers unless the answer depends on labels of namespaces, which change without the node changing. */
function perNode<T>(node: NodeInfo, terms: () => readonly AffinityTerm[], key: string, compute: () => T): T {
  const known = node.memory.get(key)
  if (known !== undefined) return known as T
  return terms().some(({ signature }) => signature === undefined) ? compute() : remembered(node, key, compute)
}

/** For each topology key, how many anti-affinity terms of pods on the node avoid the pod. */
function avoidedOn(node: NodeInfo, pod: PodInfo, snapshot: Snapshot): ReadonlyMap<string, number> {
  const terms = () => [...node.podsWithRequiredAntiAffinity].flatMap((other) => other.requiredAntiAffinity)
  return perNode(node, terms, `avoided ${pod.signature}`, () => {
    const counts = new Map<string, number>()
    for (const term of terms()) {
      if (termMatches(term, pod, labelsOf(snapshot))) counts.set(term.topologyKey, (counts.get(term.topologyKey) ?? 0) + 1)
    }
    return counts
  })
}

function existingAnti(pod: PodInfo, snapshot: Snapshot): Topologies {
  const found: Topologies = new Map()
  for (const node of snapshot.nodesWithRequiredAntiAffinityPods) {
    for (const [key, count] of avoidedOn(node, pod, snapshot)) add(found, key, node.labels[key], count)
  }
  return found
}

/** How many pods on the node all of these terms match. */
function matchedOn(node: NodeInfo, terms: readonly AffinityTerm[], snapshot: Snapshot): number {
  if (node.pods.size === 0) return 0
  return perNode(
    node,
    () => terms,
    `matched ${terms.map(({ signature }) => signature).join()}`,
    () => {
      let count = 0
      for (const other of node.pods.values()) if (terms.every((term) => termMatches(term, other, labelsOf(snapshot)))) count++
      return count
    },
  )
}

function countIncoming(state: State, pod: PodInfo, snapshot: Snapshot): void {
  for (const node of snapshot.nodes) {
    if (pod.requiredAffinity.length > 0) {
      const count = matchedOn(node, pod.requiredAffinity, snapshot)
      for (const { topologyKey } of pod.requiredAffinity) add(state.affinity, topologyKey, node.labels[topologyKey], count)
    }
    for (const term of pod.requiredAntiAffinity) {
      add(state.anti, term.topologyKey, node.labels[term.topologyKey], matchedOn(node, [term], snapshot))
    }
  }
}

/** The first pod of a group that wants to be together may go anywhere the topology exists. */
function affinityHolds(state: State, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): boolean {
  const terms = pod.requiredAffinity
  if (terms.length === 0) return true
  if (!terms.every(({ topologyKey }) => Object.hasOwn(node.labels, topologyKey))) return false
  if (terms.every(({ topologyKey }) => countAt(state.affinity, topologyKey, node) > 0)) return true
  return state.affinity.size === 0 && terms.every((term) => termMatches(term, pod, labelsOf(snapshot)))
}

function changePod(state: State, pod: PodInfo, other: PodInfo, node: NodeInfo, snapshot: Snapshot, change: 1 | -1): void {
  const labels = labelsOf(snapshot)
  for (const term of other.requiredAntiAffinity) {
    if (termMatches(term, pod, labels)) add(state.existingAnti, term.topologyKey, node.labels[term.topologyKey], change)
  }
  if (pod.requiredAffinity.length > 0 && pod.requiredAffinity.every((term) => termMatches(term, other, labels))) {
    for (const { topologyKey } of pod.requiredAffinity) add(state.affinity, topologyKey, node.labels[topologyKey], change)
  }
  for (const term of pod.requiredAntiAffinity) {
    if (termMatches(term, other, labels)) add(state.anti, term.topologyKey, node.labels[term.topologyKey], change)
  }
}

/** Points by topology: what the pod prefers, and what pods already there prefer about it. */
function preferences(pod: PodInfo, snapshot: Snapshot, args: InterPodAffinityArgs): Topologies {
  const points: Topologies = new Map()
  const own = [...pod.preferredAffinity, ...pod.preferredAntiAffinity.map((term) => ({ ...term, weight: -term.weight }))]
  for (const node of own.length === 0 ? [] : snapshot.nodes) {
    for (const term of own) add(points, term.topologyKey, node.labels[term.topologyKey], term.weight * matchedOn(node, [term], snapshot))
  }
  if (args.ignorePreferredTermsOfExistingPods && own.length === 0) return points
  const hardWeight = args.hardPodAffinityWeight ?? 1
  for (const node of snapshot.nodesWithAffinityPods) {
    for (const [key, amount] of wishesOn(node, pod, snapshot, hardWeight)) add(points, key, node.labels[key], amount)
  }
  return points
}

/** For each topology key, the sum of the weights with which pods on the node want the pod near (or, negative, away). */
function wishesOn(node: NodeInfo, pod: PodInfo, snapshot: Snapshot, hardWeight: number): ReadonlyMap<string, number> {
  const all = () =>
    [...node.podsWithAffinity].flatMap((other) => [...other.requiredAffinity, ...other.preferredAffinity, ...other.preferredAntiAffinity])
  return perNode(node, all, `wishes ${pod.signature}`, () => {
    const sums = new Map<string, number>()
    const count = (terms: readonly AffinityTerm[], weightOf: (term: AffinityTerm) => number) => {
      for (const term of terms) {
        if (termMatches(term, pod, labelsOf(snapshot))) sums.set(term.topologyKey, (sums.get(term.topologyKey) ?? 0) + weightOf(term))
      }
    }
    for (const other of node.podsWithAffinity) {
      if (hardWeight > 0) count(other.requiredAffinity, () => hardWeight)
      count(other.preferredAffinity, ({ weight }) => weight)
      count(other.preferredAntiAffinity, ({ weight }) => -weight)
    }
    return sums
  })
}

/** The least becomes 0, the most 100. */
function stretch(scores: number[]): void {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const score of scores) {
    least = Math.min(least, score)
    most = Math.max(most, score)
  }
  for (const [i, score] of scores.entries()) scores[i] = most > least ? Math.trunc((maxScore * (score - least)) / (most - least)) : 0
}

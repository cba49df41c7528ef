// One scheduling cycle: filter nodes, score those that fit, take the best. Pure: the same snapshot and randomness give the same node.
import type { Random } from '../apimachinery/clock.ts'
import type { Diagnosis } from './fit-error.ts'
import { type FailedCycle, type Plugin, type Prepared, type Rejection, type Remedy, type Trial, unresolvable } from './framework.ts'
import { addPodToNode, copyNode, type NodeInfo, removePodFromNode } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Snapshot } from './snapshot.ts'

/** The plugins that serve one schedulerName, by what they are used for, in order. */
export interface Profile {
  schedulerName: string
  preEnqueue: readonly Plugin[]
  filter: readonly Plugin[]
  postFilter: readonly Plugin[]
  score: readonly { plugin: Plugin; weight: number }[]
  reserve: readonly Plugin[]
  /** Each of them by its name. */
  all: ReadonlyMap<string, Plugin>
  /** 0 = adapt to the size of the cluster. */
  percentageOfNodesToScore: number
  /** How long the volumes of a pod may take to be bound; default ten minutes. */
  bindTimeoutMs?: number
}

/** Prepared filters of one pod. */
export interface FilterRun {
  pod: PodInfo
  snapshot: Snapshot
  plugins: Plugin[]
  states: unknown[]
}

export type Outcome =
  | { node: NodeInfo; run: FilterRun; examined: number }
  | { diagnosis: Diagnosis; run: FilterRun | undefined; examined: number }

const minimumToFind = 100

/** How many fitting nodes are enough: all of a small cluster, a share of a large one. */
export function feasibleNodesToFind(percentage: number, nodes: number): number {
  if (nodes < minimumToFind) return nodes
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125))
  return Math.max(minimumToFind, Math.floor((nodes * share) / 100))
}

/** Nodes on which the pod fits, before one of them is chosen. */
export interface Search {
  nodes: NodeInfo[]
  /** Absent when no filter could run. */
  run: FilterRun | undefined
  diagnosis: Diagnosis & { rejections: Map<string, Rejection>; plugins: Set<string> }
  examined: number
  /** The only node found is the one that preemption promised. */
  nominated: boolean
}

/**
 * The nodes that pass all filters. `start`: where in the list of nodes to begin, so that all get their turn over time.
 * `all`: as many as scoring would want, even if nothing scores; `pastNominated`: does not stop at the promised node.
 */
export function search(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  start: number,
  { all = false, pastNominated = false } = {},
): Search {
  const total = snapshot.nodes.length
  const rejections = new Map<string, Rejection>()
  const nothing = { nodes: [], run: undefined, examined: 0, nominated: false }
  if (total === 0) return { ...nothing, diagnosis: { total, rejections, plugins: new Set() } }
  const prepared = prepare(pod, snapshot, profile)
  if ('diagnosis' in prepared) return { ...nothing, ...prepared }
  const { run, only, absent } = prepared
  const diagnosis = { total, rejections, absent, plugins: new Set(prepared.restricting) }
  const nominated = pastNominated ? undefined : nominatedNode(run, snapshot)
  if (nominated !== undefined) return { nodes: [nominated], run, diagnosis, examined: 0, nominated: true }
  const candidates = only === undefined ? snapshot.nodes : [...only].flatMap((name) => snapshot.node(name) ?? [])
  const wanted = profile.score.length === 0 && !all ? 1 : feasibleNodesToFind(profile.percentageOfNodesToScore, candidates.length)
  const nodes = feasibleNodes(run, candidates, start, wanted, diagnosis)
  return { nodes, run, diagnosis, examined: nodes.length + rejections.size, nominated: false }
}

/** Chooses a node; `start` as in {@link search}. */
export function schedule(pod: PodInfo, snapshot: Snapshot, profile: Profile, random: Random, start = 0): Outcome {
  const { nodes, run, diagnosis, examined } = search(pod, snapshot, profile, start)
  if (run === undefined || nodes.length === 0) return { diagnosis, run, examined }
  return { node: nodes.length === 1 ? nodes[0]! : bestNode(nodes, totalScores(pod, nodes, snapshot, profile), random), run, examined }
}

interface PreparedRun {
  run: FilterRun
  only: ReadonlySet<string> | undefined
  absent: Rejection | undefined
  restricting: readonly string[]
}

function prepare(pod: PodInfo, snapshot: Snapshot, profile: Profile): PreparedRun | Pick<Search, 'diagnosis' | 'run'> {
  const run: FilterRun = { pod, snapshot, plugins: [], states: [] }
  const restricting: string[] = []
  let only: ReadonlySet<string> | undefined
  const stop = (rejection: Rejection, plugins: readonly string[]) => ({
    diagnosis: {
      total: snapshot.nodes.length,
      rejections: new Map<string, Rejection>(),
      absent: rejection,
      prepareMessage: rejection.reasons.join(', '),
      plugins: new Set(plugins),
    },
    run: undefined,
  })
  for (const plugin of profile.filter) {
    const result: Prepared<unknown> = plugin.prepare?.(pod, snapshot) ?? {}
    if (result.rejection !== undefined) return stop(result.rejection, [plugin.name])
    if (result.nodes !== undefined) {
      restricting.push(plugin.name)
      only = only === undefined ? result.nodes : only.intersection(result.nodes)
      if (only.size === 0) {
        const names = goList(restricting)
        const joint = restricting.length === 1 ? '' : ' simultaneously'
        return stop(unresolvable(`node(s) didn't satisfy plugin(s) ${names}${joint}`), restricting)
      }
    }
    if (result.skip || plugin.filter === undefined) continue
    run.plugins.push(plugin)
    run.states.push(result.state)
  }
  const absent = only === undefined ? undefined : unresolvable(`node(s) didn't satisfy plugin(s) ${goList(restricting)}`)
  return { run, only, absent, restricting }
}

const goList = (names: readonly string[]): string => `[${[...names].sort().join(' ')}]`

/** The node on which preemption made room for the pod, if it fits by now. */
function nominatedNode(run: FilterRun, snapshot: Snapshot): NodeInfo | undefined {
  const name = run.pod.pod.status?.nominatedNodeName
  const node = name ? snapshot.node(name) : undefined
  return node !== undefined && rejectionWithNominated(run, node) === undefined ? node : undefined
}

function feasibleNodes(
  run: FilterRun,
  nodes: readonly NodeInfo[],
  start: number,
  wanted: number,
  { rejections, plugins }: Search['diagnosis'],
): NodeInfo[] {
  const found: NodeInfo[] = []
  for (let i = 0; i < nodes.length && found.length < wanted; i++) {
    const node = nodes[(start + i) % nodes.length]!
    const refused = rejectionWithNominated(run, node)
    if (refused === undefined) found.push(node)
    else {
      rejections.set(node.name, refused.rejection)
      plugins.add(refused.plugin)
    }
  }
  return found
}

interface Refusal {
  rejection: Rejection
  plugin: string
}

/** The first filter that refuses the node. */
export function firstRejection({ plugins, states, pod, snapshot }: FilterRun, node: NodeInfo): Refusal | undefined {
  for (let i = 0; i < plugins.length; i++) {
    const rejection = plugins[i]!.filter!(states[i], pod, node, snapshot)
    if (rejection !== undefined) return { rejection, plugin: plugins[i]!.name }
  }
  return undefined
}

/** The pod must fit with the pods nominated to the node (they may come first) and without them (they may never come). */
function rejectionWithNominated(run: FilterRun, node: NodeInfo): Refusal | undefined {
  const nominated = run.snapshot
    .nominated(node.name)
    .filter(({ uid, priority }) => uid !== run.pod.uid && priority >= run.pod.priority && !node.pods.has(uid))
  if (nominated.length > 0) {
    const trial = newTrial(run, node)
    for (const other of nominated) trial.add(other)
    const refused = firstRejection(trial.run, trial.node)
    if (refused !== undefined) return refused
  }
  return firstRejection(run, node)
}

/** A "what if" copy of a node and of the states of the filters. */
export function newTrial(run: FilterRun, original: NodeInfo): Trial & { run: FilterRun } {
  const node = copyNode(original)
  const { plugins, pod, snapshot } = run
  const copy: FilterRun = { ...run, states: run.states.map((state, i) => plugins[i]!.copyState?.(state) ?? state) }
  return {
    node,
    run: copy,
    add(other) {
      addPodToNode(node, other)
      for (const [i, plugin] of plugins.entries()) plugin.addPod?.(copy.states[i], pod, other, node, snapshot)
    },
    remove(other) {
      removePodFromNode(node, other.uid)
      for (const [i, plugin] of plugins.entries()) plugin.removePod?.(copy.states[i], pod, other, node, snapshot)
    },
    rejection: () => rejectionWithNominated(copy, node)?.rejection,
  }
}

/** What plugins of the last resort find, tried in order: the first that proposes victims wins, messages are joined. */
export function askPostFilters(
  profile: Profile,
  pod: PodInfo,
  snapshot: Snapshot,
  outcome: { diagnosis: Diagnosis; run: FilterRun | undefined },
  random: Random,
): Remedy & { message: string } {
  const { diagnosis } = outcome
  const run = outcome.run ?? { pod, snapshot, plugins: [], states: [] }
  const failed: FailedCycle = {
    snapshot,
    rejections: diagnosis.rejections,
    absent: diagnosis.absent,
    random,
    trial: (node) => newTrial(run, node),
  }
  const messages: string[] = []
  let nominatedNode: string | undefined
  for (const plugin of profile.postFilter) {
    const remedy = plugin.postFilter!(pod, failed)
    if (remedy.message === undefined) return { ...remedy, message: '' }
    messages.push(remedy.message)
    nominatedNode ??= remedy.nominatedNode
  }
  return { message: messages.join(', '), ...(nominatedNode === undefined ? {} : { nominatedNode }) }
}

/** What the score plugins give each node, weighed and added up. */
export function totalScores(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot, { score }: Profile): number[] {
  const totals = new Array<number>(nodes.length).fill(0)
  for (const { plugin, weight } of score) {
    const state = plugin.prepareScore?.(pod, nodes, snapshot)
    if (state === undefined && plugin.prepareScore !== undefined) continue
    const scores = nodes.map((node) => plugin.score!(state, pod, node, snapshot))
    plugin.normalize?.(scores, state, nodes)
    for (let i = 0; i < scores.length; i++) totals[i]! += weight * scores[i]!
  }
  return totals
}

/** The node with the highest total; one of several by lot. */
export function bestNode(nodes: readonly NodeInfo[], totals: readonly number[], random: Random): NodeInfo {
  let best = 0
  let equal = 1
  for (let i = 1; i < nodes.length; i++) {
    if (totals[i]! > totals[best]!) {
      best = i
      equal = 1
    } else if (totals[i] === totals[best] && random() * ++equal < 1) best = i
  }
  return nodes[best]!
}

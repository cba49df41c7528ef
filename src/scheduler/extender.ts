// Extenders: HTTP services that take part in scheduling decisions (filter, prioritize, preempt, bind), as the configuration file names them.
// https://github.com/kubernetes/design-proposals-archive/blob/main/scheduling/scheduler_extender.md
import type { Node, Pod } from '../../openapi/types/core/v1.ts'
import { type Candidate, type Rejection, unresolvable, unschedulable } from './framework.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Snapshot } from './snapshot.ts'

/** One entry of `extenders` in the configuration file; an absent verb is not asked for. */
export interface ExtenderConfiguration {
  urlPrefix: string
  filterVerb: string
  preemptVerb: string
  prioritizeVerb: string
  bindVerb: string
  weight: number
  /** It knows the nodes and the pods itself: names are sent instead of objects. */
  nodeCacheCapable: boolean
  /** Asked only for pods that request one of them; none: for all pods. */
  managedResources: readonly { name: string; ignoredByScheduler: boolean }[]
  /** Scheduling goes on without it when it fails. */
  ignorable: boolean
}

/** POSTs JSON to a URL and gives the parsed answer. @throws Error when there is none, or none with status 200 */
export type Send = (url: string, body: object) => Promise<unknown>

/** Answers are foreign: whatever is not of this shape counts as absent. */
interface FilterAnswer {
  Nodes?: { items?: readonly Node[] } | null
  NodeNames?: readonly string[] | null
  FailedNodes?: Record<string, string> | null
  FailedAndUnresolvableNodes?: Record<string, string> | null
  Error?: string
}
interface PreemptAnswer {
  NodeNameToMetaVictims?: Record<string, { Pods?: readonly { UID: string }[] | null; NumPDBViolations?: number } | null> | null
}

/** One extender with the way to reach it. */
export interface Extender extends ExtenderConfiguration {
  send: Send
}

/** Scores of extenders go from 0 to 10, those of plugins to 100. */
const scale = 10

/** Whether the extender has a say about the pod. */
export function concerns({ managedResources }: ExtenderConfiguration, { pod }: PodInfo): boolean {
  if (managedResources.length === 0) return true
  const managed = new Set(managedResources.map(({ name }) => name))
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].some(({ resources }) =>
    [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})].some((name) => managed.has(name)),
  )
}

const ask = (extender: Extender, verb: string, body: object): Promise<unknown> =>
  extender.send(`${extender.urlPrefix.replace(/\/+$/, '')}/${verb}`, body)

/** Nodes as the extender wants them. */
const nodesFor = ({ nodeCacheCapable }: Extender, pod: Pod, nodes: readonly NodeInfo[]) => ({
  Pod: pod,
  Nodes: nodeCacheCapable ? null : { metadata: {}, items: nodes.map(({ node }) => node) },
  NodeNames: nodeCacheCapable ? nodes.map(({ name }) => name) : null,
})

/**
 * Asks one extender after the other which of the nodes do; why others do not is added to `rejections`.
 * @throws Error when one that may not be ignored fails
 */
export async function passExtenders(
  extenders: readonly Extender[],
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  rejections: Map<string, Rejection>,
): Promise<readonly NodeInfo[]> {
  let left = nodes
  for (const extender of extenders) {
    if (left.length === 0) break
    if (extender.filterVerb === '' || !concerns(extender, pod)) continue
    try {
      const answer = (await ask(extender, extender.filterVerb, nodesFor(extender, pod.pod, left))) as FilterAnswer
      if (answer.Error) throw new Error(answer.Error)
      const passed = nodesOf(extender, answer, left)
      const failed = new Map(Object.entries(answer.FailedNodes ?? {}).map(([name, why]) => [name, unschedulable(why)]))
      for (const [name, why] of Object.entries(answer.FailedAndUnresolvableNodes ?? {})) failed.set(name, unresolvable(why))
      for (const [name, rejection] of failed) rejections.set(name, rejection)
      left = passed
    } catch (error) {
      if (!extender.ignorable) throw error
    }
  }
  return left
}

function nodesOf({ urlPrefix, nodeCacheCapable }: Extender, { NodeNames, Nodes }: FilterAnswer, given: readonly NodeInfo[]): NodeInfo[] {
  const byName = new Map(given.map((node) => [node.name, node]))
  if (nodeCacheCapable && Array.isArray(NodeNames)) {
    return NodeNames.map((name) => {
      const node = byName.get(name)
      if (node !== undefined) return node
      const words = `extender ${JSON.stringify(urlPrefix)} claims a filtered node ${JSON.stringify(name)}`
      throw new Error(`${words} which is not found in the input node list`)
    })
  }
  return (Nodes?.items ?? []).flatMap(({ metadata }) => byName.get(metadata?.name ?? '') ?? [])
}

/** What extenders add to the total of each node; one that fails adds nothing. */
export async function extenderScores(extenders: readonly Extender[], pod: PodInfo, nodes: readonly NodeInfo[]): Promise<number[]> {
  const totals = new Map<string, number>()
  const asked = extenders.filter((extender) => extender.prioritizeVerb !== '' && concerns(extender, pod))
  const answers = asked.map(async (extender) => {
    const answer = await ask(extender, extender.prioritizeVerb, nodesFor(extender, pod.pod, nodes)).catch(() => [])
    if (!Array.isArray(answer)) return
    for (const { Host, Score } of answer as readonly { Host?: unknown; Score?: unknown }[]) {
      if (typeof Host !== 'string' || typeof Score !== 'number') continue
      totals.set(Host, (totals.get(Host) ?? 0) + Score * extender.weight * scale)
    }
  })
  await Promise.all(answers)
  return nodes.map(({ name }) => totals.get(name) ?? 0)
}

/**
 * The candidates of a preemption that extenders leave, with the victims they choose.
 * @throws Error when one that may not be ignored fails, or names victims that are not there
 */
export async function passPreemption(
  extenders: readonly Extender[],
  pod: PodInfo,
  candidates: readonly Candidate[],
  snapshot: Snapshot,
): Promise<readonly Candidate[]> {
  let left = candidates
  for (const extender of extenders) {
    if (left.length === 0) break
    if (extender.preemptVerb === '' || !concerns(extender, pod)) continue
    try {
      const answer = (await ask(extender, extender.preemptVerb, victimsFor(extender, pod.pod, left))) as PreemptAnswer
      left = candidatesOf(extender, answer, snapshot)
    } catch (error) {
      if (!extender.ignorable) throw error
    }
  }
  return left
}

function victimsFor({ nodeCacheCapable }: Extender, pod: Pod, candidates: readonly Candidate[]): object {
  const byNode = (pods: (victim: PodInfo) => unknown) =>
    Object.fromEntries(candidates.map(({ node, victims, violations }) => [node, { Pods: victims.map(pods), NumPDBViolations: violations }]))
  return {
    Pod: pod,
    NodeNameToVictims: nodeCacheCapable ? null : byNode((victim) => victim.pod),
    NodeNameToMetaVictims: nodeCacheCapable ? byNode(({ uid }) => ({ UID: uid })) : null,
  }
}

function candidatesOf({ urlPrefix, ignorable }: Extender, { NodeNameToMetaVictims }: PreemptAnswer, snapshot: Snapshot): Candidate[] {
  const candidates: Candidate[] = []
  for (const [name, named] of Object.entries(NodeNameToMetaVictims ?? {})) {
    const node = snapshot.node(name)
    if (node === undefined) throw new Error(`nodeinfo not found for node name ${JSON.stringify(name)}`)
    const victims = (named?.Pods ?? []).map(({ UID }) => {
      const victim = node.pods.get(UID)
      if (victim !== undefined) return victim
      const words = `extender: ${urlPrefix} claims to preempt pod (UID: ${UID}) on node: ${name}`
      throw new Error(`${words}, but the pod is not found on that node`)
    })
    if (victims.length > 0) candidates.push({ node: name, victims, violations: named?.NumPDBViolations ?? 0 })
    else if (!ignorable) throw new Error(`expected at least one victim pod on node ${JSON.stringify(name)}`)
  }
  return candidates
}

/** How an extender binds the pod to the node instead of the scheduler; nothing when none does. It resolves to false when the scheduler must do it. */
export function extenderBinding(
  extenders: readonly Extender[],
  { pod, ...info }: PodInfo,
  node: string,
): (() => Promise<boolean>) | undefined {
  const binder = extenders.find((extender) => extender.bindVerb !== '' && concerns(extender, { pod, ...info }))
  if (binder === undefined) return undefined
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  return async () => {
    try {
      const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: node }
      const answer = (await ask(binder, binder.bindVerb, body)) as { Error?: string } | null
      if (answer?.Error) throw new Error(answer.Error)
      return true
    } catch (error) {
      if (!binder.ignorable) throw error
      return false
    }
  }
}

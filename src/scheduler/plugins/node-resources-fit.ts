// NodeResourcesFit: a pod's requests must fit into what the node has left; emptier (or fuller) nodes score higher.
import type { Node } from '../../../openapi/types/core/v1.ts'
import { definePlugin, type Plugin, type Rejection } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { type PodInfo, podInfo } from '../pod-info.ts'
import { amountOf, asksNothing, type Resources, resourcesOf } from '../resources.ts'
import { allocationScore, defaultResources, type ScoringStrategy, type ShapePoint } from './resource-allocation.ts'

export interface FitArgs {
  ignoredResources?: readonly string[]
  ignoredResourceGroups?: readonly string[]
  scoringStrategy?: ScoringStrategy & { requestedToCapacityRatio?: { shape: readonly ShapePoint[] } }
}

/** The plugin with its arguments; without any: LeastAllocated over cpu and memory. */
export function nodeResourcesFit(args: FitArgs = {}): Plugin {
  const given = args.scoringStrategy ?? { type: 'LeastAllocated', resources: defaultResources }
  const shape = given.shape ?? given.requestedToCapacityRatio?.shape
  const strategy: ScoringStrategy = { ...given, ...(shape === undefined ? {} : { shape }) }
  const isIgnored = (name: string) =>
    (args.ignoredResources ?? []).includes(name) || (args.ignoredResourceGroups ?? []).includes(name.split('/')[0]!)
  return definePlugin({
    name: 'NodeResourcesFit',
    filter: (_, pod, node) => fitRejection(pod.requests, node, isIgnored),
    score: (_, pod, node) => allocationScore(strategy, pod, node),
    retryOn: {
      NodeAdd: (pod, { object }) => fitsEmptyNode(pod, object as Node),
      NodeAllocatable: (pod, { previous, object }) =>
        fitsEmptyNode(pod, object as Node) && offersMore(pod, previous as Node, object as Node),
      AssignedPodDelete: true,
      AssignedPodScaleDown: (pod, { previous, object }) => freesSomething(pod, previous, object),
      PodScaleDown: true,
    },
  })
}

/** Everything that is short, in upstream's order. */
export function fitRejection(requests: Resources, node: NodeInfo, isIgnored: (name: string) => boolean): Rejection | undefined {
  const { allocatable, requested } = node
  let reasons: string[] | undefined
  let unresolvable = false
  if (node.pods.size + 1 > allocatable.pods) reasons = ['Too many pods']
  const need = (name: string, amount: number, offered: number, used: number) => {
    if (amount <= 0 || amount <= offered - used) return
    reasons = [...(reasons ?? []), `Insufficient ${name}`]
    if (amount > offered) unresolvable = true
  }
  if (!asksNothing(requests)) {
    need('cpu', requests.milliCpu, allocatable.milliCpu, requested.milliCpu)
    need('memory', requests.memory, allocatable.memory, requested.memory)
    need('ephemeral-storage', requests.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage)
    if (requests.scalars !== undefined) {
      for (const [name, amount] of requests.scalars) {
        if (!isIgnored(name)) need(name, amount, allocatable.scalars?.get(name) ?? 0, requested.scalars?.get(name) ?? 0)
      }
    }
  }
  return reasons === undefined ? undefined : { reasons, unresolvable }
}

/** Whether the pod would fit if nothing else ran there. */
function fitsEmptyNode({ requests }: PodInfo, node: Node): boolean {
  const offered = resourcesOf(node.status?.allocatable)
  const scalars = [...(requests.scalars?.keys() ?? [])]
  return offered.pods > 0 && ['cpu', 'memory', 'ephemeral-storage', ...scalars].every((n) => amountOf(requests, n) <= amountOf(offered, n))
}

/** Whether the node has more of something that the pod asks for, or room for more pods. */
function offersMore({ requests }: PodInfo, previous: Node, node: Node): boolean {
  const before = resourcesOf(previous.status?.allocatable)
  const after = resourcesOf(node.status?.allocatable)
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(requests.scalars?.keys() ?? [])]
  return after.pods > before.pods || names.some((name) => amountOf(requests, name) > 0 && amountOf(after, name) > amountOf(before, name))
}

function freesSomething(pod: PodInfo, previous: Parameters<typeof podInfo>[0] | undefined, object: typeof previous): boolean {
  if (previous === undefined || object === undefined) return true
  const before = podInfo(previous).requests
  const after = podInfo(object).requests
  const names = ['cpu', 'memory', 'ephemeral-storage', ...(pod.requests.scalars?.keys() ?? [])]
  return names.some((name) => amountOf(pod.requests, name) > 0 && amountOf(after, name) < amountOf(before, name))
}

// DefaultPreemption: when no node fits, pods of lower priority may have to go.
// https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
import { podCondition } from '../../api/core/pod/queries.ts'
import { fitErrorMessage } from '../fit-error.ts'
import { type Candidate, definePlugin, type FailedCycle, type Plugin, type Rejection, type Remedy, unresolvable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import { cheapest, victimsOn } from './preemption-victims.ts'

export interface PreemptionArgs {
  minCandidateNodesPercentage?: number | undefined
  minCandidateNodesAbsolute?: number | undefined
}

const notHelpful = unresolvable('Preemption is not helpful for scheduling')

export function defaultPreemption({ minCandidateNodesPercentage = 10, minCandidateNodesAbsolute = 100 }: PreemptionArgs = {}): Plugin {
  const enough = (nodes: number) =>
    Math.min(nodes, Math.max(minCandidateNodesAbsolute, Math.floor((nodes * minCandidateNodesPercentage) / 100)))
  return definePlugin({
    name: 'DefaultPreemption',
    postFilter(pod, failed): Remedy {
      const ineligible = whyIneligible(pod, failed)
      if (ineligible !== undefined) return { message: `preemption: ${ineligible}` }
      const { candidates, rejections } = findCandidates(pod, failed, enough)
      const best = cheapest(candidates)
      if (best !== undefined) return { nominatedNode: best.node, victims: best.victims, candidates }
      const diagnosis = { total: failed.snapshot.nodes.length, rejections, absent: notHelpful, plugins: new Set<string>() }
      return { nominatedNode: '', message: `preemption: ${fitErrorMessage(diagnosis)}` }
    },
    retryOn: {},
  })
}

function whyIneligible(pod: PodInfo, { snapshot, rejections }: FailedCycle): string | undefined {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = pod.pod.status?.nominatedNodeName
  if (!nominated || rejections.get(nominated)?.unresolvable) return undefined
  const leaving = [...(snapshot.node(nominated)?.pods.values() ?? [])].some(
    (other) => other.priority < pod.priority && isLeavingByPreemption(other),
  )
  return leaving ? 'not eligible due to a terminating pod on the nominated node.' : undefined
}

function isLeavingByPreemption({ pod }: PodInfo): boolean {
  if (pod.metadata?.deletionTimestamp === undefined) return false
  const condition = podCondition(pod, 'DisruptionTarget')
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler'
}

/** Nodes are tried from a random one on, until there are enough candidates; at least one of them without a broken budget. */
function findCandidates(pod: PodInfo, failed: FailedCycle, enough: (nodes: number) => number) {
  const nodes = hopefulNodes(failed)
  const budgets = nodes.length === 0 ? [] : failed.snapshot.world.budgets.list()
  const rejections = new Map<string, Rejection>()
  const candidates: Candidate[] = []
  const wanted = enough(nodes.length)
  const offset = Math.floor(failed.random() * nodes.length)
  let harmless = 0
  for (let i = 0; i < nodes.length && !(harmless > 0 && candidates.length >= wanted); i++) {
    const node = nodes[(offset + i) % nodes.length]!
    const result = victimsOn(pod, node, failed.trial, budgets)
    if ('reasons' in result) rejections.set(node.name, result)
    else if (result.victims.length > 0) {
      candidates.push(result)
      if (result.violations === 0) harmless++
    }
  }
  return { candidates, rejections }
}

/** Nodes where other pods are in the way. */
function hopefulNodes({ snapshot, rejections, absent }: FailedCycle): NodeInfo[] {
  return snapshot.nodes.filter(({ name }) => {
    const rejection = rejections.get(name) ?? absent
    return rejection !== undefined && !rejection.unresolvable
  })
}

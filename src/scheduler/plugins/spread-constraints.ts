// The spread constraints of a pod: its own, or the defaults over the pods of its service or workload.
import type { Service, TopologySpreadConstraint } from '../../../openapi/types/core/v1.ts'
import type { LabelSelectorObject } from '../../apimachinery/selectors/label-selector.ts'
import {
  labelSelectorText,
  matchesLabels,
  type Selector,
  selectorFromLabels,
  selectorOf,
} from '../../apimachinery/selectors/label-selector.ts'
import { type NodeInfo, remembered } from '../node-info.ts'
import { type PodInfo, readSelector } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { requiredNodeAffinityMatches } from './node-selection.ts'
import { hardEffects, untoleratedTaint } from './tolerations.ts'

export const hostnameKey = 'kubernetes.io/hostname'

/** A constraint, ready to be asked. */
export interface Constraint {
  maxSkew: number
  topologyKey: string
  selector: Selector
  minDomains: number
  /** Nodes the pod's node affinity rules out do not count. */
  honorAffinity: boolean
  /** Nodes whose taints the pod does not tolerate do not count. */
  honorTaints: boolean
  /** Identifies selector and namespace. */
  signature: string
}

/** Without pod or plugin saying otherwise, soft spreading over nodes and zones. */
export const systemDefaults: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostnameKey, whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
]

/** Constraints of one kind ('DoNotSchedule' or 'ScheduleAnyway') that hold for the pod. */
export function constraintsOf(
  pod: PodInfo,
  action: string,
  defaults: readonly TopologySpreadConstraint[],
  snapshot: Snapshot,
): readonly Constraint[] {
  const own = ownConstraints(pod, action)
  if (own !== undefined) return own
  const wanted = defaults.filter((c) => c.whenUnsatisfiable === action)
  if (wanted.length === 0) return []
  const selector = workloadSelector(pod, snapshot)
  return selector.requirements.length === 0 ? [] : wanted.map((c) => constraint(pod, c, selector))
}

/** Constraints of one kind that the pod itself states; undefined when it states none at all. */
export function ownConstraints(pod: PodInfo, action: string): readonly Constraint[] | undefined {
  const own = pod.pod.spec?.topologySpreadConstraints ?? []
  if (own.length === 0) return undefined
  return own.filter((c) => c.whenUnsatisfiable === action).map((c) => constraint(pod, c, ownSelector(pod, c)))
}

function constraint(pod: PodInfo, given: TopologySpreadConstraint, selector: Selector): Constraint {
  return {
    maxSkew: given.maxSkew,
    topologyKey: given.topologyKey,
    selector,
    minDomains: given.minDomains ?? 1,
    honorAffinity: (given.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorTaints: given.nodeTaintsPolicy === 'Honor',
    signature: `spread ${pod.namespace} ${selector.nothing ? 'nothing' : labelSelectorText(selector)}`,
  }
}

function ownSelector({ labels }: PodInfo, { labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint): Selector {
  const selector = readSelector(labelSelector)
  const present = matchLabelKeys.filter((key) => Object.hasOwn(labels, key))
  if (present.length === 0 || selector.nothing) return selector
  const extra = selectorFromLabels(Object.fromEntries(present.map((key) => [key, labels[key]!])))
  return selectorOf([...extra.requirements, ...selector.requirements])
}

/** Selects the pods of the services and of the controller that the pod belongs to. */
function workloadSelector(pod: PodInfo, { world }: Snapshot): Selector {
  const requirements = world.services.list(pod.namespace).flatMap(({ spec }: Service) => {
    if (spec?.selector === undefined) return []
    const selector = selectorFromLabels(spec.selector)
    return matchesLabels(selector, pod.labels) ? selector.requirements : []
  })
  const owner = pod.pod.metadata?.ownerReferences?.find(({ controller }) => controller)
  if (owner === undefined) return unique(requirements)
  const { replicationControllers, replicaSets, statefulSets } = world.owners
  const kind = `${owner.apiVersion}/${owner.kind}`
  if (kind === 'v1/ReplicationController') {
    const spec = specOf<{ selector?: Record<string, string> }>(replicationControllers.get(owner.name, pod.namespace))
    return unique([...requirements, ...selectorFromLabels(spec?.selector ?? {}).requirements])
  }
  const sets = kind === 'apps/v1/ReplicaSet' ? replicaSets : kind === 'apps/v1/StatefulSet' ? statefulSets : undefined
  const spec = specOf<{ selector?: LabelSelectorObject }>(sets?.get(owner.name, pod.namespace))
  return unique([...requirements, ...readSelector(spec?.selector).requirements])
}

function specOf<T>(object: unknown): T | undefined {
  return (object as { spec?: T } | undefined)?.spec
}

function unique(requirements: Selector['requirements']): Selector {
  return selectorOf([...new Map(requirements.map((requirement) => [JSON.stringify(requirement), requirement])).values()])
}

/** Whether the node has every topology key. */
export function hasTopologies(node: NodeInfo, constraints: readonly Constraint[]): boolean {
  return constraints.every(({ topologyKey }) => Object.hasOwn(node.labels, topologyKey))
}

/** Whether pods on this node count for the constraint. */
export function nodeCounts({ honorAffinity, honorTaints }: Constraint, { pod }: PodInfo, node: NodeInfo): boolean {
  if (honorAffinity && !requiredNodeAffinityMatches(pod, node)) return false
  return !honorTaints || untoleratedTaint(node.taints, pod.spec?.tolerations ?? [], hardEffects) === undefined
}

/** How many pods on the node the constraint selects; those being deleted do not count. */
export function selectedPods({ selector, signature }: Constraint, { namespace }: PodInfo, node: NodeInfo): number {
  if (node.pods.size === 0) return 0
  return remembered(node, signature, () => {
    let count = 0
    for (const pod of node.pods.values()) if (isSelected(selector, namespace, pod)) count++
    return count
  })
}

/** Whether a constraint of a pod in `namespace` selects this one. */
export function isSelected(selector: Selector, namespace: string, pod: PodInfo): boolean {
  return pod.namespace === namespace && pod.pod.metadata?.deletionTimestamp === undefined && matchesLabels(selector, pod.labels)
}

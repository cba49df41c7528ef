// The shape of a scheduler plugin, and what plugins see and say. Plugins are data and pure functions; cycle.ts runs them.
import type { Random } from '../apimachinery/clock.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'
import type { Snapshot } from './snapshot.ts'

/** Why a pod cannot run on a node, in the words users see in events. */
export interface Rejection {
  readonly reasons: readonly string[]
  /** Evicting other pods would not help. */
  readonly unresolvable: boolean
}

/** Not now: preemption may make room. */
export function unschedulable(...reasons: string[]): Rejection {
  return { reasons, unresolvable: false }
}

/** Not whatever else runs there. */
export function unresolvable(...reasons: string[]): Rejection {
  return { reasons, unresolvable: true }
}

/** What `prepare` finds out once per pod. */
export interface Prepared<S> {
  state?: S
  /** The filter has nothing to say about this pod. */
  skip?: boolean
  /** Only these nodes come into question. */
  nodes?: ReadonlySet<string>
  /** No node comes into question; the cycle ends. */
  rejection?: Rejection
}

/** What changed in the cluster, named after upstream's ActionTypes. */
export type ClusterEvent =
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeAllocatable'
  | 'NodeLabel'
  | 'NodeTaint'
  | 'NodeUpdate'
  | 'AssignedPodAdd'
  | 'AssignedPodDelete'
  | 'AssignedPodLabel'
  | 'AssignedPodScaleDown'
  | 'PodLabel'
  | 'PodScaleDown'
  | 'PodToleration'
  | 'PodGatesEliminated'
  | 'PodUpdate'
  | 'PersistentVolumeAdd'
  | 'PersistentVolumeUpdate'
  | 'PersistentVolumeDelete'
  | 'PersistentVolumeClaimAdd'
  | 'PersistentVolumeClaimUpdate'
  | 'PersistentVolumeClaimDelete'
  | 'StorageClassAdd'
  | 'StorageClassUpdate'
  | 'CSINodeAdd'
  | 'CSINodeUpdate'
  | 'CSIDriverUpdate'
  | 'CSIStorageCapacityAdd'
  | 'CSIStorageCapacityUpdate'
  | 'VolumeAttachmentDelete'
  | 'NamespaceLabel'

/** The objects before and after; one of them is absent for an addition or a deletion. */
export interface Change {
  previous?: KubeObject | undefined
  object?: KubeObject | undefined
}

/** Whether this change may make the rejection of `pod` moot. */
export type Hint = (pod: PodInfo, change: Change) => boolean

/** Events that may make a rejection moot; `true`: always try again. */
export type RetryOn = Partial<Record<ClusterEvent, true | Hint>>

/** What is set aside for a pod: volumes, to be written before the pod is bound. */
export interface Reservation {
  steps: readonly BindStep[]
}

/** Give a volume to a claim, or (without volume) order one where the pod goes. */
export interface BindStep {
  kind: 'bind-volume' | 'provision-claim'
  volume?: KubeObject
  claim: KubeObject
}

/** A node with the pods that would be evicted from it, the most important first. */
export interface Candidate {
  node: string
  victims: readonly PodInfo[]
  /** Victims whose disruption budget would be broken. */
  violations: number
}

/** What a plugin of the last resort proposes when no node fits. */
export interface Remedy {
  nominatedNode?: string
  victims?: readonly PodInfo[]
  /** All nodes that would do, of which `nominatedNode` is the cheapest; extenders may strike some out. */
  candidates?: readonly Candidate[]
  /** Part of the pod's message when nothing can be done. */
  message?: string
}

/** Everything a plugin may be asked after a failed cycle. */
export interface FailedCycle {
  snapshot: Snapshot
  rejections: ReadonlyMap<string, Rejection>
  /** For nodes that were not looked at one by one. */
  absent: Rejection | undefined
  /** Runs all filters for the pod on a changed copy of a node. */
  trial(node: NodeInfo): Trial
  random: Random
}

/** A copy of a node on which pods are taken away and put back. */
export interface Trial {
  readonly node: NodeInfo
  remove(pod: PodInfo): void
  add(pod: PodInfo): void
  /** Why the pod does not fit on the copy as it is now. */
  rejection(): Rejection | undefined
}

/**
 * A plugin. `S` is what prepare hands to filter, `P` what prepareScore hands to score. Methods take frozen objects and change nothing
 * but the state they made themselves.
 */
export interface Plugin<S = unknown, P = unknown> {
  readonly name: string
  /** Why the pod may not even enter the queue. */
  preEnqueue?(pod: PodInfo): string | undefined
  prepare?(pod: PodInfo, snapshot: Snapshot): Prepared<S>
  filter?(state: S, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): Rejection | undefined
  /** For plugins whose state counts pods: a copy, and the copy after a pod came to or left a node. */
  copyState?(state: S): S
  addPod?(state: S, pod: PodInfo, other: PodInfo, node: NodeInfo, snapshot: Snapshot): void
  removePod?(state: S, pod: PodInfo, other: PodInfo, node: NodeInfo, snapshot: Snapshot): void
  postFilter?(pod: PodInfo, failed: FailedCycle): Remedy
  /** Absent result: this plugin has no opinion about the pod. */
  prepareScore?(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot): P | undefined
  score?(state: P, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): number
  /** Brings scores to 0 … 100, in place. */
  normalize?(scores: number[], state: P, nodes: readonly NodeInfo[]): void
  /** Sets things aside for the pod on the chosen node. */
  reserve?(state: S, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): Reservation | Rejection | undefined
  readonly retryOn: RetryOn
}

/** A plugin with its types hidden, as lists hold it. */
export function definePlugin<S = undefined, P = undefined>(plugin: Plugin<S, P>): Plugin {
  return plugin as unknown as Plugin
}

export const maxScore = 100

/** The usual normalisation: the largest becomes 100; `reverse` turns it around. */
export function normalizeScores(scores: number[], reverse: boolean): void {
  let max = 0
  for (const score of scores) if (score > max) max = score
  for (let i = 0; i < scores.length; i++) {
    const score = max === 0 ? 0 : Math.floor((maxScore * scores[i]!) / max)
    scores[i] = reverse ? maxScore - score : score
  }
}

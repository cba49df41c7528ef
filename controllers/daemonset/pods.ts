// A DaemonSet's pods node by node: which are missing, which are too many, and the pod for a node. Pure.
import type { DaemonSet as DaemonSetObject } from '../../openapi/types/apps/v1.ts'
import type { Node, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { DaemonSet } from '../../src/api/apps/daemonset.ts'
import { templateGenerationAnnotation } from '../../src/api/apps/daemonset-rules.ts'
import { scaledValue } from '../../src/api/apps/queries.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '../../src/api/core/pod/queries.ts'
import type { PlannedEvent } from '../../src/controller/plan.ts'
import { revisionHashLabel } from '../shared/controller-revision.ts'
import { normal, podFromTemplate, warning } from '../shared/replica-pods.ts'
import { affinityTo, daemonTolerations, type Placement, placementOn, targetNode } from './placement.ts'

const generationLabel = 'pod-template-generation'

/** The set's pods by node, and where they belong. */
export interface Layout {
  set: DaemonSetObject
  /** The hash of the present template. */
  hash: string
  now: number
  placements: ReadonlyMap<string, Placement>
  /** Pods by the node they are on or meant for, without those that ended and are being deleted. */
  byNode: ReadonlyMap<string, readonly PodObject[]>
}

/** Sorts pods and nodes. */
export function layoutOf(set: DaemonSetObject, pods: readonly PodObject[], nodes: readonly Node[], hash: string, now: number): Layout {
  const names = nodes.map((node): [string, Placement] => [node.metadata?.name ?? '', placementOn(node, set)])
  const placements = new Map(names.sort(([a], [b]) => (a < b ? -1 : 1)))
  const byNode = new Map<string, PodObject[]>()
  for (const pod of [...pods].sort(scheduledFirst)) {
    const node = targetNode(pod)
    if (node === undefined || (isPodTerminal(pod) && isTerminating(pod))) continue
    const list = byNode.get(node)
    if (list === undefined) byNode.set(node, [pod])
    else list.push(pod)
  }
  return { set, hash, now, placements, byNode }
}

/** Scheduled ones first, then the oldest, then by name. */
function scheduledFirst(a: PodObject, b: PodObject): number {
  const scheduled = (b.spec?.nodeName ? 1 : 0) - (a.spec?.nodeName ? 1 : 0)
  if (scheduled !== 0) return scheduled
  const [x, y] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (x !== y) return x < y ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}

/** What is to be done: nodes that need a pod, pods that have to go. */
export interface Changes {
  create: string[]
  remove: PodObject[]
  events: PlannedEvent[]
  /** A failed pod is left for this long before it is replaced. */
  waitMs?: number
}

/** `backoff` says how long a failed pod of this node is to be left alone; asking without wait counts as a try. */
export function placementChanges(layout: Layout, backoff: (node: string) => number): Changes {
  const changes: Changes = { create: [], remove: [], events: [] }
  for (const [node, { run, stay }] of layout.placements) {
    const pods = layout.byNode.get(node)
    if (run && pods === undefined) changes.create.push(node)
    else if (stay) onNode(layout, node, run, pods ?? [], changes, backoff)
    else changes.remove.push(...(pods ?? []).filter((pod) => !isTerminating(pod)))
  }
  for (const [node, pods] of layout.byNode) {
    // pods for nodes that are gone would never be scheduled; those that were are the pod garbage collector's
    if (!layout.placements.has(node))
      changes.remove.push(...pods.filter(({ spec, metadata }) => !spec?.nodeName && !metadata?.deletionTimestamp))
  }
  return changes
}

function onNode(
  layout: Layout,
  node: string,
  run: boolean,
  pods: readonly PodObject[],
  changes: Changes,
  backoff: (node: string) => number,
): void {
  const running: PodObject[] = []
  for (const pod of pods) {
    if (isTerminating(pod)) continue
    const name = `${pod.metadata?.namespace}/${pod.metadata?.name}`
    if (pod.status?.phase === 'Failed') {
      const wait = backoff(node)
      if (wait > 0) {
        changes.waitMs = Math.min(changes.waitMs ?? wait, wait)
        continue
      }
      changes.events.push(warning('FailedDaemonPod', `Found failed daemon pod ${name} on node ${node}, will try to kill it`))
      changes.remove.push(pod)
    } else if (pod.status?.phase === 'Succeeded') {
      changes.events.push(normal('SucceededDaemonPod', `Found succeeded daemon pod ${name} on node ${node}, will try to delete it`))
      changes.remove.push(pod)
    } else running.push(pod)
  }
  if (surgeCount(layout.set, 1) === 0) changes.remove.push(...running.slice(1))
  else if (running.length === 0 && run) changes.create.push(node)
  else if (running.length > 1) changes.remove.push(...excessOfSurge(layout, running))
}

/** With surge two pods may stand on a node: an old one that is ready and a new one that is not yet available. */
function excessOfSurge({ set, hash, now }: Layout, running: readonly PodObject[]): PodObject[] {
  const isNew = (pod: PodObject) => pod.metadata?.labels?.[revisionHashLabel] === hash
  const newest = running.find(isNew)
  const old = running.find((pod) => !isNew(pod))
  const excess = running.filter((pod) => pod !== newest && pod !== old)
  if (newest === undefined || old === undefined) return excess
  const replaced = !isPodReady(old) || isPodAvailable(newest, set.spec?.minReadySeconds ?? 0, now)
  return replaced ? [...excess, old] : excess
}

/** How many pods beyond one a node may have during an update, over all nodes. */
export function surgeCount({ spec }: DaemonSetObject, nodes: number): number {
  return spec?.updateStrategy?.type === 'RollingUpdate' ? scaledValue(spec.updateStrategy.rollingUpdate?.maxSurge, nodes, 'up') : 0
}

/** Whether the pod is of the present template: by hash, or by generation as sets older than revisions count. */
export function isUpdated(pod: PodObject, set: DaemonSetObject, hash: string): boolean {
  const generation = templateGeneration(set)
  const labels = pod.metadata?.labels
  return (hash !== '' && labels?.[revisionHashLabel] === hash) || (generation !== undefined && labels?.[generationLabel] === generation)
}

/** The pod for a node. */
export function podFor({ set, hash }: Layout, node: string): PodObject {
  const pod = podFromTemplate(set, DaemonSet, set.spec?.template)
  const generation = templateGeneration(set)
  const labels = {
    ...pod.metadata?.labels,
    ...(generation === undefined ? {} : { [generationLabel]: generation }),
    [revisionHashLabel]: hash,
  }
  const spec = pod.spec ?? { containers: [] }
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...spec, affinity: affinityTo(node, spec.affinity), tolerations: daemonTolerations(spec) },
  }
}

function templateGeneration({ metadata }: DaemonSetObject): string | undefined {
  const text = metadata?.annotations?.[templateGenerationAnnotation]
  return text !== undefined && /^-?\d{1,18}$/.test(text) ? String(Number(text)) : undefined
}

export function isTerminating({ metadata }: PodObject): boolean {
  return metadata?.deletionTimestamp !== undefined
}

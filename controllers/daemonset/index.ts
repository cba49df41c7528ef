// Keeps one pod of a DaemonSet on every node it belongs on.
// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
import type { DaemonSet as DaemonSetObject, DaemonSetStatus, ControllerRevision as Revision } from '../../openapi/types/apps/v1.ts'
import type { Node as NodeObject, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { ControllerRevision } from '../../src/api/apps/controllerrevision.ts'
import { DaemonSet } from '../../src/api/apps/daemonset.ts'
import { isEmptySelector, labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { isPodAvailable, isPodReady } from '../../src/api/core/pod/queries.ts'
import { type KubeObject, objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { claim, controllerOf } from '../../src/controller/owners.ts'
import { create, event, nothing, type Plan, plan, recordedStep, remove, requeueAfter, status } from '../../src/controller/plan.ts'
import { orphanRevisions } from '../shared/controller-revision.ts'
import { burstReplicas, nextAvailability, normal, warning } from '../shared/replica-pods.ts'
import { failedPodBackoff } from './failed-pod-backoff.ts'
import { historyOf } from './history.ts'
import { placementOn } from './placement.ts'
import { type Changes, isUpdated, type Layout, layoutOf, placementChanges, podFor } from './pods.ts'
import { rollingChanges } from './rolling.ts'

export const daemonset = defineController({
  name: 'daemonset',
  for: DaemonSet,
  owns: [Pod],
  reads: { pods: Pod, nodes: Node, revisions: ControllerRevision, sets: DaemonSet },
  indexes: {
    orphans: { kind: Pod, values: (pod: PodObject) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ''] : []) },
    orphanRevisions,
  },
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { sets }) =>
        controllerOf(pod) !== undefined || pod.metadata?.deletionTimestamp !== undefined
          ? []
          : sets
              .list(pod.metadata?.namespace)
              .filter((set) => labelSelectorMatches(set.spec?.selector, pod.metadata?.labels))
              .map(objectKey),
    },
    { kind: Node, map: (node: NodeObject, { sets }, previous: NodeObject | undefined) => setsOfNode(node, previous, sets) },
  ],
  reconcile(set, { pods, nodes, revisions }, { now, memory, key }) {
    if (isEmptySelector(set.spec?.selector ?? {})) {
      return plan(event('Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.'))
    }
    if (set.metadata?.deletionTimestamp !== undefined) return nothing
    const matches = ({ metadata }: KubeObject) => labelSelectorMatches(set.spec?.selector, metadata?.labels)
    const namespace = set.metadata?.namespace ?? ''
    const own = claim(set, DaemonSet, Pod, [...pods.ownedBy(set), ...pods.by('orphans', namespace)], matches)
    const kept = claim(set, DaemonSet, ControllerRevision, candidateRevisions(set, revisions), matches)
    const history = historyOf(set, kept.claimed, own.claimed, (name) => revisions.get(name, namespace))
    if (history.collision) {
      return plan(status(DaemonSet, set, { ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 }))
    }
    const layout = layoutOf(set, own.claimed, nodes.list(), history.hash, now)
    const generation = set.status?.observedGeneration ?? 0
    const placed = placementChanges(layout, failedPodBackoff(memory, key, generation, now))
    const settled = placed.create.length + placed.remove.length === 0
    const rolled = settled && set.spec?.updateStrategy?.type === 'RollingUpdate' ? rollingChanges(layout) : undefined
    return plan(
      own.writes,
      kept.writes,
      ...history.writes,
      // counts first: a refused pod must not keep the status from being written
      status(DaemonSet, set, daemonSetStatus(layout)),
      carryOut(layout, rolled ?? placed),
      ...placed.events.map((planned) => ({ event: planned })),
      requeueAfter(placed.waitMs),
      requeueAfter(nextAvailability(own.claimed, set.spec?.minReadySeconds ?? 0, now)),
    )
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

/** Sets for which a change of the node makes a difference. */
function setsOfNode(node: NodeObject, previous: NodeObject | undefined, sets: Lister<DaemonSetObject>): string[] {
  const facts = ({ metadata, spec }: NodeObject) => JSON.stringify([metadata?.labels, spec?.taints])
  if (previous !== undefined && facts(node) === facts(previous)) return []
  return sets
    .list()
    .filter((set) => {
      const after = placementOn(node, set)
      if (previous === undefined) return after.run || after.stay
      const before = placementOn(previous, set)
      return before.run !== after.run || before.stay !== after.stay
    })
    .map(objectKey)
}

function candidateRevisions(set: DaemonSetObject, revisions: Lister<Revision>): Revision[] {
  return [...revisions.ownedBy(set), ...revisions.by('orphanRevisions', set.metadata?.namespace ?? '')]
}

/** New pods first, then deletions, each with upstream's events. */
function carryOut(layout: Layout, changes: Changes): Plan {
  return plan(
    recordedStep(
      changes.create.slice(0, burstReplicas).map((node) => ({
        write: create(Pod, podFor(layout, node)),
        outcome: {
          success: (answer: KubeObject | undefined) => normal('SuccessfulCreate', `Created pod: ${answer?.metadata?.name}`),
          failure: (error: Error) => warning('FailedCreate', `Error creating: ${error.message}`),
        },
      })),
    ),
    recordedStep(
      changes.remove.slice(0, burstReplicas).map((pod) => ({
        write: remove(Pod, pod),
        outcome: {
          success: () => normal('SuccessfulDelete', `Deleted pod: ${pod.metadata?.name}`),
          failure: (error: Error) => warning('FailedDelete', `Error deleting: ${error.message}`),
        },
      })),
    ),
  )
}

/** Counts nodes; the oldest scheduled pod of each speaks for it. */
export function daemonSetStatus({ set, hash, now, placements, byNode }: Layout): DaemonSetStatus {
  const nodes = [...placements].map(([node, { run }]) => ({ run, pod: byNode.get(node)?.[0] }))
  const desired = nodes.filter(({ run }) => run)
  const pods = desired.map(({ pod }) => pod).filter((pod) => pod !== undefined)
  const ready = pods.filter(isPodReady)
  const available = ready.filter((pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)).length
  const updated = pods.filter((pod) => isUpdated(pod, set, hash)).length
  const { observedGeneration: _, updatedNumberScheduled: _u, numberAvailable: _a, numberUnavailable: _n, ...rest } = set.status ?? {}
  return {
    ...rest,
    currentNumberScheduled: pods.length,
    numberMisscheduled: nodes.filter(({ run, pod }) => !run && pod !== undefined).length,
    desiredNumberScheduled: desired.length,
    numberReady: ready.length,
    ...nonZero('observedGeneration', set.metadata?.generation ?? 0),
    ...nonZero('updatedNumberScheduled', updated),
    ...nonZero('numberAvailable', available),
    ...nonZero('numberUnavailable', desired.length - available),
  }
}

function nonZero<K extends string>(key: K, count: number): { [P in K]?: number } {
  return (count === 0 ? {} : { [key]: count }) as { [P in K]?: number }
}

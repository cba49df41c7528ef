// Keeps as many pods of a ReplicaSet as it asks for.
// https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
import type { ReplicaSet as ReplicaSetObject, ReplicaSetStatus } from '../openapi/types/apps/v1.ts'
import type { Pod as PodObject } from '../openapi/types/core/v1.ts'
import { labelSelectorMatches } from '../src/api/apps/label-selector.ts'
import { ReplicaSet } from '../src/api/apps/replicaset.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodTerminal, podIsActive } from '../src/api/core/pod/queries.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { claim, controllerOf } from '../src/controller/owners.ts'
import { type Plan, plan, requeueAfter, status } from '../src/controller/plan.ts'
import { createPods, deletePods, nextAvailability, replicaCounts, withFailure } from './shared/replica-pods.ts'

export const replicaset = defineController({
  name: 'replicaset',
  for: ReplicaSet,
  owns: [Pod],
  reads: { pods: Pod, replicaSets: ReplicaSet },
  indexes: { orphans: { kind: Pod, values: (pod: PodObject) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ''] : []) } },
  watches: [
    {
      // an orphan wakes every set that may adopt it
      kind: Pod,
      map: (pod: PodObject, { replicaSets }) =>
        controllerOf(pod) !== undefined || pod.metadata?.deletionTimestamp !== undefined
          ? []
          : replicaSets
              .list(pod.metadata?.namespace)
              .filter((set) => labelSelectorMatches(set.spec?.selector, pod.metadata?.labels))
              .map(objectKey),
    },
  ],
  reconcile(set, { pods, replicaSets }, { now }) {
    const matches = (pod: PodObject) => labelSelectorMatches(set.spec?.selector, pod.metadata?.labels)
    const candidates = [...pods.ownedBy(set), ...pods.by('orphans', set.metadata?.namespace ?? '')].filter(podIsActive)
    const { claimed, writes } = claim(set, ReplicaSet, Pod, candidates, matches)
    const missing = (set.spec?.replicas ?? 0) - claimed.length
    const deleting = set.metadata?.deletionTimestamp !== undefined
    const scale: Plan | undefined =
      deleting || missing === 0
        ? undefined
        : missing > 0
          ? createPods(set, ReplicaSet, set.spec?.template, missing)
          : deletePods(claimed, relatedPods(set, pods, replicaSets), -missing, now)
    const counts = replicaSetStatus(set, claimed, pods.ownedBy(set), now)
    return plan(
      writes,
      scale,
      status(ReplicaSet, set, counts),
      {
        onFailure: (error, { op }) =>
          op === 'create' || op === 'delete' ? status(ReplicaSet, set, withFailure(counts, missing, error, now)) : undefined,
      },
      requeueAfter(nextAvailability(claimed, set.spec?.minReadySeconds ?? 0, now)),
    )
  },
})

/** Active pods of every set with the same controller: deletion spreads over nodes by them. */
function relatedPods(set: ReplicaSetObject, pods: Lister<PodObject>, sets: Lister<ReplicaSetObject>): PodObject[] {
  const owner = controllerOf(set)
  const related = owner === undefined ? [set] : sets.list(set.metadata?.namespace).filter((other) => controllerOf(other)?.uid === owner.uid)
  return related.flatMap((other) => pods.ownedBy(other)).filter(podIsActive)
}

/** The status of a set with these active pods; `all` also holds those that are ending. */
export function replicaSetStatus(
  set: ReplicaSetObject,
  active: readonly PodObject[],
  all: readonly PodObject[],
  now: number,
): ReplicaSetStatus {
  const counts = replicaCounts(active, set.spec?.template?.metadata?.labels ?? {}, set.spec?.minReadySeconds ?? 0, now)
  const terminating = all.filter((pod) => pod.metadata?.deletionTimestamp !== undefined && !isPodTerminal(pod)).length
  // the failure stands until the count is right again
  const reached = active.length === (set.spec?.replicas ?? 0)
  const conditions = (set.status?.conditions ?? []).filter(({ type }) => !(reached && type === 'ReplicaFailure'))
  const generation = set.metadata?.generation
  return {
    replicas: counts.replicas,
    ...nonZero('fullyLabeledReplicas', counts.fullyLabeledReplicas),
    ...nonZero('readyReplicas', counts.readyReplicas),
    ...nonZero('availableReplicas', counts.availableReplicas),
    terminatingReplicas: terminating,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(conditions.length === 0 ? {} : { conditions: [...conditions] }),
  }
}

function nonZero<K extends string>(key: K, count: number): { [P in K]?: number } {
  return (count === 0 ? {} : { [key]: count }) as { [P in K]?: number }
}

// The status of a StatefulSet. Pure.
import type { StatefulSet as StatefulSetObject, StatefulSetStatus } from '../../openapi/types/apps/v1.ts'
import type { Pod } from '../../openapi/types/core/v1.ts'
import { isPodAvailable, isPodReady } from '../../src/api/core/pod/queries.ts'
import { podRevision } from './identity.ts'
import type { Revisions } from './revisions.ts'

/** Running and ready. */
export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod)
}

/** Counts of the set's pods. `deletedForUpdate`: those of the current revision that this very plan deletes. */
export function statefulSetStatus(
  set: StatefulSetObject,
  pods: readonly Pod[],
  { current, update, collisionCount }: Revisions,
  deletedForUpdate: number,
  now: number,
): StatefulSetStatus {
  const ready = pods.filter(isRunningAndReady)
  const living = pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
  const ofRevision = (name: string | undefined) => living.filter((pod) => podRevision(pod) === name).length
  const minReady = set.spec?.minReadySeconds ?? 0
  const counts = {
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isPodAvailable(pod, minReady, now)).length,
    currentReplicas: Math.max(0, ofRevision(current.metadata?.name) - deletedForUpdate),
    updatedReplicas: ofRevision(update.metadata?.name),
    currentRevision: current.metadata?.name ?? '',
  }
  const wanted = set.spec?.replicas ?? 1
  const complete =
    set.spec?.updateStrategy?.type !== 'OnDelete' &&
    counts.updatedReplicas === wanted &&
    counts.readyReplicas === wanted &&
    counts.replicas === wanted
  if (complete) {
    counts.currentReplicas = counts.updatedReplicas
    counts.currentRevision = update.metadata?.name ?? ''
  }
  return withoutZeros({
    observedGeneration: set.metadata?.generation ?? 0,
    ...counts,
    updateRevision: update.metadata?.name ?? '',
    collisionCount,
  })
}

/** Go leaves zeros out of these fields. */
function withoutZeros(status: StatefulSetStatus): StatefulSetStatus {
  const { readyReplicas, currentReplicas, updatedReplicas, observedGeneration, ...rest } = status
  return {
    ...(observedGeneration ? { observedGeneration } : {}),
    ...rest,
    ...(readyReplicas ? { readyReplicas } : {}),
    ...(currentReplicas ? { currentReplicas } : {}),
    ...(updatedReplicas ? { updatedReplicas } : {}),
  }
}

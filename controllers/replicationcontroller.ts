// Keeps as many pods of a ReplicationController as it asks for: a ReplicaSet with a plain map selector.
// https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/
import type {
  Pod as PodObject,
  ReplicationController as ReplicationControllerObject,
  ReplicationControllerStatus,
} from '../openapi/types/core/v1.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { podIsActive } from '../src/api/core/pod/queries.ts'
import { ReplicationController } from '../src/api/core/replicationcontroller.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { claim, controllerOf } from '../src/controller/owners.ts'
import { plan, requeueAfter, status } from '../src/controller/plan.ts'
import { createPods, deletePods, nextAvailability, replicaCounts, withFailure } from './shared/replica-pods.ts'

const self = ReplicationController

export const replicationcontroller = defineController({
  name: 'replicationcontroller',
  for: ReplicationController,
  owns: [Pod],
  reads: { pods: Pod, controllers: ReplicationController },
  indexes: { orphans: { kind: Pod, values: (pod: PodObject) => (controllerOf(pod) === undefined ? [pod.metadata?.namespace ?? ''] : []) } },
  watches: [
    {
      kind: Pod,
      map: (pod: PodObject, { controllers }) =>
        controllerOf(pod) !== undefined || pod.metadata?.deletionTimestamp !== undefined
          ? []
          : controllers
              .list(pod.metadata?.namespace)
              .filter((one) => selects(one, pod))
              .map(objectKey),
    },
  ],
  reconcile(one, { pods }, { now }) {
    const candidates = [...pods.ownedBy(one), ...pods.by('orphans', one.metadata?.namespace ?? '')].filter(podIsActive)
    const { claimed, writes } = claim(one, self, Pod, candidates, (pod) => selects(one, pod))
    const missing = (one.spec?.replicas ?? 0) - claimed.length
    const idle = one.metadata?.deletionTimestamp !== undefined || missing === 0
    const counts = statusOf(one, claimed, now)
    return plan(
      writes,
      idle ? undefined : missing > 0 ? createPods(one, self, one.spec?.template, missing) : deletePods(claimed, claimed, -missing, now),
      status(self, one, counts),
      {
        onFailure: (error, { op }) =>
          op === 'create' || op === 'delete' ? status(self, one, withFailure(counts, missing, error, now)) : undefined,
      },
      requeueAfter(nextAvailability(claimed, one.spec?.minReadySeconds ?? 0, now)),
    )
  },
})

/** An empty selector selects nothing. */
function selects(one: ReplicationControllerObject, pod: PodObject): boolean {
  const wanted = Object.entries(one.spec?.selector ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata?.labels?.[key] === value)
}

function statusOf(one: ReplicationControllerObject, active: readonly PodObject[], now: number): ReplicationControllerStatus {
  const { replicas, ...counts } = replicaCounts(active, one.spec?.template?.metadata?.labels ?? {}, one.spec?.minReadySeconds ?? 0, now)
  const reached = active.length === (one.spec?.replicas ?? 0)
  const conditions = (one.status?.conditions ?? []).filter(({ type }) => !(reached && type === 'ReplicaFailure'))
  return {
    replicas,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
    ...(one.metadata?.generation === undefined ? {} : { observedGeneration: one.metadata.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

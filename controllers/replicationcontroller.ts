// Keeps as many pods of a ReplicationController as it asks for: a ReplicaSet with a plain map selector.
// https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/
import type { Pod as PodObject, ReplicationController as ReplicationControllerObject } from '../openapi/types/core/v1.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { podIsActive } from '../src/api/core/pod/queries.ts'
import { ReplicationController } from '../src/api/core/replicationcontroller.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { claim, controllerOf } from '../src/controller/owners.ts'
import { patch, plan, requeueAfter, status } from '../src/controller/plan.ts'
import { createPods, deletePods, nextAvailability, replicaCounts } from './shared/replica-pods.ts'

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
    return plan(
      writes,
      status(ReplicationController, one, statusOf(one, claimed, now)),
      idle ? undefined : missing > 0 ? createPods(one, self, one.spec?.template, missing) : deletePods(claimed, claimed, -missing, now),
      { onFailure: (error) => (idle ? undefined : failure(one, missing, error, now)) },
      requeueAfter(nextAvailability(claimed, one.spec?.minReadySeconds ?? 0, now)),
    )
  },
})

/** An empty selector selects nothing. */
function selects(one: ReplicationControllerObject, pod: PodObject): boolean {
  const wanted = Object.entries(one.spec?.selector ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => pod.metadata?.labels?.[key] === value)
}

function statusOf(one: ReplicationControllerObject, active: readonly PodObject[], now: number): ReplicationControllerObject['status'] {
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

function failure(one: ReplicationControllerObject, missing: number, error: Error, now: number) {
  const conditions = one.status?.conditions ?? []
  if (conditions.some(({ type }) => type === 'ReplicaFailure')) return undefined
  const reason = missing > 0 ? 'FailedCreate' : 'FailedDelete'
  const condition = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: timestamp(now), reason, message: error.message }
  return patch(ReplicationController, one, { status: { conditions: [...conditions, condition] } }, 'status')
}

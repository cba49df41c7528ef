// Makes the claims of generic ephemeral volumes: one for each such volume of a pod, named `<pod>-<volume>` and owned by the pod.
// https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes
import type { PersistentVolumeClaim as PersistentVolumeClaimObject, Pod as PodObject, Volume } from '../openapi/types/core/v1.ts'
import { PersistentVolumeClaim } from '../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { controllerReference, isControlledBy } from '../src/controller/owners.ts'
import { event, nothing, type Plan, plan, recordedStep, requeueAfter } from '../src/controller/plan.ts'
import { claimKeysOf } from './shared/pod-claims.ts'

/** A claim in the way may be given to the pod or go; its deletion wakes the pod at once. */
const lookAgainMs = 60_000

export const ephemeralVolume = defineController({
  name: 'ephemeral-volume',
  for: Pod,
  eventSource: 'ephemeral_volume',
  // a pod's volumes never change
  wakes: () => false,
  reads: { claims: PersistentVolumeClaim, pods: Pod },
  indexes: { 'claims-of-pod': { kind: Pod, values: (pod: PodObject) => claimKeysOf(pod) } },
  watches: [
    {
      // a claim that was deleted is made again
      kind: PersistentVolumeClaim,
      on: ['deleted'],
      map: (claim: PersistentVolumeClaimObject, { pods }) => pods.by('claims-of-pod', objectKey(claim)).filter(hasEphemeral).map(objectKey),
    },
  ],
  reconcile(pod, { claims }) {
    if (pod.metadata?.deletionTimestamp !== undefined || !hasEphemeral(pod)) return nothing
    const parts: Plan[] = []
    for (const volume of pod.spec?.volumes ?? []) {
      if (volume.ephemeral === undefined) continue
      const claim = claims.get(claimName(pod, volume), pod.metadata?.namespace)
      if (claim === undefined) parts.push(created(pod, volume))
      // later volumes wait as well
      else if (!isControlledBy(claim, pod)) return plan(...parts, inTheWay(pod, volume, claim))
    }
    return plan(...parts)
  },
})

function hasEphemeral({ spec }: PodObject): boolean {
  return (spec?.volumes ?? []).some(({ ephemeral }) => ephemeral !== undefined)
}

function claimName(pod: PodObject, volume: Volume): string {
  return `${pod.metadata?.name}-${volume.name}`
}

function created(pod: PodObject, volume: Volume): Plan {
  const { metadata: { labels, annotations } = {}, spec } = volume.ephemeral?.volumeClaimTemplate ?? { spec: {} }
  const name = claimName(pod, volume)
  const object: PersistentVolumeClaimObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: pod.metadata?.namespace ?? '',
      ownerReferences: [controllerReference(pod, Pod)],
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    spec: spec as NonNullable<PersistentVolumeClaimObject['spec']>,
  }
  const failure = (error: Error) => failed(volume, `create PVC ${name}: ${error.message}`).event
  return recordedStep([{ write: { op: 'create', kind: PersistentVolumeClaim, object }, outcome: { failure } }])
}

function inTheWay(pod: PodObject, volume: Volume, claim: PersistentVolumeClaimObject): Plan {
  const message = `PVC ${objectKey(claim)} was not created for pod ${objectKey(pod)} (pod is not owner)`
  return plan(failed(volume, message), requeueAfter(lookAgainMs))
}

function failed(volume: Volume, message: string): ReturnType<typeof event> {
  return event('Warning', 'FailedBinding', `ephemeral volume ${volume.name}: ${message}`)
}

// A claim that is deleted stays until no pod uses it any more: its finalizer is taken away then.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
import type { PersistentVolumeClaim as PersistentVolumeClaimObject, Pod as PodObject } from '../openapi/types/core/v1.ts'
import { PersistentVolumeClaim } from '../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodTerminal } from '../src/api/core/pod/queries.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { controllerOf } from '../src/controller/owners.ts'
import { nothing, plan, update } from '../src/controller/plan.ts'
import { claimKeysOf } from './shared/pod-claims.ts'

const finalizer = 'kubernetes.io/pvc-protection'

export const persistentvolumeclaimProtection = defineController({
  name: 'persistentvolumeclaim-protection',
  for: PersistentVolumeClaim,
  reads: { pods: Pod },
  indexes: { 'claims-of-pod': { kind: Pod, values: (pod: PodObject) => claimKeysOf(pod) } },
  watches: [
    {
      // pods that came, went or ended; one that replaced another of its name frees the claims of that one
      kind: Pod,
      map: (pod: PodObject, _reads, previous: PodObject | undefined) => {
        const other = previous !== undefined && previous.metadata?.uid !== pod.metadata?.uid
        const keys = previous === undefined || other || isPodTerminal(pod) || !pod.spec?.nodeName ? claimKeysOf(pod) : []
        return other ? [...keys, ...claimKeysOf(previous)] : keys
      },
    },
  ],
  reconcile(claim, { pods }) {
    const finalizers = claim.metadata?.finalizers ?? []
    const guarded = finalizers.includes(finalizer)
    if (claim.metadata?.deletionTimestamp === undefined)
      return guarded ? nothing : plan(update(PersistentVolumeClaim, withFinalizers(claim, [...finalizers, finalizer])))
    if (!guarded || pods.by('claims-of-pod', objectKey(claim)).some((pod) => uses(pod, claim))) return nothing
    return plan(
      update(
        PersistentVolumeClaim,
        withFinalizers(
          claim,
          finalizers.filter((one) => one !== finalizer),
        ),
      ),
    )
  },
})

function withFinalizers(claim: PersistentVolumeClaimObject, finalizers: string[]): PersistentVolumeClaimObject {
  return { ...claim, metadata: { ...claim.metadata, finalizers } }
}

/** Pods without a node do not count: a kubelet starts none on a claim that is going. */
function uses(pod: PodObject, claim: PersistentVolumeClaimObject): boolean {
  const name = claim.metadata?.name
  if (!pod.spec?.nodeName) return false
  const shutDown = pod.metadata?.deletionTimestamp !== undefined && pod.metadata.deletionGracePeriodSeconds === 0
  const madeForPod = controllerOf(claim)?.uid === pod.metadata?.uid
  return (pod.spec.volumes ?? []).some(
    (volume) =>
      volume.persistentVolumeClaim?.claimName === name ||
      (volume.ephemeral !== undefined && !shutDown && madeForPod && `${pod.metadata?.name}-${volume.name}` === name),
  )
}

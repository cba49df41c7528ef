// The claims behind a pod's volumes, and whether they can be used at all. Texts are those of upstream's volumebinding plugin.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import { objectKey } from '../../apimachinery/meta.ts'
import type { Hint } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { PodInfo } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { nodeSelectorMatches } from './node-selection.ts'

/** Claims of the pod, or why one of them cannot be used. */
export function podClaims({ pod }: PodInfo, { world }: Snapshot): PersistentVolumeClaim[] | string {
  const { namespace = '', name: podName = '', uid } = pod.metadata ?? {}
  const claims: PersistentVolumeClaim[] = []
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec?.volumes ?? []) {
    if (persistentVolumeClaim === undefined && ephemeral === undefined) continue
    const claimName = persistentVolumeClaim?.claimName ?? `${podName}-${name}`
    const claim = world.claims.get(claimName, namespace)
    if (claim === undefined) {
      if (ephemeral === undefined) return `persistentvolumeclaim ${JSON.stringify(claimName)} not found`
      return `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(claimName)}`
    }
    const problem = claimProblem(claim)
    if (problem !== undefined) return problem
    if (ephemeral !== undefined && !claim.metadata?.ownerReferences?.some((owner) => owner.uid === uid && owner.controller)) {
      return `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${podName} (pod is not owner)`
    }
    claims.push(claim)
  }
  return claims
}

function claimProblem({ metadata, spec, status }: PersistentVolumeClaim): string | undefined {
  const name = JSON.stringify(metadata?.name ?? '')
  if (status?.phase === 'Lost')
    return `persistentvolumeclaim ${name} bound to non-existent persistentvolume ${JSON.stringify(spec?.volumeName ?? '')}`
  return metadata?.deletionTimestamp === undefined ? undefined : `persistentvolumeclaim ${name} is being deleted`
}

/** The claim that changed is one of the pod's. */
export const ofItsClaims: Hint = ({ claims }, { object }) => object !== undefined && claims.includes(objectKey(object))

/** Bound, and the binder has said so. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec?.volumeName) && metadata?.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined
}

/** The class a claim names, by field or by the old annotation. */
export function classOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return (
    metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? (spec as { storageClassName?: string })?.storageClassName ?? ''
  )
}

/** Whether the volume can be used on the node. */
export function volumeReaches({ spec }: PersistentVolume, node: NodeInfo): boolean {
  const required = spec?.nodeAffinity?.required
  return required === undefined || nodeSelectorMatches(required, node)
}

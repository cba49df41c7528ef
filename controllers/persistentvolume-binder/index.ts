// Brings claims and volumes together, makes volumes on demand, and reclaims those whose claim is gone. Claims have keys "namespace/name",
// volumes plain names: both take their turns in one queue. https://kubernetes.io/docs/concepts/storage/persistent-volumes/
import type {
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
  Pod as PodObject,
} from '../../openapi/types/core/v1.ts'
import type { StorageClass as StorageClassObject } from '../../openapi/types/storage/v1.ts'
import { PersistentVolume } from '../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { StorageClass } from '../../src/api/storage/storageclass.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type ReadsOf } from '../../src/controller/define.ts'
import { nothing } from '../../src/controller/plan.ts'
import { claimKeysOf } from '../shared/pod-claims.ts'
import { annotated, bindCompleted } from './binding.ts'
import { claimPlan } from './claims.ts'
import { className } from './matching.ts'
import { volumePlan } from './volumes.ts'

const reads = { volumes: PersistentVolume, claims: PersistentVolumeClaim, classes: StorageClass, pods: Pod }

/** The caches that decide. */
export type BinderReads = ReadsOf<typeof reads>

export const persistentvolumeBinder = defineController({
  name: 'persistentvolume-binder',
  for: PersistentVolumeClaim,
  reads,
  indexes: {
    'claim-of-volume': { kind: PersistentVolume, values: (volume: PersistentVolumeObject) => claimOf(volume) },
    'class-of-unclaimed-volume': {
      kind: PersistentVolume,
      values: (volume: PersistentVolumeObject) => (volume.spec?.claimRef === undefined ? [className(volume)] : []),
    },
    'volume-of-claim': {
      kind: PersistentVolumeClaim,
      values: ({ spec }: PersistentVolumeClaimObject) => (spec?.volumeName ? [spec.volumeName] : []),
    },
    'class-of-open-claim': {
      kind: PersistentVolumeClaim,
      values: (claim: PersistentVolumeClaimObject) => (claim.spec?.volumeName || annotated(claim, bindCompleted) ? [] : [className(claim)]),
    },
    'claims-of-pod': { kind: Pod, values: (pod: PodObject) => claimKeysOf(pod) },
  },
  watches: [
    {
      // the volume itself, and the claims that have it, asked for it or may now get it
      kind: PersistentVolume,
      map: (volume: PersistentVolumeObject, { claims }) => {
        const name = volume.metadata?.name ?? ''
        const free = volume.spec?.claimRef === undefined && volume.status?.phase === 'Available'
        const hopeful = free ? claims.by('class-of-open-claim', className(volume)) : []
        return [name, ...claimOf(volume), ...[...claims.by('volume-of-claim', name), ...hopeful].map(objectKey)]
      },
    },
    {
      kind: PersistentVolumeClaim,
      map: (claim: PersistentVolumeClaimObject, { volumes }) => [
        ...(claim.spec?.volumeName ? [claim.spec.volumeName] : []),
        ...volumes.by('claim-of-volume', objectKey(claim)).map(objectKey),
      ],
    },
    {
      kind: StorageClass,
      map: ({ metadata }: StorageClassObject, { claims }) =>
        [metadata?.name ?? '', ''].flatMap((name) => claims.by('class-of-open-claim', name)).map(objectKey),
    },
  ],
  /** What cannot be bound is told again this often; upstream's --pvclaimbinder-sync-period. */
  resyncMs: 15_000,
  /** The directory, on nodes, that holds the directories of volumes made by us. */
  options: { hostPathDirectory: '/var/lib/k8ts/volumes' },
  reconcile: (claim, listers, { options }) => claimPlan(claim, listers, String(options['hostPathDirectory'])),
  absent(key, listers) {
    const volume = key.includes('/') ? undefined : listers.volumes.get(key)
    return volume === undefined ? nothing : volumePlan(volume, listers)
  },
})

function claimOf({ spec }: PersistentVolumeObject): string[] {
  return spec?.claimRef === undefined ? [] : [`${spec.claimRef.namespace}/${spec.claimRef.name}`]
}

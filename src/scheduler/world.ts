// The caches behind what plugins may look up besides nodes and pods.
import { ReplicaSet } from '../api/apps/replicaset.ts'
import { StatefulSet } from '../api/apps/statefulset.ts'
import { Namespace } from '../api/core/namespace.ts'
import { PersistentVolume } from '../api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../api/core/persistentvolumeclaim.ts'
import { ReplicationController } from '../api/core/replicationcontroller.ts'
import { Service } from '../api/core/service/index.ts'
import { PodDisruptionBudget } from '../api/policy/poddisruptionbudget.ts'
import { CSIDriver } from '../api/storage/csidriver.ts'
import { CSINode } from '../api/storage/csinode.ts'
import { CSIStorageCapacity } from '../api/storage/csistoragecapacity.ts'
import { StorageClass } from '../api/storage/storageclass.ts'
import { VolumeAttachment } from '../api/storage/volumeattachment.ts'
import type { InformerFactory, ObjectCache } from '../client/informer.ts'
import { worldHandler } from './handlers.ts'
import type { SchedulingQueue } from './queue.ts'
import type { World } from './snapshot.ts'

/** The world as caches. */
export type Caches = { [K in keyof Omit<World, 'owners'>]: ObjectCache<NonNullable<ReturnType<World[K]['get']>>> } & Pick<World, 'owners'>

/** Opens (and so starts) the caches. */
export function openWorld(informers: InformerFactory): Caches {
  return {
    namespaces: informers.cache(Namespace),
    services: informers.cache(Service),
    claims: informers.cache(PersistentVolumeClaim),
    volumes: informers.cache(PersistentVolume),
    storageClasses: informers.cache(StorageClass),
    csiNodes: informers.cache(CSINode),
    csiDrivers: informers.cache(CSIDriver),
    csiCapacities: informers.cache(CSIStorageCapacity),
    volumeAttachments: informers.cache(VolumeAttachment),
    budgets: informers.cache(PodDisruptionBudget),
    owners: {
      replicationControllers: informers.cache(ReplicationController),
      replicaSets: informers.cache(ReplicaSet),
      statefulSets: informers.cache(StatefulSet),
    },
  }
}

/** Lets the queue know of changes that pods may wait for. */
export function watchWorld(world: Caches, queue: SchedulingQueue): void {
  world.volumes.onChange(worldHandler('PersistentVolume', queue))
  world.claims.onChange(worldHandler('PersistentVolumeClaim', queue))
  world.storageClasses.onChange(worldHandler('StorageClass', queue))
  world.csiNodes.onChange(worldHandler('CSINode', queue))
  world.csiCapacities.onChange(worldHandler('CSIStorageCapacity', queue))
  world.csiDrivers.onChange(({ previous, object }) => queue.onEvent('CSIDriverUpdate', { previous, object }))
  world.volumeAttachments.onChange(({ type, object }) => {
    if (type === 'deleted') queue.onEvent('VolumeAttachmentDelete', { previous: object })
  })
  world.namespaces.onChange(({ type, previous, object }) => {
    if (type === 'updated') queue.onEvent('NamespaceLabel', { previous, object })
  })
}

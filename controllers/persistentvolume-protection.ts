// A volume that is deleted stays while a claim is bound to it: its finalizer is taken away then.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
import { PersistentVolume } from '../src/api/core/persistentvolume.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, update } from '../src/controller/plan.ts'

const finalizer = 'kubernetes.io/pv-protection'

export const persistentvolumeProtection = defineController({
  name: 'persistentvolume-protection',
  for: PersistentVolume,
  reads: {},
  reconcile(volume) {
    const finalizers = volume.metadata?.finalizers ?? []
    const going = volume.metadata?.deletionTimestamp !== undefined
    const guarded = finalizers.includes(finalizer)
    if (going !== guarded || (going && volume.status?.phase === 'Bound')) return nothing
    const next = going ? finalizers.filter((one) => one !== finalizer) : [...finalizers, finalizer]
    return plan(update(PersistentVolume, { ...volume, metadata: { ...volume.metadata, finalizers: next } }))
  },
})

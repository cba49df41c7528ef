// What becomes of a volume whose claim is gone: kept, deleted or emptied. No data is touched: directories are the node's.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
import type { PersistentVolume as PersistentVolumeObject } from '../../openapi/types/core/v1.ts'
import { PersistentVolume } from '../../src/api/core/persistentvolume.ts'
import { event, type Gone, nothing, type Plan, plan, remove } from '../../src/controller/plan.ts'
import { hostPathProvisioner, provisionedBy } from '../shared/host-path.ts'
import { phased, unbind } from './binding.ts'

const migratedTo = 'pv.kubernetes.io/migrated-to'

/**
 * The next thing to do for a volume without its claim: first it is Released, then its policy is obeyed. `gone` is the claim that must not be
 * there (a cache may lag); `users` are the pods that still use it, as "namespace/name".
 */
export function reclaim(volume: PersistentVolumeObject, gone: Gone | undefined, users: readonly string[]): Plan {
  const phase = volume.status?.phase
  if (phase !== 'Released' && phase !== 'Failed') return plan(phased(volume, 'Released', '', gone))
  if (volume.metadata?.annotations?.[migratedTo]) return nothing
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return nothing
    case 'Delete':
      return deleted(volume, gone)
    case 'Recycle':
      return recycled(volume, users)
    default:
      return failed(volume, 'VolumeUnknownReclaimPolicy', 'Volume has unrecognized PersistentVolumeReclaimPolicy')
  }
}

/** The event is told once: when the phase changes. */
function failed(volume: PersistentVolumeObject, reason: string, message: string): Plan {
  if (volume.status?.phase === 'Failed') return nothing
  return plan(phased(volume, 'Failed', message), event('Warning', reason, message, typed(volume)))
}

function deleted(volume: PersistentVolumeObject, gone: Gone | undefined): Plan {
  const maker = volume.metadata?.annotations?.[provisionedBy] ?? ''
  const { hostPath, csi } = volume.spec ?? {}
  if (maker !== '' && maker !== hostPathProvisioner) {
    // external deleters see the phase
    return maker.startsWith('kubernetes.io/') ? failed(volume, 'VolumeFailedDelete', 'no deletable volume plugin matched') : nothing
  }
  if (csi !== undefined) return nothing
  if (hostPath === undefined) {
    const name = JSON.stringify(volume.metadata?.name)
    return failed(
      volume,
      'VolumeFailedDelete',
      `error getting deleter volume plugin for volume ${name}: no deletable volume plugin matched`,
    )
  }
  if (maker === '' && !/\/tmp\/.+/.test(hostPath.path))
    return failed(volume, 'VolumeFailedDelete', `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`)
  if (volume.metadata?.deletionTimestamp !== undefined) return nothing
  return plan({ ...(remove(PersistentVolume, volume) as ReturnType<typeof remove> & { op: 'delete' }), ...(gone && { gone }) })
}

/** Only our own volumes can be handed out again: nobody empties others. */
function recycled(volume: PersistentVolumeObject, users: readonly string[]): Plan {
  if (users.length > 0) return plan(event('Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${users.join(',')}`, typed(volume)))
  if (volume.metadata?.annotations?.[provisionedBy] !== hostPathProvisioner)
    return failed(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!')
  return plan(unbind(volume), event('Normal', 'VolumeRecycled', 'Volume recycled', typed(volume)))
}

/** The volume as an event names it: objects of caches need not carry their kind. */
export function typed(volume: PersistentVolumeObject): PersistentVolumeObject & { kind: string } {
  return { ...volume, apiVersion: 'v1', kind: 'PersistentVolume' }
}

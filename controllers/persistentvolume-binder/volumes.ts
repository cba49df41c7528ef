// One volume's turn: its phase follows its claim; without the claim it is reclaimed.
import type { PersistentVolume as PersistentVolumeObject } from '../../openapi/types/core/v1.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { event, nothing, type Plan, plan } from '../../src/controller/plan.ts'
import { provisionedBy } from '../shared/host-path.ts'
import { annotated, phased, phasedAsSeen, unbind } from './binding.ts'
import type { BinderReads } from './index.ts'
import { modesDiffer } from './matching.ts'
import { reclaim, typed } from './reclaiming.ts'

/** What to do for a volume now. */
export function volumePlan(volume: PersistentVolumeObject, { claims, pods }: BinderReads): Plan {
  const holder = volume.spec?.claimRef
  if (!holder?.uid) return plan(phasedAsSeen(volume, 'Available'))
  const { namespace = '', name = '', uid } = holder
  const named = claims.get(name, namespace)
  const claim = named?.metadata?.uid === uid ? named : undefined
  if (claim === undefined) {
    const users = pods.by('claims-of-pod', `${namespace}/${name}`).filter((pod) => !isPodTerminal(pod))
    // pods of another claim with the same name use that one
    return reclaim(volume, { kind: PersistentVolumeClaim, namespace, name, uid }, named === undefined ? users.map(objectKey).sort() : [])
  }
  const volumeName = volume.metadata?.name ?? ''
  if (!claim.spec?.volumeName) {
    // the claim's own turn finishes the binding
    if (!modesDiffer(claim, volume)) return nothing
    const words = (what: string) => `Cannot bind PersistentVolume ${what} due to incompatible volumeMode.`
    return plan(
      event('Warning', 'VolumeMismatch', words(`to requested PersistentVolumeClaim ${JSON.stringify(name)}`), typed(volume)),
      event('Warning', 'VolumeMismatch', words(`${JSON.stringify(volumeName)} to requested PersistentVolumeClaim`), {
        ...claim,
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
      }),
    )
  }
  if (claim.spec.volumeName === volumeName) return plan(phased(volume, 'Bound'))
  // the claim got another volume: one made for it is not needed
  if (annotated(volume, provisionedBy) && volume.spec?.persistentVolumeReclaimPolicy === 'Delete') return reclaim(volume, undefined, [])
  return unbind(volume)
}

// Lets volumes grow with the request of their claim: host directories of our own at once, others by a resizer that watches for itself.
// https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
import type {
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
} from '../openapi/types/core/v1.ts'
import { PersistentVolume } from '../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../src/api/core/persistentvolumeclaim.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { compareQuantities } from '../src/apimachinery/quantity.ts'
import { defineController } from '../src/controller/define.ts'
import { event, nothing, type Plan, type PlanPart, patch, plan } from '../src/controller/plan.ts'
import { hostPathProvisioner, provisionedBy } from './shared/host-path.ts'

/** On claims: who makes the volume grow. */
const resizer = 'volume.kubernetes.io/storage-resizer'
/** On volumes whose growth is not over: the size that the claim still has. */
const sizeBeforeGrowth = 'volume.alpha.kubernetes.io/pre-resize-capacity'
/** Conditions that speak of a growth; they go when it is over. */
const resizeConditions = ['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError']

export const persistentvolumeExpander = defineController({
  name: 'persistentvolume-expander',
  for: PersistentVolumeClaim,
  eventSource: 'volume_expand',
  workers: 10,
  // a larger request, or a size that has arrived
  wakes: (claim, previous) =>
    compareQuantities(requested(claim), requested(previous)) > 0 || compareQuantities(sizeOf(claim), sizeOf(previous)) > 0,
  reads: { volumes: PersistentVolume },
  reconcile(claim, { volumes }, { now }) {
    if (claim.status?.phase !== 'Bound') return nothing
    const volume = volumes.get(claim.spec?.volumeName ?? '')
    if (volume === undefined || volume.spec?.claimRef?.uid !== claim.metadata?.uid) return nothing
    const annotated = volume.metadata?.annotations?.[sizeBeforeGrowth] !== undefined
    const small = compareQuantities(requested(claim), sizeOf(claim)) > 0
    if (!small && !annotated) return nothing
    if (volume.metadata?.annotations?.[provisionedBy] !== hostPathProvisioner || volume.spec?.hostPath === undefined)
      return plan(event('Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC'))
    const arrived = !small && compareQuantities(sizeOf(claim), capacityOf(volume)) >= 0
    return arrived && annotated ? unmarked(volume) : grown(claim, volume, now)
  },
})

function requested({ spec }: PersistentVolumeClaimObject): string | undefined {
  return spec?.resources?.requests?.['storage']
}

function sizeOf({ status }: PersistentVolumeClaimObject): string | undefined {
  return status?.capacity?.['storage']
}

function capacityOf({ spec }: PersistentVolumeObject): string | undefined {
  return spec?.capacity?.['storage']
}

function unmarked(volume: PersistentVolumeObject): Plan {
  return plan(patch(PersistentVolume, volume, { metadata: { annotations: { [sizeBeforeGrowth]: null } } }))
}

/** A directory has no size of its own and no file system to stretch: the growth is over when it is written down. */
function grown(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject, now: number): Plan {
  const size = targetSize(claim, volume)
  const message = `ExpandVolume succeeded for volume ${objectKey(claim)}`
  return plan(
    started(claim, size, now),
    capacityOf(volume) === size ? undefined : patch(PersistentVolume, volume, { spec: { capacity: { storage: size } } }),
    finished(claim, size),
    event('Normal', 'VolumeResizeSuccessful', message),
  )
}

/** A growth that was begun is brought to its end before the next one. */
function targetSize(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject): string | undefined {
  const begun =
    claim.status?.allocatedResourceStatuses?.['storage'] !== undefined ? claim.status.allocatedResources?.['storage'] : undefined
  const smaller = compareQuantities(capacityOf(volume), requested(claim)) < 0
  return begun !== undefined && (!smaller || compareQuantities(begun, capacityOf(volume)) > 0) ? begun : requested(claim)
}

function started(claim: PersistentVolumeClaimObject, size: string | undefined, now: number): PlanPart {
  const others = (claim.status?.conditions ?? []).filter(({ type }) => !resizeConditions.includes(type))
  const resizing = claim.status?.conditions?.find(({ type, status }) => type === 'Resizing' && status === 'True')
  const condition = resizing ?? { type: 'Resizing', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(now) }
  const annotations = { [resizer]: hostPathProvisioner }
  return patch(
    PersistentVolumeClaim,
    claim,
    {
      metadata: { resourceVersion: claim.metadata?.resourceVersion, annotations },
      status: {
        allocatedResources: { storage: size },
        allocatedResourceStatuses: { storage: 'ControllerResizeInProgress' },
        conditions: [...others, condition],
      },
    },
    'status',
  )
}

function finished(claim: PersistentVolumeClaimObject, size: string | undefined): PlanPart {
  const others = (claim.status?.conditions ?? []).filter(({ type }) => !resizeConditions.includes(type))
  const status = {
    capacity: { storage: size },
    allocatedResourceStatuses: null,
    conditions: others.length === 0 ? null : others,
  }
  return patch(PersistentVolumeClaim, claim, { status }, 'status')
}

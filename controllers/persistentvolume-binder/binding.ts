// The writes that tie a volume and a claim together, and that part them. Volume first: its claimRef is what decides who has it.
import type {
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
} from '../../openapi/types/core/v1.ts'
import { PersistentVolume } from '../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import { compareQuantities } from '../../src/apimachinery/quantity.ts'
import { type Gone, type Plan, patch, plan, status, update, type Write } from '../../src/controller/plan.ts'
import { isFor } from './matching.ts'

/** On claims: the binding was made whole once. What is missing later is lost. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed'
/** On claims and volumes: we chose the partner, not a user. */
export const boundByController = 'pv.kubernetes.io/bound-by-controller'
/** On volumes whose growth is not over: the size that the claim still has. */
const sizeBeforeGrowth = 'volume.alpha.kubernetes.io/pre-resize-capacity'

/** Whether the annotation is there, whatever its value. */
export function annotated({ metadata }: PersistentVolumeClaimObject | PersistentVolumeObject, name: string): boolean {
  return metadata?.annotations?.[name] !== undefined
}

/** Binds both sides and marks them Bound; writes only what is missing, so that a binding broken off is finished later. */
export function bind(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): Plan {
  return plan(claimedVolume(volume, claim), phased(volume, 'Bound'), boundClaim(claim, volume), boundClaimStatus(claim, volume))
}

/** The reference to a claim that a volume carries. */
export function referenceTo({
  metadata,
}: PersistentVolumeClaimObject): NonNullable<NonNullable<PersistentVolumeObject['spec']>['claimRef']> {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = metadata ?? {}
  return { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion }
}

function claimedVolume(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): Write | undefined {
  const ours = !isFor(volume, claim)
  const marked = !ours || annotated(volume, boundByController)
  if (marked && volume.spec?.claimRef?.uid === claim.metadata?.uid) return undefined
  const annotations = marked ? volume.metadata?.annotations : { ...volume.metadata?.annotations, [boundByController]: 'yes' }
  const metadata = { ...volume.metadata, ...(annotations === undefined ? {} : { annotations }) }
  return update(PersistentVolume, { ...volume, metadata, spec: { ...volume.spec, claimRef: referenceTo(claim) } })
}

/** A new phase, when it is new; fenced by nothing but the uid, for it follows other writes. With `gone` it is not sent while that is there. */
export function phased(volume: PersistentVolumeObject, phase: string, message = '', gone?: Gone): Write | undefined {
  if (volume.status?.phase === phase) return undefined
  const words = message === '' ? (volume.status?.message === undefined ? {} : { message: null }) : { message }
  return {
    ...(patch(PersistentVolume, volume, { status: { phase, ...words } }, 'status') as Write & { op: 'patch' }),
    ...(gone && { gone }),
  }
}

/** A new phase, written only to the state that was seen. */
export function phasedAsSeen(volume: PersistentVolumeObject, phase: string): Write | undefined {
  if (volume.status?.phase === phase) return undefined
  const { message: _, ...rest } = volume.status ?? {}
  return status(PersistentVolume, volume, { ...rest, phase })
}

function boundClaim(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject): Write | undefined {
  const volumeName = volume.metadata?.name ?? ''
  const named = claim.spec?.volumeName === volumeName
  if (named && annotated(claim, bindCompleted)) return undefined
  const annotations = {
    ...claim.metadata?.annotations,
    ...(named || annotated(claim, boundByController) ? {} : { [boundByController]: 'yes' }),
    ...(annotated(claim, bindCompleted) ? {} : { [bindCompleted]: 'yes' }),
  }
  return update(PersistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations }, spec: { ...claim.spec, volumeName } })
}

/** Size and class are told when the claim becomes Bound, not later: then a resize has the say. */
function boundClaimStatus(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject): Write | undefined {
  const { phase, accessModes, capacity, currentVolumeAttributesClassName } = claim.status ?? {}
  const changes: Record<string, unknown> = {}
  if (!semanticEqual(accessModes, volume.spec?.accessModes)) changes['accessModes'] = volume.spec?.accessModes ?? null
  if (phase !== 'Bound') {
    changes['phase'] = 'Bound'
    const before = volume.metadata?.annotations?.[sizeBeforeGrowth]
    const size = volume.spec?.capacity?.['storage']
    if (before !== undefined) changes['capacity'] = { storage: before }
    else if (capacity?.['storage'] === undefined || compareQuantities(size, capacity['storage']) !== 0)
      changes['capacity'] = volume.spec?.capacity
    const attributesClass = volume.spec?.volumeAttributesClassName
    if (phase === 'Pending' && attributesClass !== currentVolumeAttributesClassName)
      changes['currentVolumeAttributesClassName'] = attributesClass ?? null
  }
  return Object.keys(changes).length === 0 ? undefined : patch(PersistentVolumeClaim, claim, { status: changes }, 'status')
}

/** A claim that has no volume (any more): its phase, and nothing of a volume. */
export function unboundClaimStatus(claim: PersistentVolumeClaimObject, phase: 'Pending' | 'Lost'): Write {
  const { accessModes: _, capacity: __, currentVolumeAttributesClassName: ___, ...rest } = claim.status ?? {}
  return status(PersistentVolumeClaim, claim, { ...rest, phase })
}

/** Gives a volume back: free when we had chosen the claim, reserved by name when a user had. */
export function unbind(volume: PersistentVolumeObject): Plan {
  const { [boundByController]: ours, ...annotations } = volume.metadata?.annotations ?? {}
  const { claimRef = {}, ...free } = volume.spec ?? {}
  const { uid: _, ...reserved } = claimRef
  const next = ours === undefined ? { ...volume, spec: { ...free, claimRef: reserved } } : { ...volume, spec: free }
  return plan(update(PersistentVolume, { ...next, metadata: { ...volume.metadata, annotations } }), phased(volume, 'Available'))
}

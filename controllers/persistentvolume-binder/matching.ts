// Which volume a claim may have: class, size, access modes, volume mode, selector. https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
import type {
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
} from '../../openapi/types/core/v1.ts'
import { labelSelectorMatches } from '../../src/api/apps/label-selector.ts'
import { classAnnotation } from '../../src/api/core/storage-fields.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { compareQuantities } from '../../src/apimachinery/quantity.ts'
import type { Lister } from '../../src/controller/define.ts'

/** The class of a claim or volume: the old annotation wins over the field; '' for none. */
export function className({ metadata, spec }: PersistentVolumeClaimObject | PersistentVolumeObject): string {
  return metadata?.annotations?.[classAnnotation] ?? spec?.storageClassName ?? ''
}

/** Whether the claim names a class, be it the empty one. */
export function namesClass({ metadata, spec }: PersistentVolumeClaimObject): boolean {
  return spec?.storageClassName !== undefined || metadata?.annotations?.[classAnnotation] !== undefined
}

/** Whether the volume is reserved for, or bound to, this very claim. */
export function isFor({ spec }: PersistentVolumeObject, { metadata }: PersistentVolumeClaimObject): boolean {
  const reference = spec?.claimRef
  if (reference?.name !== metadata?.name || reference?.namespace !== metadata?.namespace) return false
  return !reference?.uid || reference.uid === metadata?.uid
}

/** Whether one asks for a block device and the other is a file system. */
export function modesDiffer(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject): boolean {
  return (claim.spec?.volumeMode ?? 'Filesystem') !== (volume.spec?.volumeMode ?? 'Filesystem')
}

function isTooSmall(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): boolean {
  return compareQuantities(volume.spec?.capacity?.['storage'], claim.spec?.resources?.requests?.['storage']) < 0
}

function attributesDiffer(claim: PersistentVolumeClaimObject, volume: PersistentVolumeObject): boolean {
  return (claim.spec?.volumeAttributesClassName ?? '') !== (volume.spec?.volumeAttributesClassName ?? '')
}

function hasAccessModes(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): boolean {
  return (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode))
}

/** Why a volume that the claim asked for by name will not do, in upstream's words; undefined when it will. */
export function mismatch(volume: PersistentVolumeObject, claim: PersistentVolumeClaimObject): string | undefined {
  if (volume.metadata?.deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  if (isTooSmall(volume, claim)) return 'requested PV is too small'
  if (className(volume) !== className(claim)) return 'storageClassName does not match'
  if (attributesDiffer(claim, volume)) return 'volumeAttributesClassName does not match'
  if (modesDiffer(claim, volume)) return 'incompatible volumeMode'
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode'
}

/**
 * The volume for a claim that names none: one reserved for it, else (unless the scheduler is to choose) the available one with the fewest
 * access modes and, among those, the smallest that fits.
 */
export function bestVolume(
  claim: PersistentVolumeClaimObject,
  volumes: Lister<PersistentVolumeObject>,
  schedulerChooses: boolean,
): PersistentVolumeObject | undefined {
  const fits = (volume: PersistentVolumeObject) =>
    volume.metadata?.deletionTimestamp === undefined &&
    !isTooSmall(volume, claim) &&
    !modesDiffer(claim, volume) &&
    !attributesDiffer(claim, volume) &&
    hasAccessModes(volume, claim)
  const reserved = volumes.by('claim-of-volume', objectKey(claim)).find((volume) => isFor(volume, claim) && fits(volume))
  if (reserved !== undefined || schedulerChooses) return reserved
  const selector = claim.spec?.selector
  return volumes
    .by('class-of-unclaimed-volume', className(claim))
    .filter((volume) => volume.status?.phase === 'Available' && fits(volume))
    .filter((volume) => selector === undefined || labelSelectorMatches(selector, volume.metadata?.labels))
    .sort(byFewestModesAndSize)[0]
}

function byFewestModesAndSize(a: PersistentVolumeObject, b: PersistentVolumeObject): number {
  const modes = ({ spec }: PersistentVolumeObject) => new Set(spec?.accessModes).size
  return modes(a) - modes(b) || compareQuantities(a.spec?.capacity?.['storage'], b.spec?.capacity?.['storage'])
}

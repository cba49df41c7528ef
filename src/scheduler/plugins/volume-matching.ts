// Which volume suits a claim on a node: the smallest that is large enough, of its class, mode and labels, and free.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import type { CSIStorageCapacity, StorageClass } from '../../../openapi/types/storage/v1.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { matchesLabels } from '../../apimachinery/selectors/label-selector.ts'
import type { NodeInfo } from '../node-info.ts'
import { readSelector } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { classOf, volumeReaches } from './volume-claims.ts'

const keyOf = ({ metadata }: PersistentVolumeClaim): string => `${metadata?.namespace}/${metadata?.name}`
const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0'

/** The volume for the claim; `taken` are those already given to other claims of the pod. */
export function volumeFor(
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  snapshot: Snapshot,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  let best: PersistentVolume | undefined
  for (const volume of snapshot.world.volumes.list()) {
    const name = volume.metadata?.name ?? ''
    const reservedFor = snapshot.reservedVolumes.get(name)
    if (taken.has(name) || (reservedFor !== undefined && reservedFor !== keyOf(claim))) continue
    if (!suits(volume, claim) || !volumeReaches(volume, node)) continue
    if (volume.spec?.claimRef !== undefined) return volume
    if (best === undefined || compareQuantities(volume.spec?.capacity?.['storage'], best.spec?.capacity?.['storage']) < 0) best = volume
  }
  return best
}

function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata, status } = volume
  const { claimRef } = spec ?? {}
  if (claimRef !== undefined) {
    const mine = claimRef.namespace === claim.metadata?.namespace && claimRef.name === claim.metadata?.name
    if (!mine || (claimRef.uid && claimRef.uid !== claim.metadata?.uid)) return false
  } else if (status?.phase !== 'Available' || metadata?.deletionTimestamp !== undefined) return false
  if (classOf(volume) !== classOf(claim)) return false
  if ((spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false
  if ((spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) return false
  if (!(claim.spec?.accessModes ?? []).every((mode) => spec?.accessModes?.includes(mode))) return false
  if (compareQuantities(spec?.capacity?.['storage'], sizeOf(claim)) < 0) return false
  return claim.spec?.selector === undefined || matchesLabels(readSelector(claim.spec.selector), metadata?.labels)
}

/** Whether a new volume can be made for the claim on the node, or which of upstream's two reasons speaks against it. */
export function provisioningProblem(claim: PersistentVolumeClaim, node: NodeInfo, snapshot: Snapshot): 'bind' | 'space' | undefined {
  const storageClass = snapshot.world.storageClasses.get(classOf(claim))
  if (storageClass === undefined || !storageClass.provisioner || storageClass.provisioner === 'kubernetes.io/no-provisioner') return 'bind'
  if (!topologyAllows(storageClass, node)) return 'bind'
  const driver = snapshot.world.csiDrivers.get(storageClass.provisioner)
  if (!driver?.spec?.storageCapacity) return undefined
  return hasCapacity(claim, storageClass, node, snapshot) ? undefined : 'space'
}

function topologyAllows({ allowedTopologies = [] }: StorageClass, { labels }: NodeInfo): boolean {
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key]!)),
  )
}

function hasCapacity(claim: PersistentVolumeClaim, { metadata }: StorageClass, node: NodeInfo, { world }: Snapshot): boolean {
  const enough = ({ maximumVolumeSize, capacity }: CSIStorageCapacity) => {
    const limit = maximumVolumeSize ?? capacity
    return limit !== undefined && compareQuantities(limit, sizeOf(claim)) >= 0
  }
  return world.csiCapacities
    .list()
    .some(
      (entry) =>
        entry.storageClassName === metadata?.name &&
        enough(entry) &&
        entry.nodeTopology !== undefined &&
        matchesLabels(readSelector(entry.nodeTopology), node.labels),
    )
}

// Which volume suits a claim on a node: the smallest that is large enough, of its class, mode and labels, and free. What does not depend on
// the node is found out once per pod.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import type { StorageClass } from '../../../openapi/types/storage/v1.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { matchesLabels, type Selector } from '../../apimachinery/selectors/label-selector.ts'
import type { NodeInfo } from '../node-info.ts'
import { readSelector } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { classOf, volumeReaches } from './volume-claims.ts'

/** What may become of a claim that waits for its consumer. */
export interface ClaimOptions {
  claim: PersistentVolumeClaim
  /** Volumes that suit it: one given to it already first, then by size. */
  volumes: readonly PersistentVolume[]
  /** How a new volume would be made, if one can be. */
  provisioning: Provisioning | undefined
}

interface Provisioning {
  storageClass: StorageClass
  /** Nodes that can reach enough free storage; undefined: the driver does not tell. */
  reach: readonly Selector[] | undefined
}

const keyOf = ({ metadata }: PersistentVolumeClaim): string => `${metadata?.namespace}/${metadata?.name}`
const sizeOf = (claim: PersistentVolumeClaim): string => claim.spec?.resources?.requests?.['storage'] ?? '0'

/** Everything about a claim that is the same for all nodes. */
export function claimOptions(claim: PersistentVolumeClaim, snapshot: Snapshot): ClaimOptions {
  const given = ({ spec }: PersistentVolume) => (spec?.claimRef === undefined ? 1 : 0)
  const volumes = snapshot.world.volumes
    .list()
    .filter((volume) => suits(volume, claim))
    .sort((a, b) => given(a) - given(b) || compareQuantities(a.spec?.capacity?.['storage'], b.spec?.capacity?.['storage']))
  return { claim, volumes, provisioning: provisioningOf(claim, snapshot) }
}

/** The volume for the claim on the node; `taken` are those already given to other claims of the pod. */
export function volumeFor(
  { claim, volumes }: ClaimOptions,
  node: NodeInfo,
  { reservedVolumes }: Snapshot,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  return volumes.find((volume) => {
    const name = volume.metadata?.name ?? ''
    const reservedFor = reservedVolumes.get(name)
    return !taken.has(name) && (reservedFor === undefined || reservedFor === keyOf(claim)) && volumeReaches(volume, node)
  })
}

function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata, status } = volume
  if (classOf(volume) !== classOf(claim)) return false
  const { claimRef } = spec ?? {}
  if (claimRef !== undefined) {
    const mine = claimRef.namespace === claim.metadata?.namespace && claimRef.name === claim.metadata?.name
    if (!mine || (claimRef.uid && claimRef.uid !== claim.metadata?.uid)) return false
  } else if (status?.phase !== 'Available' || metadata?.deletionTimestamp !== undefined) return false
  if ((spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return false
  if ((spec?.volumeAttributesClassName ?? '') !== (claim.spec?.volumeAttributesClassName ?? '')) return false
  if (!(claim.spec?.accessModes ?? []).every((mode) => spec?.accessModes?.includes(mode))) return false
  if (compareQuantities(spec?.capacity?.['storage'], sizeOf(claim)) < 0) return false
  return claim.spec?.selector === undefined || matchesLabels(readSelector(claim.spec.selector), metadata?.labels)
}

function provisioningOf(claim: PersistentVolumeClaim, { world }: Snapshot): Provisioning | undefined {
  const storageClass = world.storageClasses.get(classOf(claim))
  if (storageClass === undefined || !storageClass.provisioner || storageClass.provisioner === 'kubernetes.io/no-provisioner')
    return undefined
  if (!world.csiDrivers.get(storageClass.provisioner)?.spec?.storageCapacity) return { storageClass, reach: undefined }
  const reach = world.csiCapacities.list().flatMap(({ storageClassName, nodeTopology, maximumVolumeSize, capacity }) => {
    const limit = maximumVolumeSize ?? capacity
    if (storageClassName !== storageClass.metadata?.name || nodeTopology === undefined || limit === undefined) return []
    return compareQuantities(limit, sizeOf(claim)) < 0 ? [] : [readSelector(nodeTopology)]
  })
  return { storageClass, reach }
}

/** Whether a new volume can be made for the claim on the node, or which of upstream's two reasons speaks against it. */
export function provisioningProblem({ provisioning }: ClaimOptions, { labels }: NodeInfo): 'bind' | 'space' | undefined {
  if (provisioning === undefined || !topologyAllows(provisioning.storageClass, labels)) return 'bind'
  const { reach } = provisioning
  return reach === undefined || reach.some((selector) => matchesLabels(selector, labels)) ? undefined : 'space'
}

function topologyAllows({ allowedTopologies = [] }: StorageClass, labels: NodeInfo['labels']): boolean {
  if (allowedTopologies.length === 0) return true
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => Object.hasOwn(labels, key) && values.includes(labels[key]!)),
  )
}

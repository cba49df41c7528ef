// Which volume suits a claim on a node: the smallest that is large enough, of its class, mode and labels, and free. What does not depend on
// the node is found out once per pod.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import type { CSIStorageCapacity, StorageClass } from '../../../openapi/types/storage/v1.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { matchesLabels, type Selector } from '../../apimachinery/selectors/label-selector.ts'
import type { NodeInfo } from '../node-info.ts'
import { readSelector } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { hostnameKey } from './spread-constraints.ts'
import { classOf, volumeReaches } from './volume-claims.ts'

/** What may become of a claim that waits for its consumer. */
export interface ClaimOptions {
  claim: PersistentVolumeClaim
  /** Volumes that suit it: one given to it already first, then by size. Those that lie on certain nodes are found by host name. */
  anywhere: readonly Suitable[]
  byHost: ReadonlyMap<string, readonly Suitable[]>
  /** How a new volume would be made, if one can be. */
  provisioning: Provisioning | undefined
}

/** A volume with its place in the order of preference. */
interface Suitable {
  volume: PersistentVolume
  place: number
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
  const anywhere: Suitable[] = []
  const byHost = new Map<string, Suitable[]>()
  for (const [place, volume] of volumes.entries()) {
    const hosts = hostsOf(volume)
    if (hosts === undefined) anywhere.push({ volume, place })
    for (const host of hosts ?? []) {
      const there = byHost.get(host)
      if (there === undefined) byHost.set(host, [{ volume, place }])
      else there.push({ volume, place })
    }
  }
  return { claim, anywhere, byHost, provisioning: provisioningOf(claim, snapshot) }
}

/** The host names outside which the volume cannot be reached; undefined when its affinity does not tell. */
function hostsOf({ spec }: PersistentVolume): Set<string> | undefined {
  const hosts = new Set<string>()
  for (const { matchExpressions = [] } of spec?.nodeAffinity?.required?.nodeSelectorTerms ?? []) {
    const named = matchExpressions.find(({ key, operator }) => key === hostnameKey && operator === 'In')
    if (named === undefined) return undefined
    for (const value of named.values ?? []) hosts.add(value)
  }
  return hosts.size === 0 ? undefined : hosts
}

/** The volume for the claim on the node; `taken` are those already given to other claims of the pod. */
export function volumeFor(
  { claim, anywhere, byHost }: ClaimOptions,
  node: NodeInfo,
  { reservedVolumes }: Snapshot,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const isFree = ({ volume }: Suitable): boolean => {
    const name = volume.metadata?.name ?? ''
    const reservedFor = reservedVolumes.get(name)
    return !taken.has(name) && (reservedFor === undefined || reservedFor === keyOf(claim)) && volumeReaches(volume, node)
  }
  const local = byHost.get(node.labels[hostnameKey] ?? '')?.find(isFree)
  const other = anywhere.find(isFree)
  if (local === undefined || other === undefined) return (local ?? other)?.volume
  return local.place < other.place ? local.volume : other.volume
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
  const reach = world.csiCapacities.list().flatMap((entry) => {
    const { storageClassName, nodeTopology } = entry
    const limit = volumeLimit(entry)
    if (storageClassName !== storageClass.metadata?.name || nodeTopology === undefined || limit === undefined) return []
    return compareQuantities(limit, sizeOf(claim)) < 0 ? [] : [readSelector(nodeTopology)]
  })
  return { storageClass, reach }
}

/** The largest volume that a driver can make there. */
export function volumeLimit({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined {
  return maximumVolumeSize ?? capacity
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

// Which volumes a node should have attached: those of storage drivers that its pods use through claims. Pure.
import { createHash } from 'node:crypto'
import type {
  Node as NodeObject,
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
  Pod as PodObject,
} from '../../openapi/types/core/v1.ts'
import type { VolumeAttachment as VolumeAttachmentObject } from '../../openapi/types/storage/v1.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { isControlledBy } from '../../src/controller/owners.ts'
import type { AttachReads } from './index.ts'

/** A volume that pods of the node want. */
export interface Wanted {
  volume: PersistentVolumeObject
  driver: string
  handle: string
  pods: PodObject[]
}

/** By the name of the PersistentVolume, in the order of pods and their volumes. */
export function wantedVolumes(nodeName: string, reads: AttachReads): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>()
  for (const pod of reads.pods.by('node-of-user', nodeName)) {
    if (hasEnded(pod)) continue
    for (const volume of volumesOf(pod, reads)) {
      const { driver = '', volumeHandle = '' } = volume.spec?.csi ?? {}
      if (driver === '' || reads.drivers.get(driver)?.spec?.attachRequired === false) continue
      const name = volume.metadata?.name ?? ''
      const known = wanted.get(name)
      if (known === undefined) wanted.set(name, { volume, driver, handle: volumeHandle, pods: [pod] })
      else if (!known.pods.includes(pod)) known.pods.push(pod)
    }
  }
  return wanted
}

/** No container of the pod can touch a volume any more. */
export function hasEnded(pod: PodObject): boolean {
  if (isPodTerminal(pod)) return true
  const statuses = pod.status?.containerStatuses ?? []
  return (
    pod.metadata?.deletionTimestamp !== undefined &&
    statuses.every(({ state }) => state?.terminated !== undefined || state?.waiting !== undefined)
  )
}

function volumesOf(pod: PodObject, { claims, volumes }: AttachReads): PersistentVolumeObject[] {
  const { namespace, name: podName } = pod.metadata ?? {}
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim === undefined && ephemeral === undefined) return []
    const claim = claims.get(persistentVolumeClaim?.claimName ?? `${podName}-${name}`, namespace)
    if (claim === undefined || (ephemeral !== undefined && !isControlledBy(claim, pod))) return []
    const volume = boundVolume(claim, volumes)
    return volume === undefined ? [] : [volume]
  })
}

function boundVolume(claim: PersistentVolumeClaimObject, volumes: AttachReads['volumes']): PersistentVolumeObject | undefined {
  if (claim.status?.phase !== 'Bound' || !claim.spec?.volumeName) return undefined
  const volume = volumes.get(claim.spec.volumeName)
  return volume?.spec?.claimRef?.uid === claim.metadata?.uid ? volume : undefined
}

/** The name by which a node's status calls a volume of a driver. */
export function uniqueName(driver: string, handle: string): string {
  return `kubernetes.io/csi/${driver}^${handle}`
}

/** The name of the attachment of a volume to a node, as drivers' helpers compute it too. */
export function attachmentName({ driver, handle }: Pick<Wanted, 'driver' | 'handle'>, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${handle}${driver}${nodeName}`).digest('hex')}`
}

/** Whether several nodes may have it at once; a volume that says nothing is not fenced. */
export function isShareable({ spec }: PersistentVolumeObject): boolean {
  const modes = spec?.accessModes ?? []
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany')
}

/** Whether a kubelet still has the volume mounted, as far as it says. */
export function isInUse(
  node: NodeObject | undefined,
  attachment: VolumeAttachmentObject,
  volume: PersistentVolumeObject | undefined,
): boolean {
  const inUse = node?.status?.volumesInUse ?? []
  if (volume?.spec?.csi === undefined) return inUse.some((name) => name.startsWith(uniqueName(attachment.spec?.attacher ?? '', '')))
  return inUse.includes(uniqueName(volume.spec.csi.driver, volume.spec.csi.volumeHandle))
}

// NodeVolumeLimits: a node attaches at most as many volumes of a CSI driver as its CSINode says.
import { definePlugin, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { type PodInfo, podInfo } from '../pod-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { classOf, ofItsClaims } from './volume-claims.ts'

const rejection = unschedulable('node(s) exceed max volume count')

interface State {
  /** Volumes with their drivers that are attached to each node, whoever uses them; read when the first node has limits. */
  attachments?: ReadonlyMap<string, ReadonlyMap<string, string>>
}

export const nodeVolumeLimits = definePlugin<State>({
  name: 'NodeVolumeLimits',
  prepare: ({ pod, claims }) =>
    claims.length === 0 && !(pod.spec?.volumes ?? []).some(({ csi }) => csi !== undefined) ? { skip: true } : { state: {} },
  filter(state, pod, node, snapshot) {
    const drivers = snapshot.world.csiNodes.get(node.name)?.spec?.drivers ?? []
    const limits = new Map(
      drivers.flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])),
    )
    if (limits.size === 0) return undefined
    state.attachments ??= attachmentsByNode(snapshot)
    const attached = attachedVolumes(node, snapshot, state.attachments)
    const fresh = [...volumesOf(pod, snapshot)].filter(([volume]) => !attached.has(volume))
    for (const [driver, limit] of limits) {
      const wanted = fresh.filter(([, name]) => name === driver).length
      if (wanted > 0 && [...attached.values()].filter((name) => name === driver).length + wanted > limit) return rejection
    }
    return undefined
  },
  retryOn: {
    CSINodeAdd: true,
    CSINodeUpdate: true,
    AssignedPodDelete: (_, { previous }) => previous !== undefined && podInfo(previous).claims.length > 0,
    PersistentVolumeClaimAdd: ofItsClaims,
    PersistentVolumeClaimUpdate: ofItsClaims,
    PersistentVolumeAdd: true,
    VolumeAttachmentDelete: true,
  },
})

/** Volumes of a pod with the driver of each. A claim without volume counts as one of its class's driver. */
function* volumesOf({ namespace, claims }: PodInfo, { world }: Snapshot): Generator<readonly [volume: string, driver: string]> {
  for (const key of claims) {
    const claim = world.claims.get(key.slice(namespace.length + 1), namespace)
    if (claim === undefined) continue
    const volume = claim.spec?.volumeName ? world.volumes.get(claim.spec.volumeName) : undefined
    if (volume?.spec?.csi !== undefined) yield [`${volume.spec.csi.driver}/${volume.spec.csi.volumeHandle}`, volume.spec.csi.driver]
    else if (volume === undefined) {
      const driver = world.storageClasses.get(classOf(claim))?.provisioner
      if (driver !== undefined) yield [`claim ${key}`, driver]
    }
  }
}

/** Volumes the pods of the node use, and those attached for other reasons. */
function attachedVolumes(
  node: NodeInfo,
  snapshot: Snapshot,
  attachments: ReadonlyMap<string, ReadonlyMap<string, string>>,
): ReadonlyMap<string, string> {
  const attached = new Map(attachments.get(node.name))
  for (const pod of node.pods.values()) for (const [volume, driver] of volumesOf(pod, snapshot)) attached.set(volume, driver)
  return attached
}

function attachmentsByNode({ world }: Snapshot): Map<string, Map<string, string>> {
  const byNode = new Map<string, Map<string, string>>()
  for (const { spec } of world.volumeAttachments.list()) {
    const csi = world.volumes.get(spec?.source.persistentVolumeName ?? '')?.spec?.csi
    if (csi === undefined || spec === undefined) continue
    let attached = byNode.get(spec.nodeName)
    if (attached === undefined) byNode.set(spec.nodeName, (attached = new Map()))
    attached.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
  }
  return byNode
}

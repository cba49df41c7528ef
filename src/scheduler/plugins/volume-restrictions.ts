// VolumeRestrictions: disks that only one pod may use at a time, and claims with the access mode ReadWriteOncePod.
import type { Volume } from '../../../openapi/types/core/v1.ts'
import { definePlugin, unresolvable, unschedulable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import { type PodInfo, podInfo } from '../pod-info.ts'
import { ofItsClaims } from './volume-claims.ts'

const diskConflict = unschedulable('node(s) had no available disk')
const podConflict = unschedulable('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode')

interface State {
  /** Its claims with ReadWriteOncePod. */
  exclusive: readonly string[]
  /** How often pods anywhere use one of those. */
  uses: number
  disks: readonly Volume[]
}

export const volumeRestrictions = definePlugin<State>({
  name: 'VolumeRestrictions',
  prepare({ pod, claims, namespace }, { world, nodes }) {
    const disks = (pod.spec?.volumes ?? []).filter(isExclusiveDisk)
    const exclusive: string[] = []
    for (const key of claims) {
      const name = key.slice(namespace.length + 1)
      const claim = world.claims.get(name, namespace)
      const ephemeral = (pod.spec?.volumes ?? []).some((volume) => volume.ephemeral !== undefined && key.endsWith(`-${volume.name}`))
      if (claim === undefined && !ephemeral) return { rejection: unresolvable(`persistentvolumeclaim ${JSON.stringify(name)} not found`) }
      if (claim?.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.push(key)
    }
    return disks.length + exclusive.length === 0 ? { skip: true } : { state: { exclusive, disks, uses: usesOf(exclusive, nodes) } }
  },
  filter({ uses, disks }, _, node) {
    if (disks.some((disk) => isDiskTaken(disk, node))) return diskConflict
    return uses > 0 ? podConflict : undefined
  },
  copyState: (state) => ({ ...state }),
  addPod: (state, _, other) => void (state.uses += shared(state.exclusive, other)),
  removePod: (state, _, other) => void (state.uses -= shared(state.exclusive, other)),
  retryOn: {
    AssignedPodDelete: (pod, { previous }) => previous !== undefined && givesWay(podInfo(previous), pod),
    NodeAdd: true,
    PersistentVolumeClaimAdd: ofItsClaims,
    PersistentVolumeClaimUpdate: ofItsClaims,
  },
})

/** Whether a pod that went had a claim or a disk that this one wants for itself. */
function givesWay(gone: PodInfo, pod: PodInfo): boolean {
  const disks = (pod.pod.spec?.volumes ?? []).filter(isExclusiveDisk)
  return shared(pod.claims, gone) > 0 || disks.some((disk) => (gone.pod.spec?.volumes ?? []).some((other) => collide(disk, other)))
}

function usesOf(claims: readonly string[], nodes: readonly NodeInfo[]): number {
  if (claims.length === 0) return 0
  return nodes.reduce((sum, node) => sum + claims.reduce((uses, claim) => uses + (node.claims.get(claim) ?? 0), 0), 0)
}

function shared(claims: readonly string[], other: PodInfo): number {
  return other.claims.filter((claim) => claims.includes(claim)).length
}

function isExclusiveDisk({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): boolean {
  return [gcePersistentDisk, awsElasticBlockStore, iscsi, rbd].some((source) => source !== undefined)
}

function isDiskTaken(disk: Volume, node: NodeInfo): boolean {
  return [...node.pods.values()].some(({ pod }: PodInfo) => (pod.spec?.volumes ?? []).some((other) => collide(disk, other)))
}

/** Read-only use may be shared, except that of EBS. */
function collide(a: Volume, b: Volume): boolean {
  const readOnly = (x: { readOnly?: boolean }, y: { readOnly?: boolean }) => Boolean(x.readOnly && y.readOnly)
  if (a.gcePersistentDisk !== undefined && b.gcePersistentDisk !== undefined) {
    return a.gcePersistentDisk.pdName === b.gcePersistentDisk.pdName && !readOnly(a.gcePersistentDisk, b.gcePersistentDisk)
  }
  if (a.awsElasticBlockStore !== undefined && b.awsElasticBlockStore !== undefined) {
    return a.awsElasticBlockStore.volumeID === b.awsElasticBlockStore.volumeID
  }
  if (a.iscsi !== undefined && b.iscsi !== undefined) return a.iscsi.iqn === b.iscsi.iqn && !readOnly(a.iscsi, b.iscsi)
  if (a.rbd === undefined || b.rbd === undefined) return false
  const monitors = b.rbd.monitors
  const same = a.rbd.image === b.rbd.image && (a.rbd.pool ?? 'rbd') === (b.rbd.pool ?? 'rbd')
  return same && a.rbd.monitors.some((monitor) => monitors.includes(monitor)) && !readOnly(a.rbd, b.rbd)
}

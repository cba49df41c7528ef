// VolumeBinding: bound volumes must reach the node; claims that wait for a consumer get a volume there, or one is ordered.
// https://kubernetes.io/docs/concepts/storage/storage-classes/#volume-binding-mode
import type { PersistentVolume, PersistentVolumeClaim } from '../../../openapi/types/core/v1.ts'
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '../../../openapi/types/storage/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { compareQuantities } from '../../apimachinery/quantity.ts'
import { type BindStep, definePlugin, type Rejection, type Reservation, unresolvable } from '../framework.ts'
import type { NodeInfo } from '../node-info.ts'
import type { Snapshot } from '../snapshot.ts'
import { classOf, isBound, ofItsClaims, podClaims, volumeReaches } from './volume-claims.ts'
import { type ClaimOptions, claimOptions, provisioningProblem, volumeFor, volumeLimit } from './volume-matching.ts'

const bindConflict = "node(s) didn't find available persistent volumes to bind"
const nodeConflict = "node(s) didn't match PersistentVolume's node affinity"
const notEnoughSpace = 'node(s) did not have enough free storage'
const volumeMissing = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)'

/** The annotation by which a claim waiting for its first consumer learns the node. */
export const selectedNode = 'volume.kubernetes.io/selected-node'

interface State {
  bound: readonly PersistentVolumeClaim[]
  /** Waiting for this pod to be placed, by size. */
  delayed: readonly ClaimOptions[]
}

export const volumeBinding = definePlugin<State>({
  name: 'VolumeBinding',
  prepare(pod, snapshot) {
    const claims = podClaims(pod, snapshot)
    if (typeof claims === 'string') return { rejection: unresolvable(claims) }
    if (claims.length === 0) return { skip: true }
    const unbound = claims.filter((claim) => !isBound(claim))
    if (!unbound.every((claim) => isDelayed(claim, snapshot)))
      return { rejection: unresolvable('pod has unbound immediate PersistentVolumeClaims') }
    return { state: { bound: claims.filter(isBound), delayed: unbound.sort(bySize).map((claim) => claimOptions(claim, snapshot)) } }
  },
  filter(state, _, node, snapshot) {
    const reasons = new Set<string>()
    for (const claim of state.bound) {
      const volume = snapshot.world.volumes.get(claim.spec?.volumeName ?? '')
      if (volume === undefined) reasons.add(volumeMissing)
      else if (!volumeReaches(volume, node)) reasons.add(nodeConflict)
    }
    const steps = bindSteps(state, node, snapshot)
    if (!Array.isArray(steps)) reasons.add(steps.reason)
    return reasons.size === 0 ? undefined : unresolvable(...reasons)
  },
  reserve(state, _, node, snapshot): Reservation | Rejection | undefined {
    const steps = bindSteps(state, node, snapshot)
    if (!Array.isArray(steps)) return unresolvable(steps.reason)
    return steps.length === 0 ? undefined : { steps }
  },
  retryOn: {
    StorageClassAdd: true,
    StorageClassUpdate: (_, { previous, object }) =>
      !semanticEqual((previous as StorageClass).allowedTopologies, (object as StorageClass).allowedTopologies),
    PersistentVolumeClaimAdd: ofItsClaims,
    PersistentVolumeClaimUpdate: ofItsClaims,
    PersistentVolumeAdd: true,
    PersistentVolumeUpdate: true,
    NodeAdd: true,
    NodeLabel: true,
    CSINodeAdd: true,
    CSIDriverUpdate: (_, { previous, object }) =>
      Boolean((previous as CSIDriver | undefined)?.spec.storageCapacity) && !(object as CSIDriver).spec.storageCapacity,
    CSIStorageCapacityAdd: true,
    CSIStorageCapacityUpdate: (_, { previous, object }) =>
      compareQuantities(volumeLimit(object as CSIStorageCapacity), volumeLimit(previous as CSIStorageCapacity)) > 0,
  },
})

/** Claims that name a volume themselves are bound at once, whatever the class says. */
function isDelayed(claim: PersistentVolumeClaim, { world }: Snapshot): boolean {
  return world.storageClasses.get(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec?.volumeName
}

const bySize = (a: PersistentVolumeClaim, b: PersistentVolumeClaim) =>
  compareQuantities(a.spec?.resources?.requests?.['storage'], b.spec?.resources?.requests?.['storage'])

/** What has to be written so that every delayed claim gets its volume on the node. */
function bindSteps({ delayed }: State, node: NodeInfo, snapshot: Snapshot): BindStep[] | { reason: string } {
  const steps: BindStep[] = []
  const taken = new Set<string>()
  for (const options of delayed) {
    const { claim } = options
    const chosen = claim.metadata?.annotations?.[selectedNode]
    if (chosen !== undefined && chosen !== node.name) return { reason: bindConflict }
    const volume: PersistentVolume | undefined = chosen === undefined ? volumeFor(options, node, snapshot, taken) : undefined
    if (volume !== undefined) {
      taken.add(volume.metadata?.name ?? '')
      steps.push({ kind: 'bind-volume', volume, claim })
      continue
    }
    const problem = provisioningProblem(options, node)
    if (problem !== undefined) return { reason: problem === 'bind' ? bindConflict : notEnoughSpace }
    steps.push({ kind: 'provision-claim', claim })
  }
  return steps
}

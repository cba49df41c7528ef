// One claim's turn: find it a volume, order one, or see that the one it has is still its own.
import type { PersistentVolumeClaim as PersistentVolumeClaimObject } from '../../openapi/types/core/v1.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { isDefaultStorageClass } from '../../src/api/storage/storageclass.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { event, type Plan, patch, plan, type Write } from '../../src/controller/plan.ts'
import { annotated, bind, bindCompleted, unboundClaimStatus } from './binding.ts'
import type { BinderReads } from './index.ts'
import { bestVolume, className, isFor, mismatch, namesClass } from './matching.ts'
import { provision, selectedNode } from './provisioning.ts'

/** What to do for a claim now. `directory` is where volumes of our own are made. */
export function claimPlan(claim: PersistentVolumeClaimObject, reads: BinderReads, directory: string): Plan {
  if (annotated(claim, bindCompleted)) return boundClaimPlan(claim, reads)
  return claim.spec?.volumeName ? requestedVolumePlan(claim, claim.spec.volumeName, reads) : openClaimPlan(claim, reads, directory)
}

/** The claim takes any volume. */
function openClaimPlan(claim: PersistentVolumeClaimObject, reads: BinderReads, directory: string): Plan {
  const name = className(claim)
  const waits = reads.classes.get(name)?.volumeBindingMode === 'WaitForFirstConsumer'
  const volume = bestVolume(claim, reads.volumes, waits)
  if (volume !== undefined) return bind(volume, claim)
  const classed = namesClass(claim) ? undefined : defaultClassed(claim, reads)
  if (classed !== undefined) return plan(classed)
  const pending = unboundClaimStatus(claim, 'Pending')
  if (waits && !annotated(claim, selectedNode)) return plan(pending, waitingEvent(claim, reads))
  if (name !== '') return provision(claim, reads.classes, reads.volumes, directory)
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return plan(pending, event('Normal', 'FailedBinding', message))
}

/** A default class that came later than the claim; the newest, as at admission. */
function defaultClassed(claim: PersistentVolumeClaimObject, { classes }: BinderReads): Write | undefined {
  const born = (one: { metadata?: { creationTimestamp?: string } }) => one.metadata?.creationTimestamp ?? ''
  const [chosen] = classes
    .list()
    .filter(isDefaultStorageClass)
    .sort((a, b) => (born(a) === born(b) ? (objectKey(a) < objectKey(b) ? -1 : 1) : born(a) < born(b) ? 1 : -1))
  if (chosen === undefined) return undefined
  const metadata = { resourceVersion: claim.metadata?.resourceVersion }
  return patch(PersistentVolumeClaim, claim, { metadata, spec: { storageClassName: chosen.metadata?.name } })
}

function waitingEvent(claim: PersistentVolumeClaimObject, { pods }: BinderReads): ReturnType<typeof event> {
  const names = pods
    .by('claims-of-pod', objectKey(claim))
    .filter((pod) => !isPodTerminal(pod) && !pod.spec?.nodeName)
    .map(({ metadata }) => metadata?.name ?? '')
  if (names.length === 0) return event('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
  return event('Normal', 'WaitForPodScheduled', `waiting for pod${names.length > 1 ? 's' : ''} ${names.join(',')} to be scheduled`)
}

/** The claim takes this volume only. */
function requestedVolumePlan(claim: PersistentVolumeClaimObject, volumeName: string, { volumes }: BinderReads): Plan {
  const volume = volumes.get(volumeName)
  const pending = unboundClaimStatus(claim, 'Pending')
  if (volume === undefined) return plan(pending)
  const quoted = JSON.stringify(volumeName)
  if (volume.spec?.claimRef === undefined) {
    const problem = mismatch(volume, claim)
    if (problem === undefined) return bind(volume, claim)
    return plan(pending, event('Warning', 'VolumeMismatch', `Cannot bind to requested volume ${quoted}: ${problem}`))
  }
  if (isFor(volume, claim)) return bind(volume, claim)
  return plan(pending, event('Warning', 'FailedBinding', `volume ${quoted} already bound to a different claim.`))
}

/** A binding that was whole once. */
function boundClaimPlan(claim: PersistentVolumeClaimObject, { volumes }: BinderReads): Plan {
  const { volumeName } = claim.spec ?? {}
  if (!volumeName) return lost(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = volumes.get(volumeName)
  if (volume === undefined) return lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const holder = volume.spec?.claimRef
  if (holder === undefined || holder.uid === claim.metadata?.uid) return bind(volume, claim)
  return lost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

function lost(claim: PersistentVolumeClaimObject, reason: string, message: string): Plan {
  return claim.status?.phase === 'Lost' ? plan() : plan(unboundClaimStatus(claim, 'Lost'), event('Warning', reason, message))
}

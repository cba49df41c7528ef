// What is said and done about a volume that pods of a node want: one attachment, told to the pods when it is there or fails.
import type { PersistentVolume as PersistentVolumeObject, Pod as PodObject } from '../../openapi/types/core/v1.ts'
import type { VolumeAttachment as VolumeAttachmentObject } from '../../openapi/types/storage/v1.ts'
import { VolumeAttachment } from '../../src/api/storage/volumeattachment.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { create, event, nothing, type Plan, plan, requeueAfter } from '../../src/controller/plan.ts'
import type { AttachReads, NodeNotes } from './index.ts'
import { attachmentName, hasEnded, isShareable, type Wanted } from './volumes.ts'

/** How long a driver may take before its pods are told, again and again. */
const attachTimeoutMs = 120_000

/** The next step towards the attachment of a volume. `had`: the node's status has it already. */
export function attaching(
  wanted: Wanted,
  nodeName: string,
  reads: AttachReads,
  notes: NodeNotes,
  { now, had }: { now: number; had: boolean },
): Plan {
  const attachment = reads.attachments.get(attachmentName(wanted, nodeName))
  if (attachment === undefined) return begun(wanted, nodeName, reads, notes)
  const name = wanted.volume.metadata?.name ?? ''
  notes.refused.delete(name)
  if (attachment.metadata?.deletionTimestamp !== undefined) return nothing
  if (attachment.status?.attached) {
    notes.told.delete(name)
    return had
      ? nothing
      : told(wanted, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume ${JSON.stringify(name)} `)
  }
  return waiting(wanted, attachment, notes, now)
}

function begun(wanted: Wanted, nodeName: string, reads: AttachReads, notes: NodeNotes): Plan {
  const { volume, driver } = wanted
  const name = volume.metadata?.name ?? ''
  if (!isShareable(volume)) {
    const others = reads.attachments.by('volume-of-attachment', name).filter(({ spec }) => spec?.nodeName !== nodeName)
    if (others.length > 0) return refused(wanted, others, reads, notes)
  }
  notes.refused.delete(name)
  return plan(
    create(VolumeAttachment, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: attachmentName(wanted, nodeName) },
      spec: { attacher: driver, nodeName, source: { persistentVolumeName: name } },
    }),
  )
}

/** Pods are told once why their volume does not come; it is theirs when the other node has let it go. */
function refused(wanted: Wanted, others: readonly VolumeAttachmentObject[], reads: AttachReads, notes: NodeNotes): Plan {
  const { volume } = wanted
  const name = volume.metadata?.name ?? ''
  const holders = others.filter(({ status }) => status?.attached).map(({ spec }) => spec?.nodeName ?? '')
  if (holders.length === 0 || notes.refused.has(name)) return nothing
  notes.refused.add(name)
  const users = usersOf(volume, holders, reads)
  return told(wanted, 'Warning', 'FailedAttachVolume', `Multi-Attach error for volume ${JSON.stringify(name)} ${holdersText(users)}`)
}

function usersOf({ spec }: PersistentVolumeObject, nodes: readonly string[], { pods }: AttachReads): PodObject[] {
  const key = `${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`
  return pods.by('claims-of-pod', key).filter((pod) => nodes.includes(pod.spec?.nodeName ?? '') && !hasEnded(pod))
}

/** All are of one namespace: that of the claim. */
function holdersText(users: readonly PodObject[]): string {
  if (users.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another"
  return `Volume is already used by pod(s) ${users
    .map(({ metadata }) => metadata?.name ?? '')
    .sort()
    .join(', ')}`
}

/** A driver's error is told once; its silence each time it is too long. */
function waiting(wanted: Wanted, attachment: VolumeAttachmentObject, notes: NodeNotes, now: number): Plan {
  const { volume, driver, handle } = wanted
  const name = volume.metadata?.name ?? ''
  const failed = (what: string) =>
    told(wanted, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume ${JSON.stringify(name)} : ${what}`)
  const error = attachment.status?.attachError
  if (error !== undefined) {
    const seen = `${error.time} ${error.message}`
    if (notes.told.get(name) === seen) return nothing
    notes.told.set(name, seen)
    return failed(error.message ?? '')
  }
  const last = notes.told.get(name)
  const since = typeof last === 'number' ? last : Date.parse(attachment.metadata?.creationTimestamp ?? '')
  const left = since + attachTimeoutMs - now
  if (left > 0) return plan(requeueAfter(left))
  notes.told.set(name, now)
  return plan(
    failed(`timed out waiting for external-attacher of ${driver} CSI driver to attach volume ${handle}`),
    requeueAfter(attachTimeoutMs),
  )
}

function told({ pods }: Wanted, type: 'Normal' | 'Warning', reason: string, message: string): Plan {
  const sorted = [...pods].sort((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1))
  return plan(...sorted.map((pod) => event(type, reason, message, { ...pod, apiVersion: 'v1', kind: 'Pod' })))
}

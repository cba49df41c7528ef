// Attaches volumes of storage drivers to the nodes whose pods use them, and detaches them afterwards: VolumeAttachments are the orders, which
// drivers carry out; a node's status.volumesAttached says what is there. https://kubernetes-csi.github.io/docs/external-attacher.html
import type {
  Node as NodeObject,
  PersistentVolumeClaim as PersistentVolumeClaimObject,
  PersistentVolume as PersistentVolumeObject,
  Pod as PodObject,
} from '../../openapi/types/core/v1.ts'
import type { VolumeAttachment as VolumeAttachmentObject } from '../../openapi/types/storage/v1.ts'
import { Node } from '../../src/api/core/node.ts'
import { PersistentVolume } from '../../src/api/core/persistentvolume.ts'
import { PersistentVolumeClaim } from '../../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { CSIDriver } from '../../src/api/storage/csidriver.ts'
import { VolumeAttachment } from '../../src/api/storage/volumeattachment.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type ReadsOf } from '../../src/controller/define.ts'
import { nothing, type Plan, patch, plan, remove, requeueAfter, type Write } from '../../src/controller/plan.ts'
import { claimKeysOf } from '../shared/pod-claims.ts'
import { attaching } from './attaching.ts'
import { isInUse, uniqueName, wantedVolumes } from './volumes.ts'

const reads = { pods: Pod, claims: PersistentVolumeClaim, volumes: PersistentVolume, attachments: VolumeAttachment, drivers: CSIDriver }

/** The caches that decide: from a pod through its claim to the volume, its driver and its attachments there is no shorter way. */
export type AttachReads = ReadsOf<typeof reads>

/** What is remembered of a node. */
export interface NodeNotes {
  /** Volumes whose pods were told that another node has them. */
  refused: Set<string>
  /** The last error of a volume's driver that was told, or when its silence was. */
  told: Map<string, string | number>
  /** When an attachment was first seen to be unwanted. */
  unwantedSince: Map<string, number>
}

const managed = 'volumes.kubernetes.io/controller-managed-attach-detach'
/** How long a kubelet that does not answer may keep a volume. */
const maxWaitForUnmountMs = 360_000

export const persistentvolumeAttachDetach = defineController({
  name: 'persistentvolume-attach-detach',
  for: Node,
  eventSource: 'attachdetach-controller',
  wakes: (node: NodeObject, previous: NodeObject) => !semanticEqual(concerns(node), concerns(previous)),
  reads,
  indexes: {
    'node-of-user': {
      kind: Pod,
      values: (pod: PodObject) => (pod.spec?.nodeName && claimKeysOf(pod).length > 0 ? [pod.spec.nodeName] : []),
    },
    'claims-of-pod': { kind: Pod, values: (pod: PodObject) => claimKeysOf(pod) },
    'volume-of-attachment': {
      kind: VolumeAttachment,
      values: ({ spec }: VolumeAttachmentObject) => (spec?.source?.persistentVolumeName ? [spec.source.persistentVolumeName] : []),
    },
    'node-of-attachment': {
      kind: VolumeAttachment,
      values: ({ spec }: VolumeAttachmentObject) => (spec?.nodeName ? [spec.nodeName] : []),
    },
  },
  watches: [
    { kind: Pod, map: (pod: PodObject) => (pod.spec?.nodeName && claimKeysOf(pod).length > 0 ? [pod.spec.nodeName] : []) },
    { kind: PersistentVolumeClaim, map: (claim: PersistentVolumeClaimObject, { pods }) => nodesOf(objectKey(claim), pods) },
    {
      // the node itself, and those whose pods wait for the volume
      kind: VolumeAttachment,
      map: ({ spec }: VolumeAttachmentObject, { pods, volumes }) => {
        const claim = volumes.get(spec?.source?.persistentVolumeName ?? '')?.spec?.claimRef
        const others = claim === undefined ? [] : nodesOf(`${claim.namespace}/${claim.name}`, pods)
        return [...new Set([...(spec?.nodeName ? [spec.nodeName] : []), ...others])]
      },
    },
  ],
  /** Upstream's --disable-force-detach-on-timeout. */
  options: { disableForceDetachOnTimeout: false },
  reconcile(node, listers, { now, memory, key, options }) {
    if (node.metadata?.annotations?.[managed] === undefined) return nothing
    const notes = notesOf(key, memory)
    const wanted = wantedVolumes(key, listers)
    const { detached, kept, again } = detaching(node, key, listers, notes, now, wanted, options['disableForceDetachOnTimeout'] === true)
    const had = new Set((node.status?.volumesAttached ?? []).map(({ name }) => name))
    const attached = [...wanted.values()].map((one) =>
      attaching(one, key, listers, notes, { now, had: had.has(uniqueName(one.driver, one.handle)) }),
    )
    for (const name of notes.refused) if (!wanted.has(name)) notes.refused.delete(name)
    for (const name of notes.told.keys()) if (!wanted.has(name)) notes.told.delete(name)
    if (notes.refused.size + notes.told.size + notes.unwantedSince.size === 0) memory.delete(key)
    // the status comes before a detachment: a kubelet must not mount what is about to go
    return plan(reported(node, kept, listers.volumes), ...detached, ...attached, requeueAfter(again))
  },
  absent(key, listers, { now, memory, options }) {
    const notes = notesOf(key, memory)
    const { detached } = detaching(
      undefined,
      key,
      listers,
      notes,
      now,
      wantedVolumes(key, listers),
      options['disableForceDetachOnTimeout'] === true,
    )
    memory.delete(key)
    return plan(...detached)
  },
})

function nodesOf(claimKey: string, pods: AttachReads['pods']): string[] {
  return [...new Set(pods.by('claims-of-pod', claimKey).flatMap(({ spec }) => spec?.nodeName ?? []))]
}

/** What of a node decides; heartbeats do not. */
function concerns({ metadata, spec, status }: NodeObject): unknown {
  const { volumesInUse, volumesAttached } = status ?? {}
  return [metadata?.annotations?.[managed], spec?.taints, volumesInUse, volumesAttached, isReady(status)]
}

function isReady(status: NodeObject['status']): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

function notesOf(key: string, memory: Map<string, unknown>): NodeNotes {
  const known = memory.get(key) as NodeNotes | undefined
  if (known !== undefined) return known
  const fresh: NodeNotes = { refused: new Set(), told: new Map(), unwantedSince: new Map() }
  memory.set(key, fresh)
  return fresh
}

interface Detaching {
  detached: Write[]
  kept: VolumeAttachmentObject[]
  again: number | undefined
}

/** Attachments that no pod wants go, once the kubelet has let the volume go, or when it cannot say so any more. */
function detaching(
  node: NodeObject | undefined,
  nodeName: string,
  { attachments, volumes }: AttachReads,
  notes: NodeNotes,
  now: number,
  wanted: ReadonlyMap<string, unknown>,
  neverByForce: boolean,
): Detaching {
  const result: Detaching = { detached: [], kept: [], again: undefined }
  const seen = new Set<string>()
  const outOfService = node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') === true
  for (const attachment of [...attachments.by('node-of-attachment', nodeName)].sort(byName)) {
    const { name = '', deletionTimestamp } = attachment.metadata ?? {}
    const volumeName = attachment.spec?.source?.persistentVolumeName
    // somebody else's, of a volume within a pod
    if (volumeName === undefined || deletionTimestamp !== undefined) continue
    if (wanted.has(volumeName)) {
      result.kept.push(attachment)
      continue
    }
    seen.add(name)
    const since = notes.unwantedSince.get(name) ?? now
    notes.unwantedSince.set(name, since)
    const left = since + maxWaitForUnmountMs - now
    const byForce = outOfService || (left <= 0 && !neverByForce && !isReady(node?.status))
    if (byForce || !isInUse(node, attachment, volumes.get(volumeName))) result.detached.push(remove(VolumeAttachment, attachment))
    else {
      result.kept.push(attachment)
      if (left > 0) result.again = Math.min(result.again ?? left, left)
    }
  }
  for (const name of notes.unwantedSince.keys()) if (!seen.has(name)) notes.unwantedSince.delete(name)
  return result
}

const byName = (a: VolumeAttachmentObject, b: VolumeAttachmentObject): number =>
  (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1

/** The node's list of what is attached; other plugins' entries stay. */
function reported(node: NodeObject, kept: readonly VolumeAttachmentObject[], volumes: AttachReads['volumes']): Plan | undefined {
  const before = node.status?.volumesAttached ?? []
  const ours = kept.flatMap(({ spec, status }) => {
    const csi = volumeOf(volumes, spec?.source?.persistentVolumeName)?.spec?.csi
    return status?.attached && csi !== undefined ? [{ name: uniqueName(csi.driver, csi.volumeHandle), devicePath: '' }] : []
  })
  const others = before.filter(({ name }) => !name.startsWith('kubernetes.io/csi/'))
  const after = [...others, ...ours]
  if (semanticEqual(before, after)) return undefined
  return plan(patch(Node, node, { status: { volumesAttached: after.length === 0 ? null : after } }, 'status'))
}

function volumeOf(volumes: AttachReads['volumes'], name: string | undefined): PersistentVolumeObject | undefined {
  return name === undefined ? undefined : volumes.get(name)
}

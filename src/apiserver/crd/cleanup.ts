// What goes with a CustomResourceDefinition that is being deleted: first its objects, then its finalizer.
// Reasons and words: k8s.io/apiextensions-apiserver/pkg/controller/finalizer.
import type { CustomResourceDefinition as Crd } from '../../../openapi/types/apiextensions/v1.ts'
import { cleanupFinalizer } from '../../api/apiextensions/crd-deletion.ts'
import { isNotFound } from '../../apimachinery/api-error.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import { objectOf } from '../codec.ts'
import type { ServerContext } from '../context.ts'
import { deleteObject } from '../deletion.ts'
import { kindPrefix } from '../keys.ts'
import { updateObject } from '../store.ts'
import { plainStrategy } from '../strategy.ts'
import type { ConditionState } from './conditions.ts'
import { conditionOf, isTrue, withCondition } from './conditions.ts'
import { ownWrite } from './own-write.ts'

const inProgress: ConditionState = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}

/** Whether the definition waits for its objects to go. */
export function isLeaving(crd: Crd): boolean {
  return !!crd.metadata?.deletionTimestamp && crd.metadata.finalizers?.includes(cleanupFinalizer) === true
}

/**
 * One step of a deletion: says that it is under way, deletes the objects that are there, and takes the finalizer away once none is left.
 * `kind` is absent when the definition never got its names, or shares them with a built-in kind (`overlaps`).
 */
export async function leave(server: ServerContext, crdKind: Kind<Crd>, crd: Crd, kind: Kind | undefined, overlaps: boolean): Promise<void> {
  if (overlaps) {
    return finish(server, crdKind, crd, 'OverlappingBuiltInResource', 'instances overlap with built-in resources in storage')
  }
  if (kind === undefined || !isTrue(crd, 'Established')) {
    return finish(server, crdKind, crd, 'NeverEstablished', 'resource was never established')
  }
  if (conditionOf(crd, 'Terminating')?.reason !== inProgress.reason) await condition(server, crdKind, crd, inProgress)
  await deleteObjects(server, kind)
  const left = await server.storage.list(kindPrefix(kind), { limit: 1 })
  if (left.entries.length > 0) return
  await finish(server, crdKind, crd, 'InstanceDeletionCompleted', 'removed all instances')
}

/** Objects with finalizers stay marked; what others delete meanwhile is no fault. Yields between the writes. */
async function deleteObjects(server: ServerContext, kind: Kind): Promise<void> {
  await server.read.refresh()
  for (const entry of server.cache.bucket(kind).list(kindPrefix(kind))) {
    server.signal.throwIfAborted()
    const { metadata } = objectOf(kind, entry)
    if (metadata?.deletionTimestamp) continue
    try {
      await deleteObject(ownWrite(server, kind, metadata?.namespace, metadata?.name ?? ''), {}, { skipAdmission: true })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

async function condition(server: ServerContext, crdKind: Kind<Crd>, crd: Crd, state: ConditionState): Promise<void> {
  await change(server, crdKind, crd, (draft) => {
    draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, state, timestamp(server.clock.now())) }
  })
}

async function finish(server: ServerContext, crdKind: Kind<Crd>, crd: Crd, reason: string, message: string): Promise<void> {
  await change(server, crdKind, crd, (draft) => {
    const state = { type: 'Terminating', status: 'False', reason, message }
    draft.status = { ...draft.status, conditions: withCondition(draft.status?.conditions, state, timestamp(server.clock.now())) }
    draft.metadata!.finalizers = (draft.metadata!.finalizers ?? []).filter((name) => name !== cleanupFinalizer)
  })
}

/** Writes the definition as the server itself; one with another uid is left alone. */
async function change(server: ServerContext, crdKind: Kind<Crd>, crd: Crd, edit: (draft: Crd) => void): Promise<void> {
  const write = ownWrite(server, crdKind as unknown as Kind, undefined, crd.metadata?.name ?? '', 'status')
  const transform = (current: object | undefined) => {
    const draft = structuredClone(current) as Crd
    if (draft.metadata!.uid === crd.metadata?.uid) edit(draft)
    return draft
  }
  const strategy = plainStrategy(crdKind as unknown as Kind)
  await updateObject(write, transform, { strategy, skipAdmission: true, managesFields: true }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}

// Deletion: grace periods, finalizers, propagation, preconditions (wire.md 38–43).
// Flow: k8s.io/apiserver/pkg/registry/generic/registry store.go Delete and rest/delete.go BeforeDelete.
import { conflict, notFound } from '../apimachinery/api-error.ts'
import { timestamp } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject, ObjectMeta } from '../apimachinery/meta.ts'
import { draft as draftOf } from '../apimachinery/meta.ts'
import type { Entry as StoredEntry } from '../storage/storage.ts'
import { admitMutatingDelete, admitValidating } from './admit.ts'
import type { Entry } from './codec.ts'
import { encodeStored, makeEntry, objectOf } from './codec.ts'
import { objectStorageKey } from './keys.ts'
import type { DeleteOptions } from './parameters.ts'
import { preparedObject } from './prepare-entries.ts'
import type { Write } from './store.ts'
import { entryOf, hookOf } from './store.ts'
import { groupResource } from './store-errors.ts'

const orphanFinalizer = 'orphan'
const foregroundFinalizer = 'foregroundDeletion'

/** `deleted`: the object is gone; else it stays, marked, until grace and finalizers are over. `object` is its last state. */
export interface Deleted {
  deleted: boolean
  object: KubeObject
  entry?: Entry
}

/**
 * Deletes an object, or begins to. Throws 404, 409 for preconditions that do not hold, what admission throws. Admission is not asked for
 * deletes of the server itself (cleanup, eviction).
 */
export async function deleteObject(write: Write, options: DeleteOptions, { skipAdmission = false } = {}): Promise<Deleted> {
  const { server, resolved, name } = write
  const key = objectStorageKey(resolved.kind, write.namespace, name)
  for (let admitted = skipAdmission; ; admitted = true) {
    const { entry: stored } = await server.storage.get(key)
    if (stored === undefined) throw notFound(groupResource(resolved), name)
    const old = await preparedObject(resolved.kind, entryOf(stored))
    checkPreconditions(write, options, old.metadata!)
    if (!admitted) {
      await admitMutatingDelete(write, old)
      await admitValidating(write, 'DELETE', undefined, old)
    }
    const next = afterDelete(resolved.kind, old, options, server.clock.now())
    const done = await carryOut(write, stored, old, next)
    if (done !== undefined) return done
    write.signal.throwIfAborted()
  }
}

/** Undefined: someone else wrote in between. */
async function carryOut(write: Write, stored: StoredEntry, old: KubeObject, next: AfterDelete): Promise<Deleted | undefined> {
  const { server, resolved, dryRun } = write
  const { storage } = server
  if (next === 'unchanged') return { deleted: false, object: old, entry: entryOf(stored) }
  if (next === 'gone') {
    if (dryRun) return { deleted: true, object: old, entry: entryOf(stored) }
    const result = await storage.delete(stored.key, stored.modRevision)
    if (!result.ok) return undefined
    await hookOf(write)?.afterDelete(old)
    const entry = makeEntry(stored.key, stored.value, result.revision)
    return { deleted: true, object: objectOf(resolved.kind, entry), entry }
  }
  const { bytes } = encodeStored(resolved.kind, next)
  const result = dryRun ? { ok: true as const, revision: stored.modRevision } : await storage.update(stored.key, bytes, stored.modRevision)
  if (!result.ok) return undefined
  const entry = makeEntry(stored.key, bytes, result.revision)
  return { deleted: false, object: objectOf(resolved.kind, entry), entry }
}

/** What a delete makes of an object: it goes at once, changes nothing, or the object stays in this form. */
export type AfterDelete = 'gone' | 'unchanged' | KubeObject

/** Decides a deletion; pure. */
export function afterDelete(kind: Kind, old: KubeObject, options: DeleteOptions, now: number): AfterDelete {
  const object = draftOf(old)
  const meta = object.metadata!
  const grace = gracePeriod(kind, old, options)
  const graceful = grace === undefined ? 'no' : applyGrace(meta, grace, options.gracePeriodSeconds !== undefined, now)
  if (graceful === 'pending') return 'unchanged'
  const finalizers = finalizersAfter(kind, meta.finalizers ?? [], options)
  const sameFinalizers = finalizers.length === (meta.finalizers ?? []).length && finalizers.every((name) => meta.finalizers!.includes(name))
  if (finalizers.length > 0) meta.finalizers = finalizers
  else delete meta.finalizers
  if (graceful === 'yes') return finalizers.length === 0 && meta.deletionGracePeriodSeconds === 0 ? 'gone' : object
  if (kind.deletion?.held(object) === true) return heldObject(kind, object, old, sameFinalizers, now)
  if (finalizers.length === 0) return 'gone'
  if (old.metadata!.deletionTimestamp && sameFinalizers && old.metadata!.deletionGracePeriodSeconds === 0) return 'unchanged'
  markDeleting(meta, now)
  return object
}

/** Held by something of its own (a namespace's content): marked, without a grace period. */
function heldObject(kind: Kind, object: KubeObject, old: KubeObject, sameFinalizers: boolean, now: number): AfterDelete {
  if (old.metadata!.deletionTimestamp && sameFinalizers) return 'unchanged'
  object.metadata!.deletionTimestamp ??= timestamp(now)
  kind.deletion!.begin(object)
  return object
}

/** Seconds of grace, or undefined when the kind dies at once. */
function gracePeriod(kind: Kind, old: KubeObject, options: DeleteOptions): number | undefined {
  if (kind.gracePeriodSeconds === undefined) return undefined
  const requested = options.gracePeriodSeconds
  return Math.max(0, kind.gracePeriodSeconds(old, requested !== undefined && requested < 0 ? 1 : requested))
}

/** Sets or shortens the grace period. 'pending': it runs already and is not shortened; 'no': nothing to wait for. */
function applyGrace(meta: ObjectMeta, grace: number, asked: boolean, now: number): 'yes' | 'no' | 'pending' {
  if (!meta.deletionTimestamp) {
    meta.deletionTimestamp = timestamp(now + grace * 1000)
    meta.deletionGracePeriodSeconds = grace
    if ((meta.generation ?? 0) > 0) meta.generation = meta.generation! + 1
    return 'yes'
  }
  const running = Math.max(meta.deletionGracePeriodSeconds ?? 0, (meta.deletionGracePeriodSeconds ?? 0) < 0 ? 1 : 0)
  if (running === 0) return 'no'
  if (!asked || grace >= running) return 'pending'
  const shortened = Date.parse(meta.deletionTimestamp) - running * 1000 + grace * 1000
  meta.deletionTimestamp = timestamp(Math.max(shortened, now))
  meta.deletionGracePeriodSeconds = shortened < now && grace !== 0 ? 1 : grace
  return 'yes'
}

function markDeleting(meta: ObjectMeta, now: number): void {
  if (!meta.deletionTimestamp && (meta.generation ?? 0) > 0) meta.generation = meta.generation! + 1
  if (!meta.deletionTimestamp || Date.parse(meta.deletionTimestamp) > now) meta.deletionTimestamp = timestamp(now)
  meta.deletionGracePeriodSeconds = 0
}

/** Finalizers with those of the garbage collector set as the propagation policy says. */
function finalizersAfter(kind: Kind, finalizers: readonly string[], options: DeleteOptions): string[] {
  const own = finalizers.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer)
  const policy = propagation(kind, finalizers, options)
  if (policy === 'Orphan') return [...own, orphanFinalizer]
  return policy === 'Foreground' ? [...own, foregroundFinalizer] : own
}

function propagation(kind: Kind, finalizers: readonly string[], options: DeleteOptions): string {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background'
  if (options.propagationPolicy !== undefined) return options.propagationPolicy
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  if (finalizers.includes(foregroundFinalizer)) return 'Foreground'
  return kind.defaultPropagation ?? 'Background'
}

function checkPreconditions(write: Write, { preconditions }: DeleteOptions, meta: ObjectMeta): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const resource = { group: write.resolved.group, resource: write.resolved.kind.kind }
  if (uid !== undefined && uid !== meta.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`
    throw conflict(resource, write.name, text)
  }
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`
    throw conflict(resource, write.name, text)
  }
}

// Obeys a Plan: steps in order, the writes of a step in slow-start batches, events for outcomes.
import { ApiError, isNotFound } from '../apimachinery/api-error.ts'
import { semanticEqual } from '../apimachinery/equal.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { objectKey } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import type { Alive, Gone, Plan, PlannedEvent, Write } from './plan.ts'

export interface ExecuteHooks {
  /** Field manager of the writes. */
  fieldManager: string
  wrote(kind: Kind, answer: KubeObject): void
  deleted(kind: Kind, namespace: string | undefined, name: string, uid: string | undefined): void
  /** A create under a name of the server's choice got no answer: the object may be there, and asking again may make a second one. */
  unsure?(kind: Kind, namespace: string | undefined): void
  record(event: PlannedEvent): void
  signal: AbortSignal
}

/**
 * Rejects with the first error; later steps are then not begun. Planned events are recorded only when all went well. Nothing can be created in
 * a namespace that is being deleted: then the rest of the plan is dropped, and that is no failure.
 */
export async function executePlan(plan: Plan, client: Client, hooks: ExecuteHooks): Promise<void> {
  let failed: Write | undefined
  const act = (write: Write) =>
    perform(write, plan, client, hooks).catch((error) => {
      failed ??= write
      throw error
    })
  try {
    for (const step of plan.steps) await slowStart(step, act)
  } catch (error) {
    if (isNamespaceTerminating(error)) return
    const write = error instanceof Error && failed !== undefined && !hooks.signal.aborted ? plan.onFailure?.(error, failed) : undefined
    // the first failure is the one to tell
    if (write !== undefined) await send(write, client, hooks).catch(() => {})
    throw error
  }
  for (const event of plan.events) hooks.record(event)
}

/** 1, 2, 4 … at a time, so that a refusal that hits all (quota) costs few requests. Stops after a batch with a failure. */
export async function slowStart<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0, size = 1; start < items.length; start += size, size *= 2) {
    if (start > 0 && size > 128) size = 128
    const outcomes = await Promise.allSettled(items.slice(start, start + size).map(act))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

async function perform(write: Write, plan: Plan, client: Client, hooks: ExecuteHooks): Promise<void> {
  const outcome = plan.outcomes?.get(write)
  try {
    const answer = await send(write, client, hooks)
    if (outcome?.success !== undefined) hooks.record(outcome.success(answer))
  } catch (error) {
    if (error instanceof Error && !hooks.signal.aborted && !isNamespaceTerminating(error)) {
      const event = outcome?.failure?.(error)
      if (event !== undefined) hooks.record(event)
    }
    throw error
  }
}

/** A create was refused because its namespace is being deleted. */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
}

async function send(write: Write, client: Client, hooks: ExecuteHooks): Promise<KubeObject | undefined> {
  const { fieldManager, signal } = hooks
  const options = { fieldManager, signal }
  const done = (answer: KubeObject) => {
    hooks.wrote(write.op === 'evict' ? evictedKind : write.kind, answer)
    return answer
  }
  switch (write.op) {
    case 'create':
      return done(await create(write, client, hooks))
    case 'update':
      return done(await client.update(write.kind, write.object, { ...options, ...sub(write.subresource) }))
    case 'patch': {
      if (write.alive !== undefined) await confirmAlive(write.alive, client, signal)
      if (write.gone !== undefined) await confirmGone(write.gone, client, signal)
      const patched = { ...options, type: write.type ?? 'merge', ...sub(write.subresource) }
      return done(await client.patch(write.kind, refOf(write), write.patch, patched))
    }
    case 'apply': {
      const ref = refOf({ name: '', ...write.object.metadata })
      const manager = write.fieldManager ?? fieldManager
      const applied = { ...options, fieldManager: manager, type: 'apply' as const, force: write.force ?? true, ...sub(write.subresource) }
      return done(await client.patch(write.kind, ref, write.object, applied))
    }
    case 'status': {
      const next = withStatus(write)
      return next === undefined ? undefined : done(await client.update(write.kind, next, { ...options, subresource: 'status' }))
    }
    case 'delete':
      return remove(write, client, hooks)
    case 'evict': {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: write.name, namespace: write.namespace } }
      const preconditions = write.uid === undefined ? {} : { deleteOptions: { preconditions: { uid: write.uid } } }
      await client.createSubresource(evictedKind, refOf(write), 'eviction', { ...body, ...preconditions }, { signal })
      return undefined
    }
  }
}

async function create({ kind, object }: Extract<Write, { op: 'create' }>, client: Client, hooks: ExecuteHooks): Promise<KubeObject> {
  try {
    return await client.create(kind, object, { fieldManager: hooks.fieldManager, signal: hooks.signal })
  } catch (error) {
    const refused = error instanceof ApiError && error.code < 500
    if (!refused && object.metadata?.name === undefined) hooks.unsure?.(kind, object.metadata?.namespace)
    throw error
  }
}

/** The object with its new status; undefined when it has it already. */
function withStatus({ object, status, annotations = {} }: Extract<Write, { op: 'status' }>): KubeObject | undefined {
  const before = object as KubeObject & { status?: unknown }
  const known = object.metadata?.annotations ?? {}
  const annotated = Object.entries(annotations).every(([key, value]) => known[key] === value)
  if (annotated && semanticEqual(before.status, status)) return undefined
  const metadata = annotated ? object.metadata : { ...object.metadata, annotations: { ...known, ...annotations } }
  return { ...object, metadata, status } as KubeObject
}

/** Rejects, in upstream's words, when the object is gone or going. */
async function confirmAlive({ kind, uid, ...ref }: Alive, client: Client, signal: AbortSignal): Promise<void> {
  const fresh = await client.get<KubeObject>(kind, ref, { signal })
  if (fresh.metadata?.uid !== uid)
    throw new Error(`original ${kind.kind} ${objectKey(fresh)} is gone: got uid ${fresh.metadata?.uid}, wanted ${uid}`)
  if (fresh.metadata.deletionTimestamp !== undefined)
    throw new Error(`${objectKey(fresh)} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
}

/** Rejects when the object is there after all: the cache had not seen it. */
async function confirmGone({ kind, uid, ...ref }: Gone, client: Client, signal: AbortSignal): Promise<void> {
  const found = await client.get<KubeObject>(kind, ref, { signal }).catch((error) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  if (found !== undefined && (uid === undefined || found.metadata?.uid === uid)) throw new Error(`${kind.kind} ${objectKey(found)} exists`)
}

/** A missing object is what was wanted. */
async function remove(write: Extract<Write, { op: 'delete' }>, client: Client, hooks: ExecuteHooks): Promise<undefined> {
  const { kind, namespace, name, op: _, gone, ...options } = write
  if (gone !== undefined) await confirmGone(gone, client, hooks.signal)
  try {
    await client.delete(kind, refOf(write), { ...options, signal: hooks.signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  hooks.deleted(kind, namespace, name, write.preconditions?.uid)
}

function sub(subresource: string | undefined): { subresource?: string } {
  return subresource === undefined ? {} : { subresource }
}

function refOf({ name, namespace }: { name: string; namespace?: string | undefined }): { name: string; namespace?: string } {
  return namespace === undefined ? { name } : { name, namespace }
}

/** Only the path words of pods are needed to evict. */
const evictedKind = { group: '', version: 'v1', apiVersion: 'v1', kind: 'Pod', resource: 'pods', scope: 'Namespaced' } as Kind

// Obeys a Plan: steps in order, the writes of a step in slow-start batches, events for outcomes.
import { isNotFound } from '../apimachinery/api-error.ts'
import { semanticEqual } from '../apimachinery/equal.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import type { Plan, PlannedEvent, Write } from './plan.ts'

export interface ExecuteHooks {
  /** Field manager of the writes. */
  fieldManager: string
  wrote(kind: Kind, answer: KubeObject): void
  deleted(kind: Kind, namespace: string | undefined, name: string, uid: string | undefined): void
  record(event: PlannedEvent): void
  signal: AbortSignal
}

/** Rejects with the first error; later steps are then not begun. Planned events are recorded only when all went well. */
export async function executePlan(plan: Plan, client: Client, hooks: ExecuteHooks): Promise<void> {
  try {
    for (const step of plan.steps) await slowStart(step, (write) => perform(write, plan, client, hooks))
  } catch (error) {
    const write = error instanceof Error && !hooks.signal.aborted ? plan.onFailure?.(error) : undefined
    if (write !== undefined) await send(write, client, hooks)
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
    if (outcome?.failure !== undefined && error instanceof Error && !hooks.signal.aborted) hooks.record(outcome.failure(error))
    throw error
  }
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
      return done(await client.create(write.kind, write.object, options))
    case 'update':
      return done(await client.update(write.kind, write.object, { ...options, ...sub(write.subresource) }))
    case 'patch':
      return done(
        await client.patch(write.kind, write as { name: string }, write.patch, { ...options, type: 'merge', ...sub(write.subresource) }),
      )
    case 'apply': {
      const ref = { name: write.object.metadata?.name ?? '', ...namespaceOf(write.object) }
      return done(
        await client.patch(write.kind, ref, write.object, {
          ...options,
          type: 'apply',
          force: write.force ?? true,
          ...sub(write.subresource),
        }),
      )
    }
    case 'status': {
      const object = write.object as KubeObject & { status?: unknown }
      if (semanticEqual(object.status, write.status)) return undefined
      return done(await client.update(write.kind, { ...object, status: write.status } as KubeObject, { ...options, subresource: 'status' }))
    }
    case 'delete':
      return remove(write, client, hooks)
    case 'evict': {
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: write.name, namespace: write.namespace } }
      const preconditions = write.uid === undefined ? {} : { deleteOptions: { preconditions: { uid: write.uid } } }
      await client.createSubresource(evictedKind, write, 'eviction', { ...body, ...preconditions }, { signal })
      return undefined
    }
  }
}

/** A missing object is what was wanted. */
async function remove(write: Extract<Write, { op: 'delete' }>, client: Client, hooks: ExecuteHooks): Promise<undefined> {
  const { kind, namespace, name, op: _, ...options } = write
  try {
    await client.delete(kind, { name, ...(namespace === undefined ? {} : { namespace }) }, { ...options, signal: hooks.signal })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  hooks.deleted(kind, namespace, name, write.preconditions?.uid)
}

function sub(subresource: string | undefined): { subresource?: string } {
  return subresource === undefined ? {} : { subresource }
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata?.namespace === undefined ? {} : { namespace: object.metadata.namespace }
}

/** Only the path words of pods are needed to evict. */
const evictedKind = { group: '', version: 'v1', apiVersion: 'v1', kind: 'Pod', resource: 'pods', scope: 'Namespaced' } as Kind

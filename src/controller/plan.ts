// A Plan is what a reconcile returns: ordered writes, events and the time to look again. Values only; runner.ts acts on them.
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'

/** Guards of an update or delete; the runner turns a miss into a retry. */
export interface Preconditions {
  uid?: string
  resourceVersion?: string
}

/** An object that must live on for a write to make sense. */
export interface Alive {
  kind: Kind
  namespace?: string
  name: string
  uid: string
}

/** An object whose absence is the reason of a write: it is read afresh first, and the write is not sent when it is there. */
export interface Gone {
  kind: Kind
  namespace?: string
  name: string
  /** Only the object with this uid counts: another of its name does not. */
  uid?: string
}

export type Write =
  | { op: 'create'; kind: Kind; object: KubeObject }
  /** Full replacement; `object` carries the resourceVersion it was made from. */
  | { op: 'update'; kind: Kind; object: KubeObject; subresource?: string }
  | {
      op: 'patch'
      kind: Kind
      namespace?: string
      name: string
      patch: Record<string, unknown>
      subresource?: string
      /** Default merge (JSON merge patch). */
      type?: 'merge' | 'strategic'
      /** Read afresh before the patch: it is not sent when this object is gone or going. */
      alive?: Alive
      gone?: Gone
    }
  /** `fieldManager`: where it is not the controller-manager's. */
  | { op: 'apply'; kind: Kind; object: KubeObject; force?: boolean; subresource?: string; fieldManager?: string }
  /** Writes /status (and annotations with it); skipped when equal to what `object` has now. */
  | { op: 'status'; kind: Kind; object: KubeObject; status: unknown; annotations?: Record<string, string> }
  | {
      op: 'delete'
      kind: Kind
      namespace?: string
      name: string
      preconditions?: Preconditions
      propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
      gracePeriodSeconds?: number
      gone?: Gone
    }
  | { op: 'evict'; namespace: string; name: string; uid?: string }

/** An Event about `regarding` (default: the reconciled object). Reasons and messages are upstream's. */
export interface PlannedEvent {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  regarding?: KubeObject
  action?: string
}

/** Steps run one after another; the writes inside one step run together, in slow-start batches (1, 2, 4 …) that stop at the first failure. */
export interface Plan {
  steps: Write[][]
  events: PlannedEvent[]
  /** Look again after this many milliseconds. */
  requeueAfterMs?: number | undefined
  /** What to write when this write fails (a condition); the failure is retried all the same. */
  onFailure?: (error: Error, failed: Write) => Write | undefined
  /** Events to record when a write succeeds or fails, by write; upstream's SuccessfulCreate, FailedCreate … */
  outcomes?: Map<Write, Outcome>
}

/** Events of one write. */
export interface Outcome {
  success?: (answer: KubeObject | undefined) => PlannedEvent
  failure?: (error: Error) => PlannedEvent | undefined
}

/** What the builder functions of this file return; `plan(...)` puts them together in order. */
export type PlanPart =
  | Write
  | Write[]
  | { event: PlannedEvent }
  | { requeueAfterMs: number | undefined }
  | { onFailure: NonNullable<Plan['onFailure']> }
  | Plan
  | undefined

/** Puts parts together in order. Neighbouring single writes become one step each; an array of writes is one step. */
export function plan(...parts: PlanPart[]): Plan {
  const result: Plan = { steps: [], events: [] }
  for (const part of parts) {
    if (part === undefined) continue
    if (Array.isArray(part)) {
      if (part.length > 0) result.steps.push(part)
    } else if ('op' in part) result.steps.push([part])
    else if ('steps' in part) merge(result, part)
    else if ('onFailure' in part) result.onFailure = part.onFailure
    else if ('event' in part) result.events.push(part.event)
    else result.requeueAfterMs = sooner(result.requeueAfterMs, part.requeueAfterMs)
  }
  return result
}

/** The empty plan. */
export const nothing: Plan = Object.freeze({ steps: [], events: [] })

export function create<T extends KubeObject>(kind: Kind<T>, object: T): Write {
  return { op: 'create', kind: kind, object }
}

export function update<T extends KubeObject>(kind: Kind<T>, object: T, subresource?: string): Write {
  return { op: 'update', kind: kind, object, ...(subresource === undefined ? {} : { subresource }) }
}

/** A JSON merge patch of `object`; fenced by its uid. */
export function patch<T extends KubeObject>(kind: Kind<T>, object: T, body: Record<string, unknown>, subresource?: string): Write {
  const { namespace, name = '', uid } = object.metadata ?? {}
  const metadata = { uid, ...((body['metadata'] as Record<string, unknown> | undefined) ?? {}) }
  return {
    op: 'patch',
    kind: kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    patch: { ...body, metadata },
    ...(subresource === undefined ? {} : { subresource }),
  }
}

/** A strategic merge patch of `object`'s subresource; fenced by its uid. Lists such as conditions are merged by their key. */
export function strategicPatch<T extends KubeObject>(kind: Kind<T>, object: T, body: Record<string, unknown>, subresource?: string): Write {
  return { ...(patch(kind, object, body, subresource) as Extract<Write, { op: 'patch' }>), type: 'strategic' }
}

/** Writes `status` to the object's /status, unless it already is that; `annotations` are set in the same write. */
export function status<T extends KubeObject>(kind: Kind<T>, object: T, value: unknown, annotations?: Record<string, string>): Write {
  return { op: 'status', kind: kind, object, status: value, ...(annotations === undefined ? {} : { annotations }) }
}

/** Deletes this very object (uid precondition). */
export function remove<T extends KubeObject>(
  kind: Kind<T>,
  object: T,
  options: { propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'; gracePeriodSeconds?: number } = {},
): Write {
  const { namespace, name = '', uid } = object.metadata ?? {}
  return {
    op: 'delete',
    kind: kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { preconditions: { uid } }),
    ...options,
  }
}

export function event(type: 'Normal' | 'Warning', reason: string, message: string, regarding?: KubeObject): { event: PlannedEvent } {
  return { event: { type, reason, message, ...(regarding === undefined ? {} : { regarding }) } }
}

export function requeueAfter(delayMs: number | undefined): { requeueAfterMs: number | undefined } {
  return { requeueAfterMs: delayMs }
}

/** One step of writes, each with the events of its outcome. */
export function recordedStep(writes: readonly { write: Write; outcome: Outcome }[]): Plan {
  const step = writes.map(({ write }) => write)
  return { steps: step.length === 0 ? [] : [step], events: [], outcomes: new Map(writes.map(({ write, outcome }) => [write, outcome])) }
}

function merge(into: Plan, part: Plan): void {
  into.steps.push(...part.steps.filter((step) => step.length > 0))
  into.events.push(...part.events)
  into.requeueAfterMs = sooner(into.requeueAfterMs, part.requeueAfterMs)
  if (part.onFailure !== undefined) into.onFailure = part.onFailure
  if (part.outcomes !== undefined) into.outcomes = new Map([...(into.outcomes ?? []), ...part.outcomes])
}

function sooner(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}

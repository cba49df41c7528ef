// A Plan is what a reconcile returns: ordered writes, events and the time to look again. Values only; runner.ts acts on them.
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'

/** Guards of an update or delete; the runner turns a miss into a retry. */
export interface Preconditions {
  uid?: string
  resourceVersion?: string
}

export type Write =
  | { op: 'create'; kind: Kind; object: KubeObject }
  /** Full replacement; `object` carries the resourceVersion it was made from. */
  | { op: 'update'; kind: Kind; object: KubeObject; subresource?: string }
  /** JSON merge patch. */
  | { op: 'patch'; kind: Kind; namespace?: string; name: string; patch: Record<string, unknown>; subresource?: string }
  | { op: 'apply'; kind: Kind; object: KubeObject; force?: boolean; subresource?: string }
  /** Writes /status; skipped when equal to what `object` has now. */
  | { op: 'status'; kind: Kind; object: KubeObject; status: unknown }
  | { op: 'delete'; kind: Kind; namespace?: string; name: string; preconditions?: Preconditions; propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'; gracePeriodSeconds?: number }
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
  requeueAfterMs?: number
  /** Events to record when a write fails or succeeds, by write; upstream's SuccessfulCreate, FailedCreate … */
  outcomes?: Map<Write, { success?: (answer: KubeObject | undefined) => PlannedEvent; failure?: (error: Error) => PlannedEvent }>
}

/** What the builder functions of this file return; `plan(...)` puts them together in order. */
export type PlanPart = Write | Write[] | { event: PlannedEvent } | { requeueAfterMs: number | undefined } | Plan | undefined

// Where other parts of the server may join a write: between the preparation of an object and its validation.
import type { KubeObject } from '../../apimachinery/meta.ts'

/** What a write holds until it is known whether it was stored. Exactly one of the two is called. */
export interface Reservation {
  commit: () => void
  revert: () => void
}

export interface StoreHook {
  /** Qualified resource ("services"). */
  resource: string
  /**
   * Called for each attempt, after prepareForCreate or prepareForUpdate and before validation; may change the draft. `old` is absent on create.
   * Not called for subresources. Throws ApiError to refuse.
   */
  begin: (draft: KubeObject, old: KubeObject | undefined, context: { dryRun: boolean }) => Reservation
  /** Called when an object is gone from storage (not for dry runs); a promise that it returns is awaited. */
  afterDelete: (object: KubeObject) => unknown
}

/** Nothing held. */
export const noReservation: Reservation = { commit: () => {}, revert: () => {} }

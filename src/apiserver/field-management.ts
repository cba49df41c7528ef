// The bridge to managed fields: every write records who owns which fields (wire.md 36).
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Write } from './store.ts'

/** `draft` with managedFields brought up to date for an Update by the write's manager. `live` is absent on create. */
export function recordUpdate(_write: Write, _live: KubeObject | undefined, draft: KubeObject): KubeObject {
  return draft
}

/** `draft` with the old managedFields when nothing but their times differs. */
export function ignoreTimestamps(draft: KubeObject, _old: KubeObject): KubeObject {
  return draft
}

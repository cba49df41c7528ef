// The bridge to managed fields: every write records who owns which fields (wire.md 36).
import type { KubeObject } from '../apimachinery/meta.ts'
import { applyMergePatch } from '../apimachinery/patch/merge-patch.ts'
import type { ParsedBody } from './body.ts'
import { decodeParsed, expectedOf } from './body.ts'
import { toStored, toVersion } from './codec.ts'
import type { WriteOptions } from './parameters.ts'
import { withDefaults } from './schemas.ts'
import type { Write } from './store.ts'

/** `draft` with managedFields brought up to date for an Update by the write's manager. `live` is absent on create. */
export function recordUpdate(_write: Write, _live: KubeObject | undefined, draft: KubeObject): KubeObject {
  return draft
}

/** `draft` with the old managedFields when nothing but their times differs. */
export function ignoreTimestamps(draft: KubeObject, _old: KubeObject): KubeObject {
  return draft
}

/** The configuration merged onto the present object by ownership (stored version). Throws 400, 409 with the conflicts. */
export function applyObject(
  write: Write,
  current: KubeObject | undefined,
  parsed: ParsedBody,
  options: WriteOptions,
  warnings: string[],
): KubeObject {
  const { resolved, server } = write
  const merged = applyMergePatch(current === undefined ? {} : toVersion(resolved, current), parsed.value)
  const decoded = { value: merged, duplicates: parsed.duplicates }
  const object = decodeParsed(server, decoded, expectedOf(resolved), options.fieldValidation, warnings)
  return withDefaults(resolved.kind, toStored(resolved, structuredClone(object)))
}

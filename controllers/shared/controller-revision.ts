// Revisions of a template, kept as ControllerRevisions: what StatefulSet and DaemonSet remember and roll back to. Pure.
import type { ControllerRevision as Revision } from '../../openapi/types/apps/v1.ts'
import type { PodTemplateSpec } from '../../openapi/types/core/v1.ts'
import { ControllerRevision } from '../../src/api/apps/controllerrevision.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import { isObject, setOwn, stringifyJson } from '../../src/apimachinery/json.ts'
import { controllerOf } from '../../src/controller/owners.ts'
import { patch, type Write } from '../../src/controller/plan.ts'

/** The label of pods that names the revision they were made from. */
export const revisionHashLabel = 'controller-revision-hash'

/** Index of revisions without controller, by namespace; both users declare it under this name. */
export const orphanRevisions = {
  kind: ControllerRevision,
  values: (revision: Revision) => (controllerOf(revision) === undefined ? [revision.metadata?.namespace ?? ''] : []),
}

/** What a revision stores: a strategic merge patch that puts the template back. Keys are sorted, as the hash of a StatefulSet is of its bytes. */
export function revisionData(template: PodTemplateSpec | undefined): Record<string, unknown> {
  return sorted({ spec: { template: { ...template, $patch: 'replace' } } }) as Record<string, unknown>
}

/** The template that a revision stores; undefined when its data is not of this form. */
export function revisionTemplate(revision: Revision): PodTemplateSpec | undefined {
  const spec = revision.data?.['spec']
  const template = isObject(spec) ? spec['template'] : undefined
  if (!isObject(template)) return undefined
  const { $patch: _, ...rest } = template
  return rest as unknown as PodTemplateSpec
}

/** Whether a revision stores this data. */
export function storesData(revision: Revision, data: Record<string, unknown>): boolean {
  return semanticEqual(revision.data, data)
}

/** Oldest number first, then the older, then by name. */
export function byRevision(a: Revision, b: Revision): number {
  if (a.revision !== b.revision) return a.revision - b.revision
  const [x, y] = [a.metadata?.creationTimestamp ?? '', b.metadata?.creationTimestamp ?? '']
  if (x !== y) return x < y ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}

/** Gives a revision a new number: a rollback makes an old one the newest. */
export function renumber(revision: Revision, number: number): Write {
  return patch(ControllerRevision, revision, { revision: number })
}

/** Bytes as Go's encoding/json writes them: sorted keys, and `<`, `>`, `&` and line separators escaped. */
export function goJson(value: unknown): string {
  return stringifyJson(sorted(value)).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const item = value[key]
    if (item !== undefined) setOwn(result, key, sorted(item))
  }
  return result
}

// What a server does with an object before it stores it, for tests of kinds: defaults, strategy, rules; answers as texts.
import { fieldErrorText } from '../../src/apimachinery/api-error.ts'
import type { Column, Kind, WriteContext } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { applyPathDefaults } from '../../src/apimachinery/schema/default.ts'

export const now = Date.parse('2026-01-02T03:04:05Z')
const context: WriteContext = { now, userName: 'jane', userGroups: ['dev'], dryRun: false }

/** The object with its defaults; the argument stays as it is. */
export function defaulted<T extends KubeObject>(kind: Kind<T>, object: unknown): T {
  const draft = structuredClone(object) as T
  applyPathDefaults(draft, kind.defaults ?? {})
  kind.computeDefaults?.(draft)
  return draft
}

/** The object as it would be stored by a create. */
export function created<T extends KubeObject>(kind: Kind<T>, object: unknown): T {
  const draft = defaulted(kind, object)
  draft.metadata = { uid: 'u-1', ...draft.metadata }
  kind.prepareForCreate?.(draft, context)
  return draft
}

/** All that is wrong with a new object. */
export function createErrors<T extends KubeObject>(kind: Kind<T>, object: unknown): string[] {
  const draft = created(kind, object)
  return [...(kind.validate?.(draft) ?? []), ...(kind.validateCreate?.(draft) ?? [])].map(fieldErrorText)
}

/** All that is wrong with a change from `old` to `object`. */
export function updateErrors<T extends KubeObject>(kind: Kind<T>, object: unknown, old: unknown, subresource?: string): string[] {
  const before = created(kind, old)
  const draft = defaulted(kind, object)
  draft.metadata = { uid: 'u-1', ...draft.metadata }
  kind.prepareForUpdate?.(draft, before, subresource === undefined ? context : { ...context, subresource })
  const errors =
    subresource === 'status'
      ? (kind.validateStatusUpdate?.(draft, before) ?? [])
      : [...(kind.validate?.(draft) ?? []), ...(kind.validateUpdate?.(draft, before) ?? [])]
  return errors.map(fieldErrorText)
}

/** The cells of a row by column name. */
export function cells<T extends KubeObject>(kind: Kind<T>, object: unknown): Record<string, unknown> {
  const columns: readonly Column<T>[] = kind.columns ?? []
  return Object.fromEntries(columns.map((column) => [column.name, column.value(object as T, now)]))
}

// The rules of a custom kind in the version that a request names.
import type { FieldError } from '../../apimachinery/api-error.ts'
import type { Resolved } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { toVersion } from '../codec.ts'

/** Errors of an object (stored version) that is created or, with `old`, changed. */
export function versionErrors(resolved: Resolved, object: KubeObject, old?: KubeObject, subresource?: string): FieldError[] {
  const rules = resolved.served === undefined ? resolved.kind.versionErrors : resolved.served.versionErrors
  if (rules === undefined) return []
  return rules(toVersion(resolved, object), old === undefined ? undefined : toVersion(resolved, old), subresource)
}

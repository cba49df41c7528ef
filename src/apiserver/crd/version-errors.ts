// The rules of a custom kind in the version that a request names.
import type { FieldError } from '../../apimachinery/api-error.ts'
import type { Resolved } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { toVersion } from '../codec.ts'
import { throwInvalid } from '../store-errors.ts'

/** Errors of an object (stored version) that is created or, with `old`, changed. */
export function versionErrors(resolved: Resolved, object: KubeObject, old?: KubeObject, subresource?: string): FieldError[] {
  const rules = resolved.served === undefined ? resolved.kind.versionErrors : resolved.served.versionErrors
  if (rules === undefined) return []
  return rules(toVersion(resolved, object), old === undefined ? undefined : toVersion(resolved, old), subresource)
}

/** What a client sent is validated as it was sent before a webhook converts it: what that makes of a faulty object says nothing. Throws 422. */
export function checkSubmitted(resolved: Resolved, object: KubeObject, old?: KubeObject, subresource?: string): void {
  const { kind, served } = resolved
  if (kind.convert === undefined || served?.versionErrors === undefined) return
  const errors = served.versionErrors(object, old === undefined ? undefined : toVersion(resolved, old), subresource)
  throwInvalid(resolved, object.metadata?.name ?? '', errors)
}

// The refusals of the store, in upstream's words.
import type { FieldError, ResourceName } from '../apimachinery/api-error.ts'
import { ApiError, fieldErrorText, invalid, qualifiedResource } from '../apimachinery/api-error.ts'
import type { Resolved } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { objectStorageKey } from './keys.ts'
import type { Write } from './store.ts'

/** Group and plural name as errors say them: of the version that the request names. */
export function groupResource({ group, kind }: Resolved): ResourceName {
  return { group, resource: kind.resource }
}

/** Many times what is answered; hostile objects have more. */
const maxErrors = 10_000

/** Throws 422 with these field errors, each said once; nothing when there are none. */
export function throwInvalid(resolved: Resolved, name: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  const unique = new Map(errors.slice(0, maxErrors).map((error) => [fieldErrorText(error), error]))
  throw invalid({ group: resolved.group, kind: resolved.kind.kind }, name, [...unique.values()])
}

/** How Go's ParseUint refuses a resourceVersion. */
export function invalidVersionText(version: string): string {
  return `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`
}

/** Why a uid precondition failed. */
export function uidMismatch({ resolved, namespace, name }: Write, asked: string, actual: string): string {
  const key = objectStorageKey(resolved.kind, namespace, name)
  return `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${asked}, UID in object meta: ${actual}`
}

/** 409 when no generated name was free. */
export function generatedNameTaken({ resolved }: Write, object: KubeObject): ApiError {
  const name = object.metadata!.name!
  const resource = groupResource(resolved)
  return new ApiError(
    'AlreadyExists',
    `${qualifiedResource(resource)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`,
    { details: { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource, retryAfterSeconds: 1 } },
  )
}

/** 413 for an object whose values would keep the server busy, whatever its bytes. */
export function tooHeavy(): ApiError {
  return new ApiError('RequestEntityTooLarge', 'Request entity too large: the object has too many values')
}

// What happens to an object between admission and storage: system fields, status/spec split, generation, the kind's own rules. Pure.
// Order and words: k8s.io/apiserver/pkg/registry/rest BeforeCreate and BeforeUpdate.

import type { FieldError } from '../apimachinery/api-error.ts'
import { badRequest } from '../apimachinery/api-error.ts'
import { semanticDeepEqual } from '../apimachinery/equal.ts'
import { at, invalidValue } from '../apimachinery/field-errors.ts'
import type { Kind, WriteContext } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { immutableField, validateObjectMeta, validateObjectMetaUpdate } from '../apimachinery/object-meta.ts'
import { cloneJson } from '../apimachinery/patch/json-values.ts'
import { decodeValue } from '../apimachinery/schema/decode.ts'
import { schemaOf } from '../apimachinery/schema/from-openapi.ts'

type Fields = Record<string, unknown>

/** How one path (main, status, scale …) of a kind writes. */
export interface Strategy {
  prepareForUpdate: (draft: KubeObject, old: KubeObject, context: WriteContext) => void
  validateUpdate: (object: KubeObject, old: KubeObject) => FieldError[]
}

/** System fields that a client may not choose are removed from a new object (wire.md 14). */
export function wipeSystemFields(object: KubeObject): void {
  const { metadata } = object
  if (metadata === undefined) return
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.selfLink
  delete metadata.generation
}

/** Sets the request's namespace on the object (none for cluster-scoped kinds). Throws 400 when it names another. */
export function ensureNamespace(object: KubeObject, namespace: string | undefined): void {
  object.metadata ??= {}
  const { metadata } = object
  if (namespace === undefined || namespace === '') {
    delete metadata.namespace
  } else {
    if (metadata.namespace && metadata.namespace !== namespace) throw badRequest(namespaceMismatch)
    metadata.namespace = namespace
  }
}

const namespaceMismatch = 'the namespace of the provided object does not match the namespace sent on the request'

/** Status wiped, generation begun, the kind's own preparation. */
export function prepareForCreate(kind: Kind, draft: KubeObject, context: WriteContext, { status } = kind.subresources): void {
  if (status === true && kind.statusOnCreate !== true) wipeStatus(kind, draft as Fields)
  kind.prepareForCreate?.(draft, context)
  if (kind.generation !== undefined) draft.metadata!.generation = 1
  else delete draft.metadata!.generation
}

/** A built-in kind keeps what Go writes of an empty status, so that every client finds one (`status: {}`). */
function wipeStatus(kind: Kind, draft: Fields): void {
  const empty = kind.custom === true ? undefined : decodeValue<Fields>({}, schemaOf(kind.schemaName))['status']
  if (empty === undefined) delete draft['status']
  else draft['status'] = empty
}

/** Field errors of a new object: the kind's, then (if none) those of its metadata. */
export function validateCreate(kind: Kind, object: KubeObject): FieldError[] {
  const meta = validateObjectMeta(object.metadata ?? {}, kind.scope === 'Namespaced', kind.nameRule ?? 'path-segment')
  return [...meta, ...finalizerErrors(kind, object), ...(kind.validate?.(object) ?? []), ...(kind.validateCreate?.(object) ?? [])]
}

/** The strategy of an object's main path. */
export function mainStrategy(kind: Kind, { status } = kind.subresources): Strategy {
  return {
    prepareForUpdate: (draft, old, context) => {
      if (status === true) restore(draft, old, 'status')
      kind.prepareForUpdate?.(draft, old, context)
      draft.metadata!.generation = nextGeneration(kind, draft, old)
      if (draft.metadata!.generation === undefined) delete draft.metadata!.generation
    },
    validateUpdate: (object, old) => [
      ...metaUpdateErrors(kind, object, old),
      ...(kind.validate?.(object) ?? []),
      ...(kind.validateUpdate?.(object, old) ?? []),
      ...immutableErrors(kind, object, old),
    ],
  }
}

/** The strategy of `/status`: only status (and metadata that the kind leaves free) may change (wire.md 22). */
export function statusStrategy(kind: Kind): Strategy {
  return {
    prepareForUpdate: (draft, old, context) => {
      for (const field of new Set([...Object.keys(draft), ...Object.keys(old)])) {
        if (!['kind', 'apiVersion', 'metadata', 'status'].includes(field)) restore(draft, old, field)
      }
      if (kind.custom === true) draft.metadata = { ...cloneJson(old.metadata!), ...managedFieldsOf(draft) }
      kind.prepareForUpdate?.(draft, old, context)
    },
    validateUpdate: (object, old) => [...metaUpdateErrors(kind, object, old), ...(kind.validateStatusUpdate?.(object, old) ?? [])],
  }
}

/** A strategy for subresources with their own rules: nothing is prepared, metadata alone is validated. */
export function plainStrategy(kind: Kind): Strategy {
  return { prepareForUpdate: () => {}, validateUpdate: (object, old) => metaUpdateErrors(kind, object, old) }
}

/** What an update may never change is restored from the old object (wire.md 23). */
export function restoreSystemFields(draft: KubeObject, old: KubeObject): void {
  const meta = draft.metadata!
  const before = old.metadata!
  meta.uid ||= before.uid!
  if (before.creationTimestamp) meta.creationTimestamp = before.creationTimestamp
  if (before.deletionTimestamp) meta.deletionTimestamp = before.deletionTimestamp
  if (before.deletionGracePeriodSeconds !== undefined && meta.deletionGracePeriodSeconds === undefined)
    meta.deletionGracePeriodSeconds = before.deletionGracePeriodSeconds
  delete meta.selfLink
}

function nextGeneration(kind: Kind, draft: KubeObject, old: KubeObject): number | undefined {
  const before = old.metadata!.generation
  if (kind.generation === undefined) return before
  const changed =
    typeof kind.generation === 'function'
      ? kind.generation(draft, old)
      : !semanticDeepEqual((draft as Fields)['spec'], (old as Fields)['spec'])
  return (before ?? 0) + (changed ? 1 : 0)
}

function metaUpdateErrors(kind: Kind, object: KubeObject, old: KubeObject): FieldError[] {
  return [
    ...validateObjectMeta(object.metadata!, kind.scope === 'Namespaced', 'path-segment'),
    ...validateObjectMetaUpdate(object.metadata!, old.metadata!),
    ...finalizerErrors(kind, object),
  ]
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']
/** Groups whose kinds are validated by the generic rules of metadata alone, as custom resources are. */
const genericGroups = ['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io']
const genericKinds = ['Event', 'Lease', 'PodDisruptionBudget', 'RuntimeClass']

/** Finalizers of built-in kinds have a domain (pkg/apis/core/validation ValidateObjectMeta). */
function finalizerErrors(kind: Kind, { metadata }: KubeObject): FieldError[] {
  if (kind.custom === true || genericGroups.includes(kind.group) || genericKinds.includes(kind.kind)) return []
  const text = 'name is neither a standard finalizer name nor is it fully qualified'
  return (metadata?.finalizers ?? []).flatMap((name, i) =>
    name.includes('/') || standardFinalizers.includes(name) ? [] : [invalidValue(at('metadata', 'finalizers').index(i), name, text)],
  )
}

function immutableErrors(kind: Kind, object: KubeObject, old: KubeObject): FieldError[] {
  return (kind.immutable ?? []).flatMap((path) => immutableField(fieldAt(object, path), fieldAt(old, path), at(path)))
}

function fieldAt(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const name of path.split('.')) value = (value as Fields | undefined)?.[name]
  return value
}

function restore(draft: KubeObject, old: KubeObject, field: string): void {
  const value = (old as Fields)[field]
  if (value === undefined) delete (draft as Fields)[field]
  else (draft as Fields)[field] = cloneJson(value)
}

function managedFieldsOf(object: KubeObject) {
  const managedFields = object.metadata?.managedFields
  return managedFields === undefined ? {} : { managedFields }
}

// Server-side apply: merges a configuration into the live object, removes what its manager dropped, and refuses to take fields from
// others by surprise. Rules: k8s.io/apimachinery/pkg/util/managedfields and structured-merge-diff (merge.Updater.Apply).
import { ApiError, badRequest } from '../api-error.ts'
import { isObject } from '../json.ts'
import { type ManagedFieldsEntry, splitApiVersion } from '../meta.ts'
import type { Schema } from '../schema/schema.ts'
import { applyConflict } from './apply-conflict.ts'
import { type FieldSet, hasPath, isEmpty, recursiveDifference } from './field-set.ts'
import { equalJson, type JsonObject } from './json-values.ts'
import { lastAppliedFields, withLastApplied } from './last-applied.ts'
import { entriesOf, ownFields, trackUpdate } from './managed-fields.ts'
import { decodeManagers, encodeManagers, entryTime, identifierOf, type Manager, type Managers } from './managers.ts'
import { Conflicts, reconcileManagers, transfer } from './ownership.ts'
import { pruned } from './prune.ts'
import { fieldSetOf } from './typed-fields.ts'
import { mergeValues } from './typed-merge.ts'
import { joinErrors, typeErrors } from './typed-validate.ts'
import { type Convert, ownable, rootAtom, type Versioned } from './versioned.ts'

export interface Application {
  /** The stored object in the version of the request; undefined when apply creates it. */
  live: Readonly<JsonObject> | undefined
  /** The configuration sent, parsed (YAML or JSON) but not decoded: defaults must not count as applied. */
  patch: Readonly<JsonObject>
  /** Query parameter fieldManager; required. */
  manager: string
  force: boolean
  subresource?: string
  /** Version and kind of the request path. */
  apiVersion: string
  kind: string
  /** Milliseconds since the epoch. */
  now: number
  schema: Schema
  /** Fields this path never writes (main path: `{ 'f:status': {} }`). */
  resetFields?: FieldSet
  convert?: Convert
}

export interface Applied {
  /** The merged object without managedFields, not yet decoded (defaults, pruning and validation follow); parts are shared with live and patch. */
  object: Readonly<JsonObject>
  managedFields: ManagedFieldsEntry[] | undefined
}

/**
 * Applies a configuration.
 * @throws ApiError 400 (wrong kind or version, managedFields in the patch), 409 (conflicts, without force), 500 without reason
 *   (the configuration does not fit the schema), all in upstream's words
 */
export function applyPatch(application: Application): Applied {
  const { patch, apiVersion, kind } = application
  const given = typeMetaOf(patch)
  if (given.apiVersion !== apiVersion || given.kind !== kind) throw badRequest(`invalid object type: ${printKind(given)}`)
  const applied = appliedOrUpgraded(application)
  const { managedFields: _previous, ...metadata } = (applied.object.metadata ?? {}) as JsonObject
  const object: Readonly<JsonObject> = 'metadata' in applied.object ? { ...applied.object, metadata } : applied.object
  return {
    object: application.manager === 'kubectl' ? withLastApplied(object, patch) : object,
    managedFields: encodeManagers(applied.managers),
  }
}

interface Outcome {
  object: Readonly<JsonObject>
  managers: Managers
}

/** kubectl may take over what kubectl's client-side apply set. */
function appliedOrUpgraded(application: Application): Outcome {
  try {
    return applyOnce(application, application.force)
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error
    const allowed = application.manager === 'kubectl' ? lastAppliedFields(liveVersion(application)) : undefined
    if (allowed === undefined) throw applyConflict(error.conflicts)
    const others = error.conflicts.filter(({ path }) => !hasPath(allowed, path))
    if (others.length > 0) throw applyConflict(others)
    return applyOnce(application, true)
  }
}

function applyOnce(application: Application, force: boolean): Outcome {
  const { patch, apiVersion, schema, resetFields, convert } = application
  const live = liveVersion(application)
  const config = checkedConfig(application, live)
  const managers = liveManagers(application)
  const self: Manager = {
    name: application.manager === '' ? 'unknown' : application.manager,
    operation: 'Apply',
    apiVersion,
    subresource: application.subresource ?? '',
    time: undefined,
    fields: appliedFields(config, resetFields),
  }
  const identifier = identifierOf(self)
  reconcileManagers(managers, live, convert)
  const last = managers.get(identifier)
  managers.set(identifier, { ...self, time: last?.time })
  const atom = rootAtom(schema)
  let merged: Versioned = { object: mergeValues(live.object, patch, atom) as JsonObject, apiVersion, atom }
  if (last !== undefined && !isEmpty(last.fields)) merged = pruned(merged, last, managers, identifier, convert)
  transfer({ before: live, after: merged, managers, self: identifier, force, resetFields, convert })
  const changed = !equalJson(live.object, merged.object)
  finishSelf(managers, identifier, changed ? entryTime(application.now) : undefined)
  return { object: changed ? merged.object : live.object, managers }
}

/** The applier's set, without what nobody can own, and the time of the change. */
function finishSelf(managers: Managers, identifier: string, time: string | undefined): void {
  const manager = managers.get(identifier)
  if (manager === undefined) return
  const fields = ownFields(manager.fields)
  if (isEmpty(fields)) managers.delete(identifier)
  else managers.set(identifier, { ...manager, fields, time: time ?? manager.time })
}

function appliedFields(config: Versioned, resetFields: FieldSet | undefined): FieldSet {
  const fields = fieldSetOf(ownable(config.object), config.atom)
  return resetFields === undefined ? fields : recursiveDifference(fields, resetFields)
}

/** Who owns the live object; what was never tracked belongs to `before-first-apply`. */
function liveManagers(application: Application): Managers {
  const { live, schema, apiVersion, now, subresource, resetFields, convert } = application
  let managers: Managers
  try {
    managers = decodeManagers(entriesOf(live))
  } catch (error) {
    throw new ApiError('', `failed to decode managed fields: ${(error as Error).message}`)
  }
  if (managers.size > 0 || live === undefined) return managers
  trackUpdate(managers, {
    live: undefined,
    updated: live,
    manager: 'before-first-apply',
    apiVersion,
    now,
    schema,
    ...(subresource === undefined ? {} : { subresource }),
    ...(resetFields === undefined ? {} : { resetFields }),
    ...(convert === undefined ? {} : { convert }),
  })
  return managers
}

function liveVersion({ live, apiVersion, schema }: Application): Versioned {
  return { object: live ?? {}, apiVersion, atom: rootAtom(schema) }
}

function checkedConfig({ patch, live: stored }: Application, live: Versioned): Versioned {
  const entries = entriesOf(patch)
  if (entries !== undefined && entries !== null) throw badRequest('metadata.managedFields must be nil')
  const refuse = (what: string, object: Readonly<JsonObject>, errors: string[]) =>
    new ApiError('', `failed to create typed ${what} object (${describe(object)}): ${joinErrors(errors)}`)
  const errors = typeErrors(patch, live.atom)
  if (errors.length > 0) throw refuse('patch', patch, errors)
  const broken = stored === undefined ? [] : typeErrors(stored, live.atom, true)
  if (broken.length > 0) throw refuse('live', live.object, broken)
  return { ...live, object: patch }
}

/** `default/web; apps/v1, Kind=Deployment`. */
function describe(object: Readonly<JsonObject>): string {
  const metadata = isObject(object.metadata) ? object.metadata : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return `${text(metadata.namespace)}/${text(metadata.name)}; ${printKind(typeMetaOf(object))}`
}

function typeMetaOf(object: Readonly<JsonObject>): { apiVersion: string; kind: string } {
  const apiVersion = typeof object.apiVersion === 'string' ? object.apiVersion : ''
  return { apiVersion, kind: typeof object.kind === 'string' ? object.kind : '' }
}

/** `apps/v1, Kind=Deployment`, with an empty group `/v1, Kind=Pod`. */
function printKind({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const { group, version } = splitApiVersion(apiVersion)
  return `${group}/${version}, Kind=${kind}`
}

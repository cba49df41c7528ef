// The bridge to field ownership: every write records who owns which fields, apply merges by them (wire.md 33–36).
// Ownership is tracked in the version of the request: objects are converted there and back.
import { badRequest } from '../apimachinery/api-error.ts'
import { semanticEqual } from '../apimachinery/equal.ts'
import { isObject } from '../apimachinery/json.ts'
import { type Resolved, subresourcesIn } from '../apimachinery/kind.ts'
import type { KubeObject, ManagedFieldsEntry } from '../apimachinery/meta.ts'
import { apiVersionOf, splitApiVersion } from '../apimachinery/meta.ts'
import { applyPatch } from '../apimachinery/patch/apply.ts'
import type { FieldSet } from '../apimachinery/patch/field-set.ts'
import { leaf } from '../apimachinery/patch/field-set.ts'
import { cloneJson, type JsonObject } from '../apimachinery/patch/json-values.ts'
import * as managed from '../apimachinery/patch/managed-fields.ts'
import type { Convert } from '../apimachinery/patch/versioned.ts'
import type { ParsedBody } from './body.ts'
import { decodeParsed, expectedOf } from './body.ts'
import { betweenVersions, toStored, toVersion } from './codec.ts'
import { ConversionNeeded } from './conversions.ts'
import { checkSubmitted } from './crd/version-errors.ts'
import type { WriteOptions } from './parameters.ts'
import { schemaIn, withDefaults } from './schemas.ts'
import type { Write } from './store.ts'

type Json = Readonly<JsonObject>

/** `draft` (stored version) with managedFields brought up to date for an Update by the write's manager. `live` is absent on create. */
export function recordUpdate(write: Write, live: KubeObject | undefined, draft: KubeObject): KubeObject {
  const { resolved } = write
  const { convert, ...given } = common(write)
  let needed: ConversionNeeded | undefined
  const managedFields = managed.recordUpdate({
    ...given,
    // What cannot be tracked is forgotten, but a conversion still to be asked for can be.
    convert: (object, apiVersion) => {
      try {
        return convert(object, apiVersion)
      } catch (error) {
        if (error instanceof ConversionNeeded) needed ??= error
        throw error
      }
    },
    live: live === undefined ? undefined : (toVersion(resolved, live) as Json),
    updated: toVersion(resolved, draft) as Json,
    manager: write.fieldManager,
  })
  if (needed !== undefined) throw needed
  return withEntries(draft, managedFields)
}

/** `draft` with the old managedFields when nothing but their times differs: a write that changes nothing stays none (wire.md 19). */
export function ignoreTimestamps(draft: KubeObject, old: KubeObject): KubeObject {
  const before = old.metadata?.managedFields
  const entries = draft.metadata?.managedFields
  const same = () => semanticEqual(withoutEntries(draft), withoutEntries(old))
  return withEntries(draft, managed.withoutTimeChange(before, entries, same) as ManagedFieldsEntry[] | undefined)
}

/** The configuration merged onto the present object by ownership (stored version). Throws 400, 409 with the conflicts. */
export function applyObject(
  write: Write,
  current: KubeObject | undefined,
  parsed: ParsedBody,
  options: WriteOptions,
  warnings: string[],
): KubeObject {
  const { server, resolved } = write
  const expected = expectedOf(resolved)
  const { value } = parsed
  if (!isObject(value)) throw badRequest('error decoding YAML: the configuration must be an object')
  const merged = applyPatch({
    ...common(write),
    live: current === undefined ? undefined : (toVersion(resolved, current) as Json),
    patch: value,
    manager: options.fieldManager,
    force: options.force === true,
    kind: resolved.kind.kind,
  })
  tellDuplicates(parsed, options, warnings)
  const object = decodeParsed(server, { value: merged.object, duplicates: [] }, expected, 'Ignore', [])
  checkSubmitted(resolved, object, current, write.subresource)
  const stored = withDefaults(resolved.kind, toStored(resolved, cloneJson(object)))
  return withEntries(stored, merged.managedFields)
}

/** Fields that the schema does not know are refused by the merge; duplicate keys only by fieldValidation (applyPatcher of upstream's patch.go). */
function tellDuplicates({ strictErrors = [] }: ParsedBody, { fieldValidation }: WriteOptions, warnings: string[]): void {
  if (strictErrors.length === 0 || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Strict') throw badRequest(`error strict decoding patch: ${strictErrors.join(', ')}`)
  warnings.push(...strictErrors)
}

function common({ resolved, server, subresource }: Write) {
  return {
    apiVersion: apiVersionOf(resolved.group, resolved.version),
    now: server.clock.now(),
    schema: schemaIn(resolved),
    resetFields: resetFields(resolved, subresource),
    convert: converter(resolved, server.registry),
    ...(subresource === undefined ? {} : { subresource }),
  }
}

const statusFields: FieldSet = { 'f:status': leaf }
const specFields: FieldSet = { 'f:spec': leaf }
const none: FieldSet = leaf

/** What a path never writes: the main path no status, the status path no spec. */
function resetFields(resolved: Resolved, subresource: string | undefined): FieldSet {
  if (subresourcesIn(resolved).status !== true) return none
  if (subresource === undefined) return statusFields
  return subresource === 'status' ? specFields : none
}

/** Between the versions of a kind, by way of the stored one. */
function converter(resolved: Resolved, registry: Write['server']['registry']): Convert {
  return (object, apiVersion) => {
    const { group, version } = splitApiVersion(apiVersion)
    const target = registry.byResource(group, version, resolved.kind.resource)
    if (target === undefined || target.kind !== resolved.kind) return undefined
    const other = betweenVersions(resolved, target, cloneJson(object) as KubeObject)
    return { object: other as Json, schema: schemaIn(target) }
  }
}

function withEntries(object: KubeObject, entries: ManagedFieldsEntry[] | undefined): KubeObject {
  object.metadata ??= {}
  if (entries === undefined) delete object.metadata.managedFields
  else object.metadata.managedFields = cloneJson(entries)
  return object
}

function withoutEntries(object: KubeObject): object {
  const { managedFields: _entries, resourceVersion: _version, ...metadata } = object.metadata ?? {}
  return { ...object, metadata }
}

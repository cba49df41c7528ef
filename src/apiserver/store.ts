// The one store of every kind: admit → prepare → validate → admit → compare-and-swap. Verbs and subresources write through it.
// Flow: k8s.io/apiserver/pkg/registry/generic/registry store.go.
import { ApiError, alreadyExists, conflict, invalid, notFound, qualifiedResource } from '../apimachinery/api-error.ts'
import { timestamp } from '../apimachinery/clock.ts'
import { semanticEqual } from '../apimachinery/equal.ts'
import { at, invalidValue } from '../apimachinery/field-errors.ts'
import { type Kind, type Resolved, subresourcesIn } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { draft as draftOf } from '../apimachinery/meta.ts'
import { generateName } from '../apimachinery/object-meta.ts'
import type { Entry as StoredEntry } from '../storage/storage.ts'
import { admitMutating, admitValidating } from './admit.ts'
import type { StoreHook } from './allocators/store-hook.ts'
import type { User } from './authentication/user.ts'
import { breathe } from './breathe.ts'
import type { Decoded, Entry } from './codec.ts'
import { decodeStored, encodeStored, isStale, makeEntry, objectOf } from './codec.ts'
import type { ServerContext } from './context.ts'
import { converting } from './conversions.ts'
import { versionErrors } from './crd/version-errors.ts'
import { ignoreTimestamps, recordUpdate } from './field-management.ts'
import { objectStorageKey } from './keys.ts'
import { preparedObject, prepareEntries } from './prepare-entries.ts'
import { generatedNameTaken, groupResource, invalidVersionText, throwInvalid, uidMismatch } from './store-errors.ts'
import type { Strategy } from './strategy.ts'
import { ensureNamespace, mainStrategy, prepareForCreate, restoreSystemFields, validateCreate, wipeSystemFields } from './strategy.ts'
import { uuid } from './uuid.ts'
import { writeContext } from './write-request.ts'

export { throwInvalid }

/** Who writes what, and how: the same for all verbs. */
export interface Write {
  server: ServerContext
  resolved: Resolved
  namespace: string | undefined
  /** '' for a create whose name is in the body or generated. */
  name: string
  user: User
  subresource?: string
  dryRun: boolean
  /** Owner of the fields in managedFields. */
  fieldManager: string
  /** Texts for Warning headers are added here. */
  warnings: string[]
  signal: AbortSignal
  /** Create-, Update- or DeleteOptions without their kind, for admission. */
  options?: object
  /** Adds an annotation to the request's audit event. */
  annotate?: (key: string, value: string) => void
}

/** What a write left behind. `object` is frozen, in the stored version; `entry` is absent for a dry run that created nothing. */
export interface Written {
  object: KubeObject
  entry?: Entry
  created: boolean
  deleted: boolean
}

const nameAttempts = 8
/** A write gives up after this time (upstream's requestTimeoutUpperBound). */
const writeTimeoutMs = 34_000

/** The stored object, read from storage itself. Throws 404. */
export async function readEntry(write: Pick<Write, 'server' | 'resolved' | 'namespace' | 'name'>): Promise<Entry> {
  const { kind } = write.resolved
  const stored = (await write.server.storage.get(objectStorageKey(kind, write.namespace, write.name))).entry
  if (stored === undefined) throw notFound(groupResource(write.resolved), write.name)
  const entry = entryOf(stored)
  await prepareEntries(write.resolved, [entry])
  return entry
}

/** Creates `object` (stored version; the store takes it over). Throws 409 AlreadyExists, 422 Invalid, what admission throws. */
export async function createObject(write: Write, object: KubeObject, options: { managesFields?: boolean } = {}): Promise<Written> {
  wipeSystemFields(object)
  ensureNamespace(object, write.namespace)
  const managed = options.managesFields === true ? object : await recorded(write, undefined, object)
  await breathe()
  const named = await admitMutating(write, 'CREATE', managed, undefined)
  const generated = !named.metadata?.name && !!named.metadata?.generateName
  for (let attempt = 1; ; attempt++) {
    const last = !generated || attempt === nameAttempts
    const written = await createOnce(write, last ? named : draftOf(named), generated)
    if (written !== undefined) return written
    if (last) throw generated ? generatedNameTaken(write, named) : alreadyExists(groupResource(write.resolved), named.metadata!.name!)
  }
}

/** Undefined: the name is taken. */
async function createOnce(write: Write, draft: KubeObject, generated: boolean): Promise<Written | undefined> {
  const { server, resolved } = write
  const { kind } = resolved
  const meta = (draft.metadata ??= {})
  meta.uid = uuid(server.random)
  meta.creationTimestamp = timestamp(server.clock.now())
  if (generated) meta.name = generateName(meta.generateName!, server.random)
  prepareForCreate(kind, draft, writeContext(write), subresourcesIn(resolved))
  return reserved(write, draft, undefined, async () => {
    await breathe()
    const errors = await converting(kind, () => versionErrors(resolved, draft))
    throwInvalid(resolved, meta.name ?? '', [...validateCreate(kind, draft), ...errors])
    await breathe()
    write.warnings.push(...(kind.warnings?.(draft, undefined) ?? []))
    await admitValidating(write, 'CREATE', draft, undefined)
    if (meta.resourceVersion === '0') delete meta.resourceVersion
    if (meta.resourceVersion) throw new ApiError('', 'resourceVersion should not be set on objects to be created')
    const key = objectStorageKey(kind, write.namespace, meta.name!)
    const { object, bytes } = encodeStored(kind, draft)
    if (write.dryRun) {
      const { entry } = await server.storage.get(key)
      return entry === undefined ? { object, created: true, deleted: false } : undefined
    }
    const result = await server.storage.create(key, bytes)
    return result.ok ? written(resolved, makeEntry(key, bytes, result.revision), { created: true }) : undefined
  })
}

/** The hook of the server's own parts (cluster IPs …) on writes of this kind's main path. */
export function hookOf({ server, resolved, subresource }: Write): StoreHook | undefined {
  if (subresource !== undefined) return undefined
  return server.hooks.find((hook) => hook.resource === qualifiedResource(resolved.kind))
}

/** Runs a write between `begin` and `commit` or `revert` of its hook. */
async function reserved<T>(
  write: Write,
  draft: KubeObject,
  old: KubeObject | undefined,
  run: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const reservation = hookOf(write)?.begin(draft, old, { dryRun: write.dryRun })
  let done = false
  try {
    const result = await run()
    done = result !== undefined && !write.dryRun
    return result
  } finally {
    if (done) reservation?.commit()
    else reservation?.revert()
  }
}

export interface UpdateOptions {
  /** Default: the main path's. */
  strategy?: Strategy
  /** PUT with create-on-update, apply: a missing object is created from `transform(undefined)`. */
  allowCreate?: boolean
  /** The object must have this uid (409). */
  preconditionUid?: string
  /** `transform` brings managedFields up to date itself (apply). */
  managesFields?: boolean
  /** Asked before a create by update: throws 403. */
  authorizeCreate?: () => Promise<void>
  /** For writes of the server itself (binding, eviction): admission is not asked. */
  skipAdmission?: boolean
}

/** Gives the new object for the present one (frozen, stored version, with its resourceVersion). May be called again after a lost race. */
export type Transform = (current: KubeObject | undefined) => KubeObject | Promise<KubeObject>

/**
 * Reads, transforms and writes an object until no one else came between. A resourceVersion in the transformed object is a condition (409).
 * Nothing is written when nothing changes (wire.md 19). An object that loses its last finalizer while deleting is deleted (wire.md 41).
 */
export async function updateObject(write: Write, transform: Transform, options: UpdateOptions = {}): Promise<Written> {
  const { server, resolved, name } = write
  const key = objectStorageKey(resolved.kind, write.namespace, name)
  const deadline = server.clock.now() + writeTimeoutMs
  while (true) {
    const { entry: stored } = await server.storage.get(key)
    if (stored === undefined) {
      if (options.allowCreate !== true) throw notFound(groupResource(resolved), name)
      const created = await createByUpdate(write, transform, options)
      if (created !== undefined) return created
    } else {
      const updated = await updateOnce(write, transform, options, stored)
      if (updated !== undefined) return updated
    }
    write.signal.throwIfAborted()
    if (server.clock.now() > deadline)
      throw new ApiError('Timeout', `Timeout: request did not complete within requested timeout - context deadline exceeded`)
  }
}

async function createByUpdate(write: Write, transform: Transform, options: UpdateOptions): Promise<Written | undefined> {
  const object = await converting(write.resolved.kind, () => transform(undefined))
  await options.authorizeCreate?.()
  const asked = options.preconditionUid
  if (asked) throw conflict(groupResource(write.resolved), write.name, uidMismatch(write, asked, ''))
  if (object.metadata?.resourceVersion === '0') delete object.metadata.resourceVersion
  if (object.metadata?.resourceVersion) throw notFound(groupResource(write.resolved), write.name)
  try {
    return await createObject(write, object, { managesFields: options.managesFields === true })
  } catch (error) {
    if (error instanceof ApiError && error.reason === 'AlreadyExists') return undefined
    throw error
  }
}

/** Undefined: someone else wrote in between. */
async function updateOnce(write: Write, transform: Transform, options: UpdateOptions, stored: StoredEntry): Promise<Written | undefined> {
  const { resolved } = write
  const { kind } = resolved
  const current = entryOf(stored)
  const old = await preparedObject(kind, current)
  const asked = options.preconditionUid
  if (asked && asked !== old.metadata!.uid)
    throw conflict(groupResource(resolved), write.name, uidMismatch(write, asked, old.metadata!.uid!))
  let draft = await converting(kind, () => transform(old))
  await breathe()
  ensureNamespace(draft, write.namespace)
  if (options.managesFields !== true) draft = await recorded(write, old, draft)
  await breathe()
  if (options.skipAdmission !== true) draft = await admitMutating(write, 'UPDATE', draft, old)
  checkVersion(write, draft, old)
  draft.metadata!.generation = old.metadata!.generation!
  if (draft.metadata!.generation === undefined) delete draft.metadata!.generation
  const strategy = options.strategy ?? mainStrategy(kind, subresourcesIn(resolved))
  strategy.prepareForUpdate(draft, old, writeContext(write))
  restoreSystemFields(draft, old)
  return reserved(write, draft, old, () => commitUpdate(write, draft, old, stored, strategy, options))
}

async function commitUpdate(
  write: Write,
  prepared: KubeObject,
  old: KubeObject,
  stored: StoredEntry,
  strategy: Strategy,
  options: UpdateOptions,
): Promise<Written | undefined> {
  const { resolved, server } = write
  const { kind } = resolved
  const errors = await converting(kind, () => versionErrors(resolved, prepared, old, write.subresource))
  throwInvalid(resolved, write.name, [...strategy.validateUpdate(prepared, old), ...errors])
  await breathe()
  write.warnings.push(...(kind.warnings?.(prepared, old) ?? []))
  const draft = ignoreTimestamps(prepared, old)
  await breathe()
  if (options.skipAdmission !== true) await admitValidating(write, 'UPDATE', draft, old)
  await breathe()
  const encoded = encodeStored(kind, draft)
  if (isFinished(kind, encoded.object, old)) return await finish(write, stored, encoded.object, old)
  if (!isStale(kind, stored.value) && isSame(encoded, decodeStored(kind, stored.value))) return written(resolved, entryOf(stored), {})
  if (write.dryRun) return written(resolved, makeEntry(stored.key, encoded.bytes, stored.modRevision), {})
  const result = await server.storage.update(stored.key, encoded.bytes, stored.modRevision)
  return result.ok ? written(resolved, makeEntry(stored.key, encoded.bytes, result.revision), {}) : undefined
}

async function recorded(write: Write, old: KubeObject | undefined, draft: KubeObject): Promise<KubeObject> {
  return converting(write.resolved.kind, () => recordUpdate(write, old, draft))
}

/** Equal but for the order of keys. */
function isSame(a: Decoded, b: Decoded): boolean {
  return a.bytes.length === b.bytes.length && (a.bytes.equals(b.bytes) || semanticEqual(a.object, b.object))
}

/** The resourceVersion of the new object is a condition; without one the update is unconditional where the kind allows it (wire.md 16). */
function checkVersion({ resolved, name }: Write, draft: KubeObject, old: KubeObject): void {
  const asked = draft.metadata!.resourceVersion
  if (asked === undefined || asked === '' || asked === '0') {
    if (resolved.kind.requiresResourceVersion === true || resolved.kind.custom === true) {
      const error = invalidValue(at('metadata', 'resourceVersion'), 0, 'must be specified for an update')
      throw invalid({ group: resolved.group, kind: resolved.kind.resource }, name, [error])
    }
    draft.metadata!.resourceVersion = old.metadata!.resourceVersion!
  } else if (asked !== old.metadata!.resourceVersion) {
    if (!/^\d+$/.test(asked)) throw new ApiError('', invalidVersionText(asked))
    throw conflict(groupResource(resolved), name)
  }
}

/** An object being deleted whose finalizers and grace period are over. */
function isFinished(kind: Kind, object: KubeObject, old: KubeObject): boolean {
  if (kind.deletion?.held(object) === true) return false
  if ((object.metadata!.finalizers ?? []).length > 0 || !old.metadata!.deletionTimestamp) return false
  return (old.metadata!.deletionGracePeriodSeconds ?? 0) === 0
}

async function finish(write: Write, stored: StoredEntry, object: KubeObject, old: KubeObject): Promise<Written | undefined> {
  if (!write.dryRun) {
    const result = await write.server.storage.delete(stored.key, stored.modRevision)
    if (!result.ok && result.current !== undefined) return undefined
    if (result.ok) await hookOf(write)?.afterDelete(old)
  }
  const metadata = Object.freeze({ ...object.metadata, resourceVersion: old.metadata!.resourceVersion! })
  return { object: Object.freeze({ ...object, metadata }), created: false, deleted: true }
}

export function entryOf(stored: StoredEntry): Entry {
  return makeEntry(stored.key, stored.value, stored.modRevision)
}

function written(resolved: Resolved, entry: Entry, outcome: { created?: boolean }): Written {
  return { object: objectOf(resolved.kind, entry), entry, created: outcome.created ?? false, deleted: false }
}

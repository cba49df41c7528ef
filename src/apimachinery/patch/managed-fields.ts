// Records who changed what: runs on every create, update and patch (not on apply: see apply.ts).
// Rules: k8s.io/apimachinery/pkg/util/managedfields.
import { isObject } from '../json.ts'
import type { ManagedFieldsEntry } from '../meta.ts'
import type { Schema } from '../schema/schema.ts'
import { difference, type FieldSet, isEmpty, leaf, recursiveDifference, union } from './field-set.ts'
import type { JsonObject } from './json-values.ts'
import { capUpdaters, decodeManagers, encodeManagers, entryTime, identifierOf, isReset, type Manager, type Managers } from './managers.ts'
import { reconcileManagers, transfer } from './ownership.ts'
import { type Convert, rootAtom, type Versioned, zeroObject } from './versioned.ts'

export interface UpdateRecord {
  /** The stored object; undefined on create. */
  live: Readonly<JsonObject> | undefined
  /** The object that is to be stored, decoded and defaulted, before the kind's strategy touches it. Never changed. */
  updated: Readonly<JsonObject>
  /** Query parameter fieldManager, or the User-Agent up to the first `/`; empty reads as "unknown". */
  manager: string
  /** `status`, `scale` …: managedFields sent by the client are then ignored. */
  subresource?: string
  apiVersion: string
  /** Milliseconds since the epoch. */
  now: number
  /** Schema of the kind in this version. */
  schema: Schema
  /** Fields this path never writes (main path: `{ 'f:status': {} }`), as a field set. */
  resetFields?: FieldSet
  convert?: Convert
}

/**
 * The new metadata.managedFields; undefined when the object is to have none (nothing owned, tracking never began, or a client reset it).
 * Never throws for odd objects: what cannot be tracked loses its owners, as upstream.
 */
export function recordUpdate(record: UpdateRecord): ManagedFieldsEntry[] | undefined {
  const managers = currentManagers(record)
  if (managers.size === 0 && record.live !== undefined) return undefined
  try {
    trackUpdate(managers, record)
    return encodeManagers(managers)
  } catch {
    return undefined
  }
}

/** The entries sent with the object, if they can be used, else those of the stored one. */
function currentManagers({ live, updated, subresource }: UpdateRecord): Managers {
  const stored = () => decodedOrNone(entriesOf(live))
  if (subresource) return stored()
  const sent = entriesOf(updated)
  if (isReset(sent)) return new Map()
  if (sent === undefined || sent === null) return stored()
  const managers = decodedOrNone(sent)
  return managers.size === 0 ? stored() : managers
}

function decodedOrNone(entries: unknown): Managers {
  try {
    return decodeManagers(entries)
  } catch {
    return new Map()
  }
}

/** metadata.managedFields of an object, whatever it is. */
export function entriesOf(object: Readonly<JsonObject> | undefined): unknown {
  const metadata = object?.metadata
  return isObject(metadata) ? metadata.managedFields : undefined
}

const currentOperation = 'current-operation'

/** Moves ownership for one update. Changes `managers`. */
export function trackUpdate(managers: Managers, record: UpdateRecord): void {
  const { live, updated, apiVersion, schema, resetFields, convert, subresource = '' } = record
  const atom = rootAtom(schema)
  const before: Versioned = { object: live ?? zeroObject(schema), apiVersion, atom }
  const after: Versioned = { object: updated, apiVersion, atom }
  reconcileManagers(managers, before, convert)
  const change = transfer({ before, after, managers, self: currentOperation, force: true, resetFields, convert })
  let fields = union(change.modified, change.added)
  if (resetFields !== undefined) fields = recursiveDifference(fields, resetFields)
  fields = ownFields(fields)
  if (!isEmpty(fields)) {
    const name = record.manager === '' ? 'unknown' : record.manager
    const mine: Manager = { name, operation: 'Update', apiVersion, subresource, time: entryTime(record.now), fields }
    const identifier = identifierOf(mine)
    const previous = managers.get(identifier)
    managers.set(identifier, previous === undefined ? mine : { ...mine, fields: union(fields, previous.fields) })
  }
  capUpdaters(managers)
}

/** The set without `metadata` itself, which nobody owns. (What lies in metadata was sorted out before comparing.) */
export function ownFields(fields: FieldSet): FieldSet {
  const metadata = fields['f:metadata']
  if (metadata === undefined) return fields
  if (isEmpty(metadata)) return difference(fields, { 'f:metadata': leaf })
  return '.' in metadata ? difference(fields, { 'f:metadata': leaf }) : fields
}

/**
 * The entries to store after an update that changed nothing but times: the old ones, so that a no-op write stays one.
 * `same` says whether the objects are equal apart from managedFields.
 */
export function withoutTimeChange(
  before: readonly ManagedFieldsEntry[] | undefined,
  after: ManagedFieldsEntry[] | undefined,
  same: () => boolean,
): readonly ManagedFieldsEntry[] | undefined {
  if (before === undefined || after === undefined || before.length !== after.length) return after
  const timeless = (entry: ManagedFieldsEntry) => JSON.stringify({ ...entry, time: undefined })
  if (after.every((entry, at) => entry.time === before[at]!.time)) return after
  return after.every((entry, at) => timeless(entry) === timeless(before[at]!)) && same() ? before : after
}

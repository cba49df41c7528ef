// metadata.managedFields ⇄ who owns what. A manager is known by name, operation and subresource, an updater also by its version.
// Rules: k8s.io/apimachinery/pkg/util/managedfields/internal (managedfields.go, capmanagers.go).
import { timestamp } from '../clock.ts'
import { isObject } from '../json.ts'
import type { ManagedFieldsEntry } from '../meta.ts'
import { type Atom, formOf } from './atoms.ts'
import { type FieldSet, type FieldSetDraft, leaf, parseFieldSet, sorted, union } from './field-set.ts'
import { goJson } from './path-element.ts'

/** One manager and the fields it owns. */
export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly fields: FieldSet
}

/** Managers by identifier. */
export type Managers = Map<string, Manager>

/** Updaters beyond this number are merged into one entry, oldest first. */
const maxUpdaters = 10

/** The key of a manager: its entry without time and fields, as JSON; an applier keeps its key across versions. */
export function identifierOf(manager: Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = manager.operation === 'Update' && manager.apiVersion !== '' ? `,"apiVersion":${goJson(manager.apiVersion)}` : ''
  const subresource = manager.subresource === '' ? '' : `,"subresource":${goJson(manager.subresource)}`
  const name = manager.name === '' ? '' : `"manager":${goJson(manager.name)},`
  return `{${name}"operation":"${manager.operation}"${version}${subresource}}`
}

const parsed = new WeakMap<object, FieldSet>()

/**
 * Reads the entries of an object.
 * @throws Error when one of them is malformed; the caller decides what that means
 */
export function decodeManagers(entries: unknown): Managers {
  const managers: Managers = new Map()
  if (entries === undefined || entries === null) return managers
  if (!Array.isArray(entries)) throw new Error('managedFields must be a list')
  entries.forEach((value: unknown, at) => {
    const entry = (isObject(value) ? value : {}) as ManagedFieldsEntry
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') throw new Error('operation must be `Apply` or `Update`')
    if (!entry.apiVersion) throw new Error('apiVersion must not be empty')
    if (!entry.fieldsType) throw new Error(`missing fieldsType in managed fields entry ${at}`)
    if (entry.fieldsType !== 'FieldsV1')
      throw new Error(`invalid fieldsType ${JSON.stringify(entry.fieldsType)} in managed fields entry ${at}`)
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? undefined,
      fields: fieldsOf(entry.fieldsV1),
    }
    managers.set(identifierOf(manager), manager)
  })
  return managers
}

/** Parsed once per frozen fieldsV1 object: entries of cached objects are read again and again. */
function fieldsOf(fieldsV1: unknown): FieldSet {
  if (!isObject(fieldsV1) || !Object.isFrozen(fieldsV1)) return parseFieldSet(fieldsV1)
  let fields = parsed.get(fieldsV1)
  if (fields === undefined) parsed.set(fieldsV1, (fields = parseFieldSet(fieldsV1)))
  return fields
}

/** Whether metadata.managedFields can be read: admission may not leave it broken. The error text, or undefined. */
export function managedFieldsError(entries: unknown): string | undefined {
  try {
    decodeManagers(entries)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** A client may ask to forget all owners: `managedFields: []` or `[{}]`. */
export function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries) || entries.length > 1) return false
  return entries.length === 0 || (isObject(entries[0]) && Object.keys(entries[0]).length === 0)
}

/** The entries for the wire, sorted by operation, time, name, version, subresource; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (managers.size === 0) return undefined
  const entries = [...managers.values()].map((manager) => ({
    ...(manager.name === '' ? {} : { manager: manager.name }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(manager.fields),
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  }))
  return entries.length === 1 ? entries : entries.sort(compareEntries)
}

function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    text(a.operation, b.operation) ||
    seconds(a.time) - seconds(b.time) ||
    text(a.manager, b.manager) ||
    text(a.apiVersion, b.apiVersion) ||
    text(a.subresource, b.subresource)
  )
}

function text(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function seconds(time: string | undefined): number {
  const milliseconds = time === undefined ? 0 : Date.parse(time)
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000)
}

/** The time of an entry written now. */
export function entryTime(nowMs: number): string {
  return timestamp(nowMs)
}

/** Merges the oldest updaters of each version into `ancient-changes` until no more than ten are left. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update')
  if (updaters.length <= maxUpdaters) return
  updaters.sort(([a, left], [b, right]) => seconds(left.time) - seconds(right.time) || text(a, b))
  const firstOfVersion = new Map<string, string>()
  let left = updaters.length
  for (const [identifier, manager] of updaters) {
    if (left <= maxUpdaters) return
    const bucket: Manager = { ...manager, name: 'ancient-changes', subresource: '' }
    const bucketId = identifierOf(bucket)
    const first = firstOfVersion.get(manager.apiVersion)
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, identifier)
      continue
    }
    const before = managers.get(bucketId) ?? managers.get(first)!
    if (!managers.has(bucketId)) managers.delete(first)
    managers.delete(identifier)
    managers.set(bucketId, { ...bucket, fields: union(manager.fields, before.fields) })
    left--
  }
}

const reconciledSets = new WeakMap<FieldSet, { atom: Atom; fields: FieldSet }>()

/** The set for a schema in which some parts have become atomic since it was written. */
export function reconciled(fields: FieldSet, atom: Atom): FieldSet {
  const known = reconciledSets.get(fields)
  if (known?.atom === atom) return known.fields
  const result = reconcile(fields, atom)
  if (fields !== leaf) reconciledSets.set(fields, { atom, fields: result })
  return result
}

function reconcile(fields: FieldSet, atom: Atom): FieldSet {
  const form = formOf(atom, undefined)
  if (form === 'scalar' || (form === 'map' && atom.map!.untyped)) return fields
  let changed: FieldSetDraft | undefined
  for (const element in fields) {
    const below = fields[element]!
    const inner = element === '.' || below === leaf ? undefined : partAtom(atom, form, element)
    if (inner === undefined) continue
    const left = isAtomic(inner) && Object.keys(below).length > 0 ? leaf : reconcile(below, inner)
    if (left !== below) changed = { ...(changed ?? fields), [element]: left }
  }
  return changed ?? fields
}

function isAtomic(atom: Atom): boolean {
  const form = formOf(atom, undefined)
  return form === 'map' ? atom.map!.atomic : form === 'list' && atom.list!.atomic
}

function partAtom(atom: Atom, form: 'map' | 'list', element: string): Atom | undefined {
  if (form === 'list') return atom.list!.element()
  return element.startsWith('f:') ? atom.map!.field(element.slice(2))?.atom : undefined
}

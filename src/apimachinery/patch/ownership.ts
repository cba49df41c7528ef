// How ownership moves when an object changes (structured-merge-diff, merge.Updater): owners lose what others change or remove,
// appliers who would take a field by changing it get a conflict.
import { difference, type FieldSet, intersection, isEmpty, paths, union } from './field-set.ts'
import { type Manager, type Managers, reconciled } from './managers.ts'
import { type Comparison, compareValues, excludeFields } from './typed-compare.ts'
import { type Convert, inVersion, ownable, type Versioned } from './versioned.ts'

/** A field that another manager owns with a different value. */
export interface Conflict {
  readonly manager: Manager
  readonly path: readonly string[]
}

/** Several managers would lose fields and force was not given. */
export class Conflicts extends Error {
  readonly conflicts: readonly Conflict[]
  constructor(conflicts: readonly Conflict[]) {
    super('conflict')
    this.conflicts = conflicts
  }
}

export interface Transition {
  before: Versioned
  after: Versioned
  managers: Managers
  /** Whose change this is: this manager loses nothing. */
  self: string
  force: boolean
  resetFields: FieldSet | undefined
  convert: Convert | undefined
}

/**
 * Takes from all managers but `self` what the change modified, added or removed; those left with nothing are dropped. Changes `managers`.
 * @throws Conflicts without force
 */
export function transfer(transition: Transition): Comparison {
  const { after, managers, self, force } = transition
  const own = compareVersion(transition, after.apiVersion)!
  const byVersion = new Map<string, Comparison | undefined>([[after.apiVersion, own]])
  const conflicts: [string, FieldSet][] = []
  const removed: [string, FieldSet][] = []
  for (const [identifier, manager] of [...managers]) {
    if (identifier === self) continue
    const version = transition.convert === undefined ? after.apiVersion : manager.apiVersion
    if (!byVersion.has(version)) byVersion.set(version, compareVersion(transition, version))
    const change = byVersion.get(version)
    if (change === undefined) {
      managers.delete(identifier)
      continue
    }
    const lost = intersection(manager.fields, union(change.modified, change.added))
    if (!isEmpty(lost)) conflicts.push([identifier, lost])
    if (!isEmpty(change.removed)) removed.push([identifier, change.removed])
  }
  if (!force && conflicts.length > 0) throw new Conflicts(conflictList(conflicts, managers))
  for (const [identifier, fields] of [...conflicts, ...removed]) {
    const manager = managers.get(identifier)!
    managers.set(identifier, { ...manager, fields: difference(manager.fields, fields) })
  }
  for (const [identifier, manager] of managers) if (isEmpty(manager.fields)) managers.delete(identifier)
  return own
}

function compareVersion({ before, after, resetFields, convert }: Transition, apiVersion: string): Comparison | undefined {
  const old = inVersion(before, apiVersion, convert)
  const now = inVersion(after, apiVersion, convert)
  if (old === undefined || now === undefined) return undefined
  return excludeFields(compareValues(ownable(old.object), ownable(now.object), now.atom), resetFields)
}

function conflictList(conflicts: readonly [string, FieldSet][], managers: Managers): Conflict[] {
  const byName = [...conflicts].sort(([a], [b]) => (a < b ? -1 : 1))
  return byName.flatMap(([identifier, fields]) => paths(fields).map((path) => ({ manager: managers.get(identifier)!, path })))
}

/** Fits the sets of all managers to the schema of their version; versions that are gone are left for {@link transfer} to drop. */
export function reconcileManagers(managers: Managers, live: Versioned, convert: Convert | undefined): void {
  for (const [identifier, manager] of managers) {
    const view = inVersion(live, manager.apiVersion, convert)
    if (view === undefined) {
      managers.delete(identifier)
      continue
    }
    const fields = reconciled(manager.fields, view.atom)
    if (fields !== manager.fields) managers.set(identifier, { ...manager, fields })
  }
}

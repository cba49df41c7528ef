// What a manager applied last time and leaves out now goes, unless somebody else owns it (structured-merge-diff, Updater.prune).
import type { Atom } from './atoms.ts'
import { asMember, difference, type FieldSet, type FieldSetDraft, intersection, isEmpty, leaf, union } from './field-set.ts'
import type { Managers } from './managers.ts'
import { fieldSetOf } from './typed-fields.ts'
import { removeFields } from './typed-merge.ts'
import { type Convert, inVersion, type Versioned } from './versioned.ts'

/**
 * The merged object without the fields of `last` that neither the new configuration nor another manager owns.
 * `managers` holds the new set of the applying manager already.
 */
export function pruned(
  merged: Versioned,
  last: { apiVersion: string; fields: FieldSet },
  managers: Managers,
  self: string,
  convert: Convert | undefined,
): Versioned {
  const applied = managers.get(self)!
  if (applied.apiVersion === last.apiVersion && isEmpty(difference(last.fields, applied.fields))) return merged
  const base = inVersion(merged, last.apiVersion, convert)
  if (base === undefined) return merged
  const bare = without(base, withNamedFields(last.fields, base.atom))
  const kept = addBackOwned(base, bare, managers, convert)
  const result = addBackUnowned(base, kept, last, convert)
  return inVersion(result, merged.apiVersion, convert) ?? merged
}

function without(from: Versioned, fields: FieldSet): Versioned {
  return { ...from, object: (removeFields(from.object, fields, from.atom) ?? {}) as Versioned['object'] }
}

/** What any manager owns stays. Versions are looked at one by one, that of the old configuration first. */
function addBackOwned(base: Versioned, bare: Versioned, managers: Managers, convert: Convert | undefined): Versioned {
  const owned = new Map<string, FieldSet>([[base.apiVersion, leaf]])
  for (const manager of managers.values()) owned.set(manager.apiVersion, union(owned.get(manager.apiVersion) ?? leaf, manager.fields))
  let [merged, result] = [base, bare]
  for (const [version, fields] of owned) {
    if (version === base.apiVersion && isEmpty(fields)) continue
    const [left, right] = [inVersion(merged, version, convert), inVersion(result, version, convert)]
    if (left === undefined || right === undefined) continue
    const { atom } = left
    const keep = union(named(right.object, atom), withNamedFields(fields, atom))
    merged = left
    result = without(left, difference(named(left.object, atom), keep))
  }
  return result
}

/** Only what the manager itself owned may go: fields nobody owns stay too. */
function addBackUnowned(base: Versioned, kept: Versioned, last: { fields: FieldSet }, convert: Convert | undefined): Versioned {
  const view = inVersion(kept, base.apiVersion, convert)
  if (view === undefined) return base
  const gone = difference(named(base.object, base.atom), named(view.object, base.atom))
  return without(base, intersection(gone, withNamedFields(last.fields, base.atom)))
}

function named(object: unknown, atom: Atom): FieldSet {
  return withNamedFields(fieldSetOf(object, atom), atom)
}

/** The set with every declared struct field on its paths as a member: removing the set then removes structs too, not just their fields. */
export function withNamedFields(fields: FieldSet, atom: Atom): FieldSet {
  const result: FieldSetDraft = {}
  for (const element in fields) {
    const below = fields[element]!
    if (element === '.' || isEmpty(below)) {
      result[element] = below
      continue
    }
    const field = element.startsWith('f:') ? atom.map?.field(element.slice(2)) : undefined
    const inner = field?.atom ?? (element.startsWith('k:') ? atom.list?.element() : undefined)
    const child = inner === undefined ? below : withNamedFields(below, inner)
    result[element] = field?.declared ? asMember(child) : child
  }
  return result
}

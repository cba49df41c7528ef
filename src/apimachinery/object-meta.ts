// Rules of object metadata, the same for every kind: k8s.io/apimachinery/pkg/api/validation (objectmeta.go) and its words.
import { semanticEqual } from './equal.ts'
import type { FieldError } from './field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, type Path, required, tooLong } from './field-errors.ts'
import type { NameRule } from './kind.ts'
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './meta.ts'
import { splitApiVersion } from './meta.ts'
import { byteLength, labelValueErrors, nameErrors, qualifiedName } from './names.ts'

const annotationsMaxBytes = 256 * 1024
const fieldManagerMaxBytes = 128
const subresourceMaxBytes = 256

/** "field is immutable". */
export const immutableText = 'field is immutable'

/** Keys and values of labels. */
export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.push(...validateLabelName(key, path))
    for (const message of labelValueErrors(value)) errors.push(invalidValue(path, value, message))
  }
  return errors
}

/** The key of a label. */
export function validateLabelName(name: string, path: Path): FieldError[] {
  return qualifiedName(name).map((message) => invalidValue(path, name, message))
}

/** Keys of annotations (case does not matter) and their size: at most 256 KiB together. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const message of qualifiedName(key.toLowerCase())) errors.push(invalidValue(path, key, message))
    bytes += byteLength(key) + byteLength(value)
  }
  if (bytes > annotationsMaxBytes) errors.push(tooLong(path, '', annotationsMaxBytes))
  return errors
}

/** Metadata of a new object, after its name was generated. */
export function validateObjectMeta(meta: ObjectMeta, namespaced: boolean, nameRule: NameRule, path: Path = at('metadata')): FieldError[] {
  const errors: FieldError[] = []
  if (meta.generateName) {
    for (const message of nameErrors(nameRule, meta.generateName, true)) {
      errors.push(invalidValue(path.child('generateName'), meta.generateName, message))
    }
  }
  if (!meta.name) errors.push(required(path.child('name'), 'name or generateName is required'))
  else for (const message of nameErrors(nameRule, meta.name, false)) errors.push(invalidValue(path.child('name'), meta.name, message))
  errors.push(...namespaceErrors(meta.namespace, namespaced, path.child('namespace')))
  if ((meta.generation ?? 0) < 0) errors.push(invalidValue(path.child('generation'), meta.generation, 'must be greater than or equal to 0'))
  errors.push(...commonErrors(meta, path), ...validateFinalizers(meta.finalizers, path.child('finalizers')))
  return errors
}

function namespaceErrors(namespace: string | undefined, namespaced: boolean, path: Path): FieldError[] {
  if (!namespaced) return namespace ? [forbiddenField(path, 'not allowed on this type')] : []
  if (!namespace) return [required(path)]
  return nameErrors('dns-label', namespace, false).map((message) => invalidValue(path, namespace, message))
}

function commonErrors(meta: ObjectMeta, path: Path): FieldError[] {
  return [
    ...validateLabels(meta.labels, path.child('labels')),
    ...validateAnnotations(meta.annotations, path.child('annotations')),
    ...validateOwnerReferences(meta.ownerReferences, path.child('ownerReferences')),
    ...validateManagedFields(meta.managedFields, path.child('managedFields')),
  ]
}

/** Finalizer names, and that orphan and foregroundDeletion do not meet. */
export function validateFinalizers(finalizers: readonly string[] | undefined, path: Path): FieldError[] {
  const list = finalizers ?? []
  const errors = list.flatMap((name) => qualifiedName(name).map((message) => invalidValue(path, name, message)))
  if (list.includes('orphan') && list.includes('foregroundDeletion')) {
    errors.push(invalidValue(path, list, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

/** Owners are complete, are no Events, and at most one of them is the controller. */
export function validateOwnerReferences(references: readonly OwnerReference[] | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  let controller = ''
  for (const reference of references ?? []) {
    errors.push(...ownerErrors(reference, path))
    if (reference.controller !== true) continue
    const name = `${reference.kind}/${reference.name}`
    if (controller === '') controller = name
    else {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
      errors.push(invalidValue(path, references, text))
    }
  }
  return errors
}

function ownerErrors(reference: OwnerReference, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const { group, version } = splitApiVersion(reference.apiVersion ?? '')
  if (version === '') errors.push(invalidValue(path.child('apiVersion'), reference.apiVersion ?? '', 'version must not be empty'))
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!reference[field]) errors.push(invalidValue(path.child(field), '', 'must not be empty'))
  }
  if (group === '' && version === 'v1' && reference.kind === 'Event') {
    errors.push(invalidValue(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
  return errors
}

/** Entries of metadata.managedFields. */
export function validateManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, path: Path): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, entry] of (entries ?? []).entries()) {
    const where = path.index(index)
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalidValue(where.child('operation'), entry.operation ?? '', 'must be `Apply` or `Update`'))
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalidValue(where.child('fieldsType'), entry.fieldsType, 'must be `FieldsV1`'))
    }
    errors.push(...validateFieldManager(entry.manager ?? '', where.child('manager')))
    if (byteLength(entry.subresource ?? '') > subresourceMaxBytes) errors.push(tooLong(where.child('subresource'), '', subresourceMaxBytes))
  }
  return errors
}

/** A field manager's name: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (byteLength(manager) > fieldManagerMaxBytes) errors.push(tooLong(path, '', fieldManagerMaxBytes))
  let position = 0
  for (const char of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) {
      const code = `U+${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`
      errors.push(invalidValue(path, manager, `invalid character ${code} (at position ${position})`))
    }
    position += byteLength(char)
  }
  return errors
}

/** Metadata of an updated object against the stored one: what may not change, and that it names a resourceVersion. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, path: Path = at('metadata')): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const added = [...new Set(meta.finalizers ?? [])].filter((name) => !(old.finalizers ?? []).includes(name)).sort()
    if (added.length > 0) {
      const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
      const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`
      errors.push(forbiddenField(path.child('finalizers'), text))
    }
  }
  if (!meta.resourceVersion) errors.push(invalidValue(path.child('resourceVersion'), '', 'must be specified for an update'))
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(path.child('generation'), meta.generation ?? 0, 'must not be decremented'))
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    errors.push(...immutableField(meta[field] ?? '', old[field] ?? '', path.child(field)))
  }
  for (const field of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    errors.push(...immutableField(meta[field], old[field], path.child(field)))
  }
  errors.push(...commonErrors(meta, path))
  return errors
}

/** `Invalid value: …: field is immutable` when two values differ. */
export function immutableField(value: unknown, old: unknown, path: Path): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalidValue(path, value, immutableText)]
}

/** Repeated entries of a list, as `Duplicate value`. */
export function duplicateValues(list: readonly string[], path: Path): FieldError[] {
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const [index, value] of list.entries()) {
    if (seen.has(value)) errors.push(duplicate(path.index(index), value))
    seen.add(value)
  }
  return errors
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** A generateName with five random letters: the base is cut to 58 characters. */
export function generateName(base: string, random: () => number): string {
  return base.slice(0, 58) + randomSuffix(5, random)
}

/** `length` letters of the alphabet of generated names (no vowels, no 0, 1 and 3). */
export function randomSuffix(length: number, random: () => number): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += suffixLetters[Math.floor(random() * suffixLetters.length)]
  return suffix
}

/** Writes a text in the same alphabet, letter by letter: how hashes become parts of names (rand.SafeEncodeString). */
export function safeEncode(text: string): string {
  let encoded = ''
  for (let i = 0; i < text.length; i++) encoded += suffixLetters[text.charCodeAt(i) % suffixLetters.length]
  return encoded
}

// From client-side to server-side apply and back: kubectl's annotation decides which conflicts are its own, and is kept up to date.
// Rules: k8s.io/apimachinery/pkg/util/managedfields/internal (lastappliedmanager.go, lastappliedupdater.go).
import { isObject, parseJson } from '../json.ts'
import { difference, type FieldSet } from './field-set.ts'
import type { JsonObject } from './json-values.ts'
import { goJson } from './path-element.ts'
import { compareValues } from './typed-compare.ts'
import { fieldSetOf } from './typed-fields.ts'
import { typeErrors } from './typed-validate.ts'
import type { Versioned } from './versioned.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'
const maxAnnotationsBytes = 256 * 1024

/** Fields which client-side apply set last and nobody changed since; undefined when the annotation is absent or unusable. */
export function lastAppliedFields(live: Versioned): FieldSet | undefined {
  const text = annotationsOf(live.object)?.[annotation]
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const applied = parseJson(text)
    if (!isObject(applied) || applied.apiVersion !== live.apiVersion || typeof applied.kind !== 'string') return undefined
    if (typeErrors(live.object, live.atom).length > 0 || typeErrors(applied, live.atom).length > 0) return undefined
    const change = compareValues(applied, live.object, live.atom)
    const fields = fieldSetOf(applied, live.atom)
    return difference(difference(difference(fields, change.modified), change.added), change.removed)
  } catch {
    return undefined
  }
}

/** The applied object with its annotation, if it carries one, set to the configuration just applied. */
export function withLastApplied(object: Readonly<JsonObject>, patch: Readonly<JsonObject>): Readonly<JsonObject> {
  const annotations = annotationsOf(object)
  if (annotations === undefined || !annotations[annotation]) return object
  const updated: JsonObject = { ...annotations, [annotation]: `${goJson(withoutAnnotation(patch))}\n` }
  if (sizeOf(updated) > maxAnnotationsBytes) delete updated[annotation]
  return { ...object, metadata: { ...(object.metadata as JsonObject), annotations: updated } }
}

function withoutAnnotation(patch: Readonly<JsonObject>): Readonly<JsonObject> {
  const annotations = annotationsOf(patch)
  if (annotations === undefined || !Object.hasOwn(annotations, annotation)) return patch
  const { [annotation]: _gone, ...rest } = annotations
  return { ...patch, metadata: { ...(patch.metadata as JsonObject), annotations: rest } }
}

function annotationsOf(object: Readonly<JsonObject>): JsonObject | undefined {
  const annotations = isObject(object.metadata) ? object.metadata.annotations : undefined
  return isObject(annotations) ? annotations : undefined
}

function sizeOf(annotations: JsonObject): number {
  const encoder = new TextEncoder()
  let bytes = 0
  for (const key of Object.keys(annotations)) bytes += encoder.encode(key).length + encoder.encode(String(annotations[key])).length
  return bytes
}

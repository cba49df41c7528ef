// The objects of a request in the version that a webhook or policy asks for, and back: what it changes becomes the request's object again.
import { ApiError } from '../../../apimachinery/api-error.ts'
import { valueWeight } from '../../../apimachinery/json-weight.ts'
import { definitionName, type Resolved, subresourcesIn } from '../../../apimachinery/kind.ts'
import { draft as draftOf, type KubeObject } from '../../../apimachinery/meta.ts'
import { decode } from '../../../apimachinery/schema/decode.ts'
import { applySchemaDefaults } from '../../../apimachinery/schema/default.ts'
import { schemaOf } from '../../../apimachinery/schema/from-openapi.ts'
import { maxStoredWeight, toStored, toVersion } from '../../codec.ts'
import { converting } from '../../conversions.ts'
import { schemaIn, withDefaults } from '../../schemas.ts'
import { tooHeavy } from '../../store-errors.ts'
import { scaleOf, setReplicas } from '../../subresources/scale.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import type { Subject } from './subject.ts'

export interface ObjectPair {
  object: KubeObject | undefined
  oldObject: KubeObject | undefined
}

/** Both objects in a version of the kind; not to be changed. Throws what a conversion webhook's failure means. */
export async function objectsIn(form: Resolved, subject: Subject, attributes: AdmissionAttributes): Promise<ObjectPair> {
  const { object, oldObject } = attributes
  if (subject.foreign && subject.subresource !== 'scale') return { object, oldObject }
  const shown = (one: KubeObject | undefined) => {
    if (one === undefined) return undefined
    const paths = subject.subresource === 'scale' ? subresourcesIn(form).scale : undefined
    const whole = toVersion(form, one)
    return paths === undefined ? whole : (scaleOf(whole, paths) as KubeObject)
  }
  return converting(form.kind, () => ({ object: shown(object), oldObject: shown(oldObject) }))
}

/** What was made of the object in this version becomes the request's object. Throws 500 for what is none, 413 for what is too large. */
export async function replaceObject(form: Resolved, subject: Subject, attributes: AdmissionAttributes, changed: unknown): Promise<void> {
  if (valueWeight(changed, maxStoredWeight) > maxStoredWeight) throw tooHeavy()
  const { kind, object } = attributes
  if (subject.subresource === 'scale') {
    const { specReplicasPath } = subresourcesIn(form).scale!
    const replicas = (changed as { spec?: { replicas?: unknown } }).spec?.replicas
    const draft = draftOf(await converting(kind, () => toVersion(form, object!)))
    setReplicas(draft, specReplicasPath, Number(replicas ?? 0))
    attributes.object = await converting(kind, () => toStored(form, draft))
    return
  }
  const { group, version, kind: name } = subject.kind
  const schema = subject.foreign ? schemaOf(definitionName(group, version, name)) : schemaIn(form)
  const decoded = decoding(() => decode(changed, schema, { fieldValidation: 'Ignore' }).object)
  if (kind.custom === true) applySchemaDefaults(decoded, schema)
  attributes.object = subject.foreign ? decoded : withDefaults(kind, await converting(kind, () => toStored(form, decoded)))
}

function decoding<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new ApiError('InternalError', `Internal error occurred: ${error.message}`, { details: { causes: [{ message: error.message }] } })
  }
}

// Validation of the classes and of VolumeAttachments. Words: pkg/apis/storage/validation upstream.
import type { TopologySelectorTerm } from '../../../openapi/types/core/v1.ts'
import type { StorageClass, VolumeAttachment, VolumeAttributesClass, VolumeError } from '../../../openapi/types/storage/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, required, tooLong } from '../../apimachinery/field-errors.ts'
import { byteLength, dns1123Subdomain } from '../../apimachinery/names.ts'
import { immutableText, validateLabelName } from '../../apimachinery/object-meta.ts'
import { dnsSubdomain, invalidFor, objectName, oneOf, oneOfIfSet, qualified } from '../shared/checks.ts'

const maxParameters = 512
const maxParametersBytes = 256 * 1024
const maxErrorBytes = 1024

/** Rules of a StorageClass. */
export function storageClassErrors(storageClass: StorageClass): FieldError[] {
  return [
    ...provisionerErrors(storageClass.provisioner, at('provisioner')),
    ...parametersErrors(storageClass.parameters, true, at('parameters')),
    ...(storageClass.reclaimPolicy ? oneOfIfSet(storageClass.reclaimPolicy, ['Delete', 'Retain'], at('reclaimPolicy')) : []),
    ...oneOf(storageClass.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], at('volumeBindingMode')),
    ...topologiesErrors(storageClass.allowedTopologies ?? [], at('allowedTopologies')),
  ]
}

/** Rules of a VolumeAttributesClass. */
export function volumeAttributesClassErrors(attributes: VolumeAttributesClass): FieldError[] {
  return [
    ...provisionerErrors(attributes.driverName, at('driverName')),
    ...parametersErrors(attributes.parameters, false, at('parameters')),
  ]
}

/** Neither driver nor parameters change. */
export function volumeAttributesClassUpdateErrors(attributes: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  return (['driverName', 'parameters'] as const)
    .filter((field) => !semanticEqual(attributes[field], old[field]))
    .map((field) => forbiddenField(at(field), `updates to ${field} are forbidden.`))
}

function provisionerErrors(name: string | undefined, path: Path): FieldError[] {
  if (!name) return [required(path)]
  return qualified(name.toLowerCase(), path)
}

function parametersErrors(parameters: Readonly<Record<string, string>> = {}, allowEmpty: boolean, path: Path): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > maxParameters) return [tooLong(path, '', maxParameters)]
  const errors = entries.filter(([key]) => key === '').map(() => invalidValue(path, '', 'field can not be empty.'))
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  if (bytes > maxParametersBytes) errors.push(tooLong(path, '', maxParametersBytes))
  if (!allowEmpty && entries.length === 0) errors.push(required(path, 'must contain at least one key/value pair'))
  return errors
}

function topologiesErrors(terms: readonly TopologySelectorTerm[], path: Path): FieldError[] {
  const seen: TopologySelectorTerm[] = []
  return terms.flatMap((term, index) => {
    const where = path.index(index).child('matchLabelExpressions')
    const errors = termErrors(term, where)
    if (seen.some((other) => semanticEqual(other, term))) errors.push(duplicate(where, ''))
    seen.push(term)
    return errors
  })
}

function termErrors({ matchLabelExpressions = [] }: TopologySelectorTerm, path: Path): FieldError[] {
  const keys = new Set<string>()
  return matchLabelExpressions.flatMap(({ key, values = [] }, index) => {
    const where = path.index(index)
    const errors: FieldError[] = values.length === 0 ? [required(where.child('values'))] : []
    for (const [i, value] of values.entries()) {
      if (values.indexOf(value) < i) errors.push(duplicate(where.child('values').index(i), value))
    }
    errors.push(...validateLabelName(key ?? '', where.child('key')))
    if (keys.has(key)) errors.push(duplicate(where.child('key'), key))
    keys.add(key)
    return errors
  })
}

/** The name of a driver, in any case, at most 63 bytes. */
export function driverNameErrors(name: string | undefined, path: Path): FieldError[] {
  if (!name) return [required(path)]
  const errors = byteLength(name) > 63 ? [tooLong(path, '', 63)] : []
  return [...errors, ...invalidFor(path, name, dns1123Subdomain(name.toLowerCase()))]
}

/** Rules of a VolumeAttachment. */
export function attachmentErrors(attachment: VolumeAttachment): FieldError[] {
  const path = at('spec')
  const { attacher, source, nodeName } = attachment.spec ?? {}
  const name = source?.persistentVolumeName
  const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  const errors = driverNameErrors(attacher, path.child('attacher'))
  if (name === undefined && source?.inlineVolumeSpec === undefined) errors.push(required(path.child('source'), exactlyOne))
  else if (name !== undefined && source?.inlineVolumeSpec !== undefined) errors.push(forbiddenField(path.child('source'), exactlyOne))
  else if (name === '') errors.push(required(path.child('source', 'persistentVolumeName'), 'must specify non empty persistentVolumeName'))
  errors.push(...dnsSubdomain(nodeName ?? '', path.child('nodeName')), ...attachmentStatusErrors(attachment))
  return name === undefined ? errors : [...errors, ...objectName(name, path.child('source', 'persistentVolumeName'))]
}

/** Nothing of the spec changes. (Upstream shows its internal struct, whose fields have Go names.) */
export function attachmentUpdateErrors({ spec }: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  if (semanticEqual(spec, old.spec)) return []
  const source = {
    PersistentVolumeName: spec?.source?.persistentVolumeName ?? null,
    InlineVolumeSpec: spec?.source?.inlineVolumeSpec ?? null,
  }
  const shown = { Attacher: spec?.attacher ?? '', Source: source, NodeName: spec?.nodeName ?? '' }
  return [invalidValue(at('spec'), shown, immutableText)]
}

/** Rules of a status write. */
export function attachmentStatusErrors({ status }: VolumeAttachment): FieldError[] {
  const path = at('status')
  const entries = Object.entries(status?.attachmentMetadata ?? {})
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return [
    ...(bytes > maxParametersBytes ? [tooLong(path.child('attachmentMetadata'), '', maxParametersBytes)] : []),
    ...volumeErrorErrors(status?.attachError, path.child('attachError')),
    ...volumeErrorErrors(status?.detachError, path.child('detachError')),
  ]
}

function volumeErrorErrors(error: VolumeError | undefined, path: Path): FieldError[] {
  const errors = byteLength(error?.message ?? '') > maxErrorBytes ? [tooLong(path.child('message'), '', maxParametersBytes)] : []
  if ((error?.errorCode ?? 0) < 0) {
    errors.push(invalidValue(path.child('errorCode'), error?.errorCode, 'must be between 0 and 2147483647, inclusive'))
  }
  return errors
}

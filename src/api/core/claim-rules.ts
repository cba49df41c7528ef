// What may change in a PersistentVolumeClaim: the volume once, the size of a bound claim, its attributes class.
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../../openapi/types/core/v1.ts'
import { semanticDeepEqual } from '../../apimachinery/equal.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { qualifiedName } from '../../apimachinery/names.ts'
import { immutableField, immutableText } from '../../apimachinery/object-meta.ts'
import { compareQuantities, wholeUnits } from '../../apimachinery/quantity.ts'
import { invalidFor } from '../shared/checks.ts'
import { valueDiff } from '../shared/value-diff.ts'
import { isNativeResource, validateQuantityOf } from './resource-names.ts'
import { classAnnotation } from './storage-fields.ts'

const path = at('spec')

/** dataSource and dataSourceRef say the same where either can (a claim or a snapshot of the own namespace). Mutates. */
export function syncDataSources(spec: PersistentVolumeClaimSpec | undefined): void {
  if (spec === undefined) return
  const { dataSource, dataSourceRef } = spec
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef !== undefined && dataSource === undefined && !dataSourceRef.namespace && isOldSource(dataSourceRef)) {
    const { apiGroup, kind, name } = dataSourceRef
    spec.dataSource = { kind, name, ...(apiGroup === undefined ? {} : { apiGroup }) }
  }
}

function isOldSource({ apiGroup, kind }: { apiGroup?: string; kind: string }): boolean {
  if (!apiGroup) return kind === 'PersistentVolumeClaim'
  return apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot'
}

/** A dataSource that old clients could not have meant is dropped. Mutates. */
export function dropUnknownDataSource(spec: PersistentVolumeClaimSpec | undefined): void {
  if (spec?.dataSource !== undefined && spec.dataSourceRef === undefined && !isOldSource(spec.dataSource)) delete spec.dataSource
}

/** Rules between an updated claim and the stored one. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [spec, before] = [claim.spec ?? {}, old.spec ?? {}]
  const bound = claim.status?.phase === 'Bound'
  const errors: FieldError[] = []
  const { rest, fromAnnotation } = withoutAllowedChanges(claim, old, bound)
  if (!fromAnnotation) errors.push(...annotationErrors(claim, old))
  if (!semanticDeepEqual(rest, before)) {
    const what = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.push(forbiddenField(path, `${what}\n${valueDiff('core.PersistentVolumeClaimSpec', before, rest)}`))
  }
  const size = path.child('resources', 'requests', 'storage')
  const [now, then] = [spec.resources?.requests?.storage, before.resources?.requests?.storage]
  if (compareQuantities(now, then) < 0 && compareQuantities(now, old.status?.capacity?.storage) <= 0) {
    errors.push(forbiddenField(size, 'field can not be less than status.capacity'))
  }
  errors.push(...immutableField(spec.volumeMode, before.volumeMode, at('volumeMode')))
  return [...errors, ...attributesClassErrors(spec, before)]
}

function annotationErrors(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const [now, then] = [claim, old].map(({ metadata }) => metadata?.annotations?.[classAnnotation] ?? '')
  return now === then ? [] : [invalidValue(at('metadata', 'annotations', classAnnotation), now, immutableText)]
}

/** The new spec with each allowed change taken back. */
function withoutAllowedChanges(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  bound: boolean,
): { rest: PersistentVolumeClaimSpec; fromAnnotation: boolean } {
  const rest = structuredClone(claim.spec ?? {})
  const before = old.spec ?? {}
  if (!before.volumeName) delete rest.volumeName
  const oldClass = old.metadata?.annotations?.[classAnnotation]
  const newClass = claim.metadata?.annotations?.[classAnnotation]
  const named = rest.storageClassName !== undefined && before.storageClassName === undefined
  const fromAnnotation =
    named && oldClass !== undefined && rest.storageClassName === oldClass && (newClass === undefined || newClass === oldClass)
  if (named && (oldClass === undefined || rest.storageClassName === oldClass)) delete rest.storageClassName
  if (!bound) return { rest, fromAnnotation }
  const size = before.resources?.requests?.storage
  if (rest.resources?.requests !== undefined && size !== undefined) rest.resources.requests.storage = size
  if (rest.volumeAttributesClassName !== undefined) {
    if (before.volumeAttributesClassName === undefined) delete rest.volumeAttributesClassName
    else rest.volumeAttributesClassName = before.volumeAttributesClassName
  }
  return { rest, fromAnnotation }
}

function attributesClassErrors(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec): FieldError[] {
  if (old.volumeAttributesClassName === undefined || spec.volumeAttributesClassName === old.volumeAttributesClassName) return []
  const where = path.child('volumeAttributesClassName')
  if (spec.volumeAttributesClassName === undefined) return [forbiddenField(where, 'update from non-nil value to nil is forbidden')]
  return spec.volumeAttributesClassName === '' ? [forbiddenField(where, 'update from non-nil value to an empty string is forbidden')] : []
}

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
]

/** Rules of a status write. */
export function validateClaimStatusUpdate({ metadata, spec, status }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = []
  if (!metadata?.resourceVersion) errors.push(required('resourceVersion'))
  if (!spec?.accessModes?.length) errors.push(required(at('Spec', 'accessModes')))
  for (const [name, value] of Object.entries(status?.capacity ?? {})) errors.push(...basicErrors(value, at('status', 'capacity').key(name)))
  const states = at('status', 'allocatedResourceStatus')
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    errors.push(...resourceKeyErrors(name, states))
    if (!resizeStates.includes(state)) errors.push(notSupported(states, name, resizeStates))
  }
  const allocated = at('status', 'allocatedResources')
  for (const [name, value] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = [resourceKeyErrors(name, allocated), basicErrors(value, allocated.key(name))].find((list) => list.length > 0)
    errors.push(...(wrong ?? validateQuantityOf('storage', value, allocated.key(name))))
  }
  return errors
}

function basicErrors(value: string, where: Path): FieldError[] {
  const units = wholeUnits(value)
  return units < 0n ? [invalidValue(where, units, 'must be a valid resource quantity')] : []
}

function resourceKeyErrors(name: string, where: Path): FieldError[] {
  const errors = invalidFor(where, name, qualifiedName(name))
  if (errors.length > 0 || !isNativeResource(name) || name === 'storage') return errors
  return [notSupported(where, name, ['storage'])]
}

// Rules of the spec of a PersistentVolumeClaim: claims themselves, templates of StatefulSets, ephemeral volumes.
import type { PersistentVolumeClaimSpec, TypedObjectReference } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dnsSubdomain, namespaceName, objectName, oneOfIfSet, requireText } from '../shared/checks.ts'
import { validateLabelSelector } from '../shared/validate-label-selector.ts'
import { positiveQuantity, validateQuantityOf } from './resource-names.ts'

/** The ways a volume may be mounted. */
export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
/** What a volume is to a container. */
export const volumeModes = ['Block', 'Filesystem']

/** The modes are known, and ReadWriteOncePod stands alone. */
export function validateAccessModes(modes: readonly string[], path: Path): FieldError[] {
  const errors = modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(path, mode, accessModes))
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  if (!modes.includes('ReadWriteOncePod') || !others) return errors
  return [...errors, forbiddenField(path, 'may not use ReadWriteOncePod with other access modes')]
}

/** Access modes, selector, size, class, mode and data source. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required(path.child('accessModes'), 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(spec.selector, path.child('selector')))
  errors.push(...validateAccessModes(modes, path.child('accessModes')))
  errors.push(...sizeErrors(spec.resources?.requests?.storage, path.child('resources').key('storage')))
  if (spec.storageClassName) errors.push(...objectName(spec.storageClassName, path.child('storageClassName')))
  errors.push(...oneOfIfSet(spec.volumeMode, volumeModes, path.child('volumeMode')))
  errors.push(...dataSourceErrors(spec, path))
  if (spec.volumeAttributesClassName) errors.push(...objectName(spec.volumeAttributesClassName, path.child('volumeAttributesClassName')))
  return errors
}

function sizeErrors(size: string | undefined, path: Path): FieldError[] {
  if (size === undefined) return [required(path)]
  const errors = positiveQuantity(size, path)
  return errors.length > 0 ? errors : validateQuantityOf('storage', size, path)
}

function dataSourceErrors({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (dataSource) errors.push(...referenceErrors(dataSource, path.child('dataSource')))
  if (dataSourceRef) errors.push(...referenceErrors(dataSourceRef, path.child('dataSourceRef')))
  if (!dataSource || !dataSourceRef) return errors
  if (dataSourceRef.namespace) {
    errors.push(invalidValue(path, path.child('dataSource').text, 'may not be specified when dataSourceRef.namespace is specified'))
  } else if (!sameReference(dataSource, dataSourceRef)) {
    errors.push(invalidValue(path, path.child('dataSource').text, 'must match dataSourceRef'))
  }
  return errors
}

function sameReference(a: TypedObjectReference, b: TypedObjectReference): boolean {
  return a.apiGroup === b.apiGroup && a.kind === b.kind && a.name === b.name
}

function referenceErrors({ apiGroup, kind, name, namespace }: TypedObjectReference, path: Path): FieldError[] {
  const errors = [...requireText(name, path.child('name')), ...requireText(kind, path.child('kind'))]
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.push(invalidValue(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
  }
  if (apiGroup) errors.push(...dnsSubdomain(apiGroup, path.child('apiGroup')))
  if (namespace) errors.push(...namespaceName(namespace, path.child('namespace')))
  return errors
}

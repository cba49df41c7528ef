// StorageVersionMigration: asks that all stored objects of a resource be written anew, in the version that is stored today.
// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/
import type { StorageVersionMigration as StorageVersionMigrationObject } from '../../../openapi/types/storagemigration/v1beta1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const StorageVersionMigration = defineKind<StorageVersionMigrationObject>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  resource: 'storageversionmigrations',
  scope: 'Cluster',
  nameRule: 'dns-subdomain',
  subresources: { status: true },
  generation: 'spec',
  validate: ({ spec }) => (spec?.resource?.resource ? [] : [required(at('spec', 'resource', 'resource'), 'resource is required')]),
  immutable: ['spec'],
  validateStatusUpdate: statusErrors,
})

/** A migration ends once, one way or the other. */
function statusErrors({ status }: StorageVersionMigrationObject, old: StorageVersionMigrationObject): FieldError[] {
  const path = at('status')
  const before = old.status?.resourceVersion
  const errors: FieldError[] = []
  if (before && status?.resourceVersion !== before) {
    errors.push(invalidValue(path.child('resourceVersion'), status?.resourceVersion ?? '', 'resourceVersion cannot be updated'))
  }
  if (hasEnded(status, 'Succeeded') && hasEnded(status, 'Failed')) {
    errors.push(
      invalidValue(path.child('conditions'), status?.conditions, 'Both success and failed conditions cannot be true at the same time'),
    )
  }
  return errors
}

function hasEnded(status: StorageVersionMigrationObject['status'], type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
}

// StorageClass: how volumes are provisioned on demand.
import type { StorageClass as StorageClassObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn, nameColumn } from '../shared/columns.ts'
import { storageClassErrors } from './rules.ts'

/** The annotations that make a class the default one; the second is the old name. */
export const defaultStorageClassAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
] as const

export const StorageClass = defineKind<StorageClassObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  shortNames: ['sc'],
  scope: 'Cluster',
  served: [retired('io.k8s.api.storage', 'storage.k8s.io', 'v1beta1', 'StorageClass', ['1.19', '1.22'])],
  deleteReturnsObject: true,
  defaults: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  validate: storageClassErrors,
  immutable: ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'],
  columns: [
    {
      ...nameColumn,
      value: (storageClass) => `${storageClass.metadata?.name ?? ''}${isDefaultStorageClass(storageClass) ? ' (default)' : ''}`,
    },
    { name: 'Provisioner', description: 'Who makes the volumes.', value: (storageClass) => storageClass.provisioner ?? '' },
    {
      name: 'ReclaimPolicy',
      description: 'What becomes of released volumes.',
      value: (storageClass) => storageClass.reclaimPolicy ?? 'Delete',
    },
    {
      name: 'VolumeBindingMode',
      description: 'When claims are bound.',
      value: (storageClass) => storageClass.volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      description: 'Whether claims may grow.',
      value: (storageClass) => storageClass.allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
})

/** Whether claims that name no class get this one. */
export function isDefaultStorageClass(storageClass: StorageClassObject): boolean {
  return defaultStorageClassAnnotations.some((name) => storageClass.metadata?.annotations?.[name] === 'true')
}

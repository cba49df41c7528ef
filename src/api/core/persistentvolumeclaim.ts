// PersistentVolumeClaim: a request for storage by a namespace.
import type { PersistentVolumeClaim as PersistentVolumeClaimObject } from '../../../openapi/types/core/v1.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { dropUnknownDataSource, syncDataSources, validateClaimStatusUpdate, validateClaimUpdate } from './claim-rules.ts'
import { accessModesText, classAnnotation } from './storage-fields.ts'
import { validateClaimSpec } from './validate-claim.ts'

export const PersistentVolumeClaim = defineKind<PersistentVolumeClaimObject>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  subresources: { status: true },
  nameRule: 'dns-subdomain',
  defaults: { 'spec.volumeMode': 'Filesystem' },
  computeDefaults: (claim) => {
    claim.status = { ...claim.status, phase: claim.status?.phase || 'Pending' }
  },
  prepareForCreate: (claim) => {
    claim.status = { phase: 'Pending' }
    dropUnknownDataSource(claim.spec)
    syncDataSources(claim.spec)
  },
  prepareForUpdate: (claim) => syncDataSources(claim.spec),
  validate: ({ spec }) => validateClaimSpec(spec ?? {}, at('spec')),
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatusUpdate,
  deleteReturnsObject: true,
  columns: [
    {
      name: 'Status',
      description: 'Phase of the claim.',
      value: ({ metadata, status }) => (metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    { name: 'Volume', description: 'The volume it is bound to.', value: ({ spec }) => spec?.volumeName ?? '' },
    {
      name: 'Capacity',
      description: 'Storage it has got.',
      value: ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.storage ?? '0') : ''),
    },
    {
      name: 'Access Modes',
      description: 'How it may be mounted.',
      value: ({ spec, status }) => (spec?.volumeName ? accessModesText(status?.accessModes) : ''),
    },
    {
      name: 'StorageClass',
      description: 'StorageClass of the pvc',
      value: ({ metadata, spec }) => metadata?.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '',
    },
    {
      name: 'VolumeAttributesClass',
      description: 'VolumeAttributesClass of the pvc',
      value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    },
    ageColumn,
    { name: 'VolumeMode', priority: 1, description: 'Filesystem or Block.', value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
  ],
})

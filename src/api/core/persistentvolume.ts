// PersistentVolume: a piece of storage, bound to at most one claim.
import type { PersistentVolume as PersistentVolumeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { accessModesText, classAnnotation } from './storage-fields.ts'

export const PersistentVolume = defineKind<PersistentVolumeObject>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  subresources: { status: true },
  nameRule: 'dns-subdomain',
  deleteReturnsObject: true,
  columns: [
    { name: 'Capacity', description: 'Storage it offers.', value: ({ spec }) => spec?.capacity?.storage ?? '0' },
    { name: 'Access Modes', description: 'How it may be mounted.', value: ({ spec }) => accessModesText(spec?.accessModes) },
    {
      name: 'Reclaim Policy',
      description: 'What happens when its claim goes.',
      value: ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    },
    {
      name: 'Status',
      description: 'Phase of the volume.',
      value: ({ metadata, status }) => (metadata?.deletionTimestamp ? 'Terminating' : (status?.phase ?? '')),
    },
    {
      name: 'Claim',
      description: 'The claim it is bound to.',
      value: ({ spec }) => (spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : ''),
    },
    {
      name: 'StorageClass',
      description: 'StorageClass of the pv',
      value: ({ metadata, spec }) => metadata?.annotations?.[classAnnotation] ?? spec?.storageClassName ?? '',
    },
    {
      name: 'VolumeAttributesClass',
      description: 'VolumeAttributesClass of the pv',
      value: ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>',
    },
    { name: 'Reason', description: 'Why it is in this phase.', value: ({ status }) => status?.reason ?? '' },
    ageColumn,
    { name: 'VolumeMode', priority: 1, description: 'Filesystem or Block.', value: ({ spec }) => spec?.volumeMode ?? '<unset>' },
  ],
})

// PersistentVolume: a piece of storage, bound to at most one claim.
import type { PersistentVolume as PersistentVolumeObject } from '../../../openapi/types/core/v1.ts'
import { timestamp } from '../../apimachinery/clock.ts'
import { required } from '../../apimachinery/field-errors.ts'
import type { WriteContext } from '../../apimachinery/kind.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { under, volumeSourceDefaults } from '../shared/pod-spec-defaults.ts'
import { accessModesText, classAnnotation } from './storage-fields.ts'
import { validateVolume, validateVolumeUpdate } from './validate-volume.ts'

export const PersistentVolume = defineKind<PersistentVolumeObject>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  shortNames: ['pv'],
  scope: 'Cluster',
  subresources: { status: true },
  nameRule: 'dns-subdomain',
  defaults: {
    'spec.persistentVolumeReclaimPolicy': 'Retain',
    'spec.volumeMode': 'Filesystem',
    ...under('spec', volumeSourceDefaults),
  },
  computeDefaults: (volume) => {
    volume.status = { ...volume.status, phase: volume.status?.phase || 'Pending' }
  },
  prepareForCreate: (volume, { now }) => {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: timestamp(now) }
  },
  prepareForUpdate: stampPhase,
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  validateStatusUpdate: ({ metadata }) => (metadata?.resourceVersion ? [] : [required('resourceVersion')]),
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

/** When the phase changes, the time of it is noted, unless the writer says it. Mutates. */
function stampPhase(volume: PersistentVolumeObject, old: PersistentVolumeObject, { subresource, now }: WriteContext): void {
  if (subresource !== 'status' || volume.status === undefined) return
  const [time, before] = [volume.status.lastPhaseTransitionTime, old.status?.lastPhaseTransitionTime]
  if (volume.status.phase !== old.status?.phase) {
    if (time === undefined || time === before) volume.status.lastPhaseTransitionTime = timestamp(now)
  } else if (time === undefined && before !== undefined) volume.status.lastPhaseTransitionTime = before
}

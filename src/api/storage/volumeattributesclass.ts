// VolumeAttributesClass: settings of a volume that may be changed while it is in use.
import type { VolumeAttributesClass as VolumeAttributesClassObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { volumeAttributesClassErrors, volumeAttributesClassUpdateErrors } from './rules.ts'

export const VolumeAttributesClass = defineKind<VolumeAttributesClassObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  shortNames: ['vac'],
  scope: 'Cluster',
  deleteReturnsObject: true,
  validate: volumeAttributesClassErrors,
  validateUpdate: volumeAttributesClassUpdateErrors,
  columns: [{ name: 'DriverName', description: 'The CSI driver.', value: (attributes) => attributes.driverName ?? '' }, ageColumn],
})

// PersistentVolume: its names and rules as data.
import type { PersistentVolume as PersistentVolumeObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const PersistentVolume = defineKind<PersistentVolumeObject>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  scope: 'Cluster',
})

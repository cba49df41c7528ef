// PersistentVolumeClaim: its names and rules as data.
import type { PersistentVolumeClaim as PersistentVolumeClaimObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const PersistentVolumeClaim = defineKind<PersistentVolumeClaimObject>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  scope: 'Namespaced',
})

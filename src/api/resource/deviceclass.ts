// DeviceClass: a named choice of devices with settings.
import type { DeviceClass as DeviceClassObject } from '../../../openapi/types/resource/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { deviceClassErrors } from './rules.ts'

export const DeviceClass = defineKind<DeviceClassObject>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  resource: 'deviceclasses',
  scope: 'Cluster',
  deleteReturnsObject: true,
  generation: 'spec',
  validate: deviceClassErrors,
  columns: [ageColumn],
})

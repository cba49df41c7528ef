// ResourceSlice: devices that a driver offers.
import type { ResourceSlice as ResourceSliceObject } from '../../../openapi/types/resource/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { sliceErrors, sliceUpdateErrors } from './rules.ts'

export const ResourceSlice = defineKind<ResourceSliceObject>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  scope: 'Cluster',
  deleteReturnsObject: true,
  generation: 'spec',
  selectableFields: {
    'spec.nodeName': (slice) => slice.spec?.nodeName ?? '',
    'spec.driver': (slice) => slice.spec?.driver ?? '',
  },
  validate: sliceErrors,
  validateUpdate: sliceUpdateErrors,
  columns: [
    { name: 'Node', description: 'The node of the devices.', value: (slice) => slice.spec?.nodeName ?? '' },
    { name: 'Driver', description: 'The driver.', value: (slice) => slice.spec?.driver ?? '' },
    { name: 'Pool', description: 'The pool.', value: (slice) => slice.spec?.pool?.name ?? '' },
    ageColumn,
  ],
})

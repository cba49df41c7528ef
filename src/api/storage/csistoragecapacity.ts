// CSIStorageCapacity: free space of a storage class in one part of the cluster.
import type { CSIStorageCapacity as CSIStorageCapacityObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { nameColumn } from '../shared/columns.ts'
import { capacityErrors, capacityUpdateErrors } from './csi-rules.ts'

export const CSIStorageCapacity = defineKind<CSIStorageCapacityObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  scope: 'Namespaced',
  served: [retired('io.k8s.api.storage', 'storage.k8s.io', 'v1beta1', 'CSIStorageCapacity', ['1.24', '1.27'])],
  requiresResourceVersion: true,
  validate: capacityErrors,
  validateUpdate: capacityUpdateErrors,
  columns: [
    nameColumn,
    { name: 'StorageClassName', description: 'The storage class.', value: (capacity) => capacity.storageClassName ?? '' },
    { name: 'Capacity', description: 'Free bytes.', value: (capacity) => capacity.capacity ?? '<unset>' },
  ],
})

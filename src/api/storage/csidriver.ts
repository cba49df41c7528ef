// CSIDriver: what a storage driver can do.
import type { CSIDriver as CSIDriverObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { csiDriverErrors, csiDriverUpdateErrors } from './csi-rules.ts'

export const CSIDriver = defineKind<CSIDriverObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  scope: 'Cluster',
  served: [retired('io.k8s.api.storage', 'storage.k8s.io', 'v1beta1', 'CSIDriver', ['1.19', '1.22'])],
  requiresResourceVersion: true,
  deleteReturnsObject: true,
  generation: 'spec',
  defaults: {
    'spec.attachRequired': true,
    'spec.podInfoOnMount': false,
    'spec.storageCapacity': false,
    'spec.fsGroupPolicy': 'ReadWriteOnceWithFSType',
    'spec.requiresRepublish': false,
    'spec.seLinuxMount': false,
  },
  computeDefaults: (driver) => {
    if (driver.spec && (driver.spec.volumeLifecycleModes?.length ?? 0) === 0) driver.spec.volumeLifecycleModes = ['Persistent']
  },
  validate: csiDriverErrors,
  validateUpdate: csiDriverUpdateErrors,
  columns: [
    {
      name: 'AttachRequired',
      type: 'boolean',
      description: 'Whether volumes are attached first.',
      value: (d) => d.spec?.attachRequired ?? true,
    },
    { name: 'PodInfoOnMount', type: 'boolean', description: 'Whether mounts tell the pod.', value: (d) => d.spec?.podInfoOnMount ?? false },
    {
      name: 'StorageCapacity',
      type: 'boolean',
      description: 'Whether capacity is tracked.',
      value: (d) => d.spec?.storageCapacity ?? false,
    },
    {
      name: 'TokenRequests',
      description: 'Audiences of the tokens it asks for.',
      value: (d) => d.spec?.tokenRequests?.map((request) => request.audience).join(',') ?? '<unset>',
    },
    {
      name: 'RequiresRepublish',
      type: 'boolean',
      description: 'Whether mounts are renewed.',
      value: (d) => d.spec?.requiresRepublish ?? false,
    },
    { name: 'Modes', description: 'Kinds of volumes it serves.', value: (d) => d.spec?.volumeLifecycleModes?.join(',') || '<none>' },
    ageColumn,
  ],
})

// CSINode: the storage drivers of one node.
import type { CSINode as CSINodeObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { csiNodeErrors, csiNodeUpdateErrors } from './csi-rules.ts'

export const CSINode = defineKind<CSINodeObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  resource: 'csinodes',
  scope: 'Cluster',
  served: [retired('io.k8s.api.storage', 'storage.k8s.io', 'v1beta1', 'CSINode', ['1.17', '1.22'])],
  requiresResourceVersion: true,
  deleteReturnsObject: true,
  validate: csiNodeErrors,
  validateUpdate: csiNodeUpdateErrors,
  columns: [
    { name: 'Drivers', type: 'integer', description: 'Number of drivers on the node.', value: (node) => node.spec?.drivers?.length ?? 0 },
    ageColumn,
  ],
})

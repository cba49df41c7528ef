// VolumeAttachment: the wish to attach a volume to a node, or to detach it.
import type { VolumeAttachment as VolumeAttachmentObject } from '../../../openapi/types/storage/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { attachmentErrors, attachmentStatusErrors, attachmentUpdateErrors } from './rules.ts'

export const VolumeAttachment = defineKind<VolumeAttachmentObject>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  scope: 'Cluster',
  served: [retired('io.k8s.api.storage', 'storage.k8s.io', 'v1beta1', 'VolumeAttachment', ['1.19', '1.22'])],
  subresources: { status: true },
  requiresResourceVersion: true,
  deleteReturnsObject: true,
  validate: attachmentErrors,
  validateUpdate: attachmentUpdateErrors,
  validateStatusUpdate: attachmentStatusErrors,
  columns: [
    { name: 'Attacher', format: 'name', description: 'The driver that does it.', value: (attachment) => attachment.spec?.attacher ?? '' },
    { name: 'PV', description: 'The volume.', value: (attachment) => attachment.spec?.source?.persistentVolumeName ?? '' },
    { name: 'Node', description: 'The node.', value: (attachment) => attachment.spec?.nodeName ?? '' },
    {
      name: 'Attached',
      type: 'boolean',
      description: 'Whether it is attached.',
      value: (attachment) => attachment.status?.attached ?? false,
    },
    ageColumn,
  ],
})

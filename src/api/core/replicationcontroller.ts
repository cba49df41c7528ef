// ReplicationController: the forerunner of ReplicaSet, with an equality selector.
import type { ReplicationController as ReplicationControllerObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn, formatLabels, workloadColumns } from '../shared/columns.ts'

export const ReplicationController = defineKind<ReplicationControllerObject>({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: {
    status: true,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.spec.selector' },
  },
  nameRule: 'dns-subdomain',
  generation: 'spec',
  defaultPropagation: 'Orphan',
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  columns: [
    { name: 'Desired', type: 'integer', description: 'Pods wanted.', value: ({ spec }) => spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', description: 'Pods there are.', value: ({ status }) => status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', description: 'Pods that are ready.', value: ({ status }) => status?.readyReplicas ?? 0 },
    ageColumn,
    ...workloadColumns<ReplicationControllerObject>(
      ({ spec }) => spec?.template?.spec?.containers,
      ({ spec }) => formatLabels(spec?.selector),
    ),
  ],
})

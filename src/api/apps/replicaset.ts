// ReplicaSet: keeps a number of equal pods running.
import type { ReplicaSet as ReplicaSetObject } from '../../../openapi/types/apps/v1.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { formatLabelSelector } from './label-selector.ts'
import { legacyWorkloads } from './legacy.ts'
import { replicaSetDefaults, replicaSetErrors, replicaSetStatusErrors, replicaSetUpdateErrors } from './replicaset-rules.ts'
import { podNameWarnings, templateWarnings } from './workload-rules.ts'

export const ReplicaSet = defineKind<ReplicaSetObject>({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: {
    status: true,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.spec.selector' },
  },
  generation: 'spec',
  selectableFields: { 'status.replicas': (rs) => String(rs.status?.replicas ?? 0) },
  defaults: podSpecDefaults('spec.template.spec'),
  computeDefaults: replicaSetDefaults,
  validate: replicaSetErrors,
  validateUpdate: replicaSetUpdateErrors,
  validateStatusUpdate: replicaSetStatusErrors,
  warnings: (replicaSet, old) => [
    ...(old === undefined ? podNameWarnings(replicaSet.metadata?.name) : []),
    ...templateWarnings(replicaSet.spec?.template, old?.spec?.template, at('spec', 'template')),
  ],
  served: legacyWorkloads('ReplicaSet'),
  columns: [
    { name: 'Desired', type: 'integer', description: 'Number of pods wanted.', value: (rs) => rs.spec?.replicas ?? 0 },
    { name: 'Current', type: 'integer', description: 'Number of pods seen.', value: (rs) => rs.status?.replicas ?? 0 },
    { name: 'Ready', type: 'integer', description: 'Number of pods ready.', value: (rs) => rs.status?.readyReplicas ?? 0 },
    ageColumn,
    ...workloadColumns<ReplicaSetObject>(
      (rs) => rs.spec?.template?.spec?.containers,
      (rs) => formatLabelSelector(rs.spec?.selector),
    ),
  ],
})

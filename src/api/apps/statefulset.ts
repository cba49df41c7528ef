// StatefulSet: numbered pods with stable names and claims.
import type { StatefulSet as StatefulSetObject } from '../../../openapi/types/apps/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { legacyWorkloads } from './legacy.ts'
import {
  statefulSetDefaults,
  statefulSetErrors,
  statefulSetServiceNameErrors,
  statefulSetStatusErrors,
  statefulSetUpdateErrors,
  statefulSetWarnings,
} from './statefulset-rules.ts'

export const StatefulSet = defineKind<StatefulSetObject>({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: {
    status: true,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.spec.selector' },
  },
  generation: 'spec',
  nameRule: 'dns-label',
  defaults: podSpecDefaults('spec.template.spec'),
  computeDefaults: statefulSetDefaults,
  validate: statefulSetErrors,
  validateCreate: statefulSetServiceNameErrors,
  validateUpdate: statefulSetUpdateErrors,
  validateStatusUpdate: statefulSetStatusErrors,
  warnings: statefulSetWarnings,
  served: legacyWorkloads('StatefulSet'),
  columns: [
    {
      name: 'Ready',
      description: 'Ready pods of the desired ones.',
      value: (s) => `${s.status?.readyReplicas ?? 0}/${s.spec?.replicas ?? 0}`,
    },
    ageColumn,
    ...workloadColumns<StatefulSetObject>(
      (s) => s.spec?.template?.spec?.containers,
      () => '',
    ).slice(0, 2),
  ],
})

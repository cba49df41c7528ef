// PriorityClass: a name for a pod priority.
import type { PriorityClass as PriorityClassObject } from '../../../openapi/types/scheduling/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { priorityClassErrors, priorityClassUpdateErrors } from './priorityclass-rules.ts'

export const PriorityClass = defineKind<PriorityClassObject>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  shortNames: ['pc'],
  scope: 'Cluster',
  served: [retired('io.k8s.api.scheduling', 'scheduling.k8s.io', 'v1beta1', 'PriorityClass', ['1.14', '1.22'])],
  generation: () => false,
  defaults: { preemptionPolicy: 'PreemptLowerPriority' },
  validate: priorityClassErrors,
  validateUpdate: priorityClassUpdateErrors,
  columns: [
    { name: 'Value', type: 'integer', description: 'The priority.', value: (priority) => priority.value ?? 0 },
    {
      name: 'Global-Default',
      type: 'boolean',
      description: 'Whether pods get it by default.',
      value: (priority) => priority.globalDefault ?? false,
    },
    ageColumn,
    { name: 'PreemptionPolicy', description: 'Whether such pods may evict others.', value: (priority) => priority.preemptionPolicy ?? '' },
  ],
})

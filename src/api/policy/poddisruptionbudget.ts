// PodDisruptionBudget: how many pods of a set may be evicted at a time.
import type { PodDisruptionBudget as PodDisruptionBudgetObject } from '../../../openapi/types/policy/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { legacyVersion } from '../legacy-version.ts'
import { ageColumn } from '../shared/columns.ts'
import { emptySelectors } from './legacy.ts'
import { budgetErrors, budgetStatusErrors } from './poddisruptionbudget-rules.ts'

export const PodDisruptionBudget = defineKind<PodDisruptionBudgetObject>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  subresources: { status: true },
  generation: 'spec',
  requiresResourceVersion: true,
  validate: budgetErrors,
  validateStatusUpdate: budgetStatusErrors,
  served: [
    legacyVersion('policy', 'v1beta1', {
      kind: 'PodDisruptionBudget',
      use: 'policy/v1',
      schemaName: 'io.k8s.api.policy.v1beta1.PodDisruptionBudget',
      deprecated: '1.21',
      removed: '1.25',
      ...emptySelectors,
    }),
  ],
  columns: [
    { name: 'Min Available', description: 'Pods that must stay available.', value: (pdb) => String(pdb.spec?.minAvailable ?? 'N/A') },
    { name: 'Max Unavailable', description: 'Pods that may be unavailable.', value: (pdb) => String(pdb.spec?.maxUnavailable ?? 'N/A') },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Pods that may be disrupted now.',
      value: (pdb) => pdb.status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
})

// Deployment: rolls ReplicaSets from one pod template to the next.
import type { Deployment as DeploymentObject } from '../../../openapi/types/apps/v1.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { deploymentDefaults, deploymentErrors, deploymentStatusErrors, deploymentUpdateErrors } from './deployment-rules.ts'
import { labelSelectorText } from './label-selector.ts'
import { legacyWorkloads } from './legacy.ts'
import { podNameWarnings, templateWarnings } from './workload-rules.ts'

export const Deployment = defineKind<DeploymentObject>({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: {
    status: true,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.spec.selector' },
  },
  generation: (deployment, old) =>
    !semanticEqual(deployment.spec, old.spec) || !semanticEqual(deployment.metadata?.annotations, old.metadata?.annotations),
  defaults: podSpecDefaults('spec.template.spec'),
  computeDefaults: deploymentDefaults,
  validate: deploymentErrors,
  validateUpdate: deploymentUpdateErrors,
  validateStatusUpdate: deploymentStatusErrors,
  warnings: (deployment, old) => [
    ...(old === undefined ? podNameWarnings(deployment.metadata?.name) : []),
    ...templateWarnings(deployment.spec?.template, old?.spec?.template, at('spec', 'template')),
  ],
  served: legacyWorkloads('Deployment'),
  columns: [
    {
      name: 'Ready',
      description: 'Ready pods of the desired ones.',
      value: (d) => `${d.status?.readyReplicas ?? 0}/${d.spec?.replicas ?? 0}`,
    },
    { name: 'Up-to-date', description: 'Pods of the newest template.', value: (d) => d.status?.updatedReplicas ?? 0 },
    { name: 'Available', description: 'Pods ready for at least minReadySeconds.', value: (d) => d.status?.availableReplicas ?? 0 },
    ageColumn,
    ...workloadColumns<DeploymentObject>(
      (d) => d.spec?.template?.spec?.containers,
      (d) => labelSelectorText(d.spec?.selector) ?? '<invalid>',
    ),
  ],
})

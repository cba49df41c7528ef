// DaemonSet: one pod on each matching node.
import type { DaemonSet as DaemonSetObject } from '../../../openapi/types/apps/v1.ts'
import { at } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn, formatLabels, workloadColumns } from '../shared/columns.ts'
import { podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import {
  countTemplateGeneration,
  daemonSetDefaults,
  daemonSetErrors,
  daemonSetStatusErrors,
  daemonSetUpdateErrors,
  setTemplateGeneration,
} from './daemonset-rules.ts'
import { formatLabelSelector } from './label-selector.ts'
import { legacyWorkloads } from './legacy.ts'
import { templateWarnings } from './workload-rules.ts'

export const DaemonSet = defineKind<DaemonSetObject>({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true },
  generation: 'spec',
  defaults: podSpecDefaults('spec.template.spec'),
  computeDefaults: daemonSetDefaults,
  prepareForCreate: setTemplateGeneration,
  prepareForUpdate: countTemplateGeneration,
  validate: daemonSetErrors,
  validateUpdate: daemonSetUpdateErrors,
  validateStatusUpdate: daemonSetStatusErrors,
  warnings: (daemonSet, old) => templateWarnings(daemonSet.spec?.template, old?.spec?.template, at('spec', 'template')),
  served: legacyWorkloads('DaemonSet'),
  columns: [
    {
      name: 'Desired',
      type: 'integer',
      description: 'Nodes that should run the pod.',
      value: (ds) => ds.status?.desiredNumberScheduled ?? 0,
    },
    {
      name: 'Current',
      type: 'integer',
      description: 'Nodes that run the pod and should.',
      value: (ds) => ds.status?.currentNumberScheduled ?? 0,
    },
    { name: 'Ready', type: 'integer', description: 'Nodes whose pod is ready.', value: (ds) => ds.status?.numberReady ?? 0 },
    {
      name: 'Up-to-date',
      type: 'integer',
      description: 'Nodes with the newest pod.',
      value: (ds) => ds.status?.updatedNumberScheduled ?? 0,
    },
    { name: 'Available', type: 'integer', description: 'Nodes whose pod is available.', value: (ds) => ds.status?.numberAvailable ?? 0 },
    { name: 'Node Selector', description: 'Labels a node must have.', value: (ds) => formatLabels(ds.spec?.template?.spec?.nodeSelector) },
    ageColumn,
    ...workloadColumns<DaemonSetObject>(
      (ds) => ds.spec?.template?.spec?.containers,
      (ds) => formatLabelSelector(ds.spec?.selector),
    ),
  ],
})

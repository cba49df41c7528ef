// ReplicationController: the forerunner of ReplicaSet, with an equality selector.
import type { ReplicationController as ReplicationControllerObject, ReplicationControllerStatus } from '../../../openapi/types/core/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, forbiddenField, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { nonNegative } from '../shared/checks.ts'
import { ageColumn, formatLabels, workloadColumns } from '../shared/columns.ts'
import { computePodTemplateDefaults, podSpecDefaults } from '../shared/pod-spec-defaults.ts'
import { validatePodTemplate } from '../shared/validate-pod-template.ts'
import { podTemplateWarnings } from './pod/warnings.ts'

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
  defaults: { 'spec.replicas': 1, ...podSpecDefaults('spec.template.spec') },
  computeDefaults: computeControllerDefaults,
  validate: validateController,
  validateStatusUpdate: ({ status }) => statusErrors(status ?? { replicas: 0 }),
  warnings: ({ spec }) => podTemplateWarnings(spec?.template, at('spec', 'template')),
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

/** Selector and labels come from the template where they are not given. Mutates. */
function computeControllerDefaults(controller: ReplicationControllerObject): void {
  const { spec } = controller
  computePodTemplateDefaults(spec?.template)
  const labels = spec?.template?.metadata?.labels
  if (spec === undefined || labels === undefined) return
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
  const metadata = (controller.metadata ??= {})
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
}

function validateController({ spec = {} }: ReplicationControllerObject): FieldError[] {
  const path = at('spec')
  const selector = Object.entries(spec.selector ?? {})
  const errors = nonNegative(spec.minReadySeconds, path.child('minReadySeconds'))
  if (selector.length === 0) errors.push(required(path.child('selector')))
  errors.push(...nonNegative(spec.replicas, path.child('replicas')))
  const { template } = spec
  const where = path.child('template')
  if (template === undefined) return [...errors, required(where)]
  const labels = template.metadata?.labels ?? {}
  if (!selector.every(([key, value]) => labels[key] === value)) {
    const shown = template.metadata?.labels ?? null
    errors.push(invalidValue(where.child('metadata', 'labels'), shown, '`selector` does not match template `labels`'))
  }
  errors.push(...validatePodTemplate(template, where))
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? { containers: [] }
  if (restartPolicy !== 'Always') errors.push(notSupported(where.child('spec', 'restartPolicy'), restartPolicy, ['Always']))
  if (activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicationController is not Supported'
    errors.push(forbiddenField(where.child('spec', 'activeDeadlineSeconds'), detail))
  }
  return errors
}

const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const

function statusErrors(status: ReplicationControllerStatus): FieldError[] {
  const path = at('status')
  const errors = counts.flatMap((field) => nonNegative(status[field], path.child(field)))
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = status[field] ?? 0
    if (count > (status.replicas ?? 0)) errors.push(invalidValue(path.child(field), count, 'cannot be greater than status.replicas'))
  }
  const available = status.availableReplicas ?? 0
  if (available > (status.readyReplicas ?? 0)) {
    errors.push(invalidValue(path.child('availableReplicas'), available, 'cannot be greater than readyReplicas'))
  }
  return errors
}

// Pod: the unit of scheduling and running. Its rules live beside: columns, defaults, strategy, validation, queries.
import type { Pod as PodObject } from '../../../../openapi/types/core/v1.ts'
import type { RowCondition } from '../../../apimachinery/kind.ts'
import { defineKind } from '../../../apimachinery/kind.ts'
import { podColumns } from './columns.ts'
import { computePodDefaults, podDefaults } from './defaults.ts'
import { isTerminalPhase } from './queries.ts'
import { preparePodForCreate, preparePodForUpdate } from './strategy.ts'
import { validateNewPod, validatePod } from './validate.ts'
import { validatePodResize } from './validate-resize.ts'
import { validatePodStatusUpdate } from './validate-status.ts'
import { validateEphemeralContainersUpdate, validatePodUpdate } from './validate-update.ts'
import { podWarnings } from './warnings.ts'

export const Pod = defineKind<PodObject>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: {
    status: true,
    others: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize'],
  },
  nameRule: 'dns-subdomain',
  defaults: podDefaults,
  computeDefaults: computePodDefaults,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: preparePodForUpdate,
  validate: validatePod,
  validateCreate: validateNewPod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  validateSubresource: {
    ephemeralcontainers: (pod, old) => [...validatePod(pod), ...validateEphemeralContainersUpdate(pod, old)],
    resize: (pod, old) => [...validatePod(pod), ...validatePodResize(pod, old)],
  },
  generation: 'spec',
  deleteReturnsObject: true,
  gracePeriodSeconds: podGracePeriod,
  warnings: podWarnings,
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec?.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec?.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec?.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec?.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  columns: podColumns,
  rowConditions,
})

/** What was asked for, else the pod's own; 0 where no kubelet would have to stop anything; negative counts as 1. */
function podGracePeriod({ spec, status }: PodObject, requested: number | undefined): number {
  if (!spec?.nodeName || isTerminalPhase(status?.phase)) return 0
  const period = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return period < 0 ? 1 : period
}

function rowConditions({ status }: PodObject): RowCondition[] {
  const completed = { type: 'Completed', status: 'True' }
  if (status?.phase === 'Succeeded') return [{ ...completed, reason: 'Succeeded', message: 'The pod has completed successfully.' }]
  return status?.phase === 'Failed' ? [{ ...completed, reason: 'Failed', message: 'The pod failed.' }] : []
}

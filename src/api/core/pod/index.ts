// Pod: the unit of scheduling and running. Rules live beside: columns, defaults, strategy, validation, queries.
import type { Pod as PodObject } from '../../../../openapi/types/core/v1.ts'
import { defineKind } from '../../../apimachinery/kind.ts'
import { podColumns } from './columns.ts'
import { isTerminalPhase } from './queries.ts'

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
  generation: 'spec',
  deleteReturnsObject: true,
  gracePeriodSeconds: podGracePeriod,
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
})

/** What was asked for, else the pod's own; 0 where no kubelet would have to stop anything; negative counts as 1. */
function podGracePeriod({ spec, status }: PodObject, requested: number | undefined): number {
  if (!spec?.nodeName || isTerminalPhase(status?.phase)) return 0
  const period = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return period < 0 ? 1 : period
}

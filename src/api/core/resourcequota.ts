// ResourceQuota: the sum of resources a namespace may use.
import type { ResourceQuota as ResourceQuotaObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validateQuota, validateQuotaStatusUpdate, validateQuotaUpdate } from './validate-quota.ts'

export const ResourceQuota = defineKind<ResourceQuotaObject>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  subresources: { status: true },
  nameRule: 'dns-subdomain',
  validate: validateQuota,
  validateUpdate: validateQuotaUpdate,
  validateStatusUpdate: validateQuotaStatusUpdate,
  deleteReturnsObject: true,
  columns: [
    {
      name: 'Request',
      description: 'Used and hard amounts of all that is no limit.',
      value: (quota) => usage(quota, (resource) => !resource.startsWith('limits.')),
    },
    {
      name: 'Limit',
      description: 'Used and hard sums of limits.',
      value: (quota) => usage(quota, (resource) => resource.startsWith('limits.')),
    },
    ageColumn,
  ],
})

/** `cpu: 1/2, memory: 1Gi/4Gi` for the resources chosen, sorted by name. */
function usage({ status }: ResourceQuotaObject, chosen: (resource: string) => boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([resource]) => chosen(resource))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, hard]) => `${resource}: ${status?.used?.[resource] ?? '0'}/${hard}`)
    .join(', ')
}

// ServiceAccount: the identity of processes in pods.
import type { ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'

export const ServiceAccount = defineKind<ServiceAccountObject>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  subresources: { others: ['token'] },
  nameRule: 'dns-subdomain',
  deleteReturnsObject: true,
  columns: [
    { name: 'Secrets', description: 'Number of secrets that pods of this account may use.', value: ({ secrets }) => secrets?.length ?? 0 },
    ageColumn,
  ],
})

// ResourceQuota: its names and rules as data.
import type { ResourceQuota as ResourceQuotaObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ResourceQuota = defineKind<ResourceQuotaObject>({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  scope: 'Namespaced',
})

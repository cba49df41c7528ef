// ServiceAccount: its names and rules as data.
import type { ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const ServiceAccount = defineKind<ServiceAccountObject>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  scope: 'Namespaced',
})

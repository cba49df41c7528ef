// Service: its names and rules as data.
import type { Service as ServiceObject } from '../../../../openapi/types/core/v1.ts'
import { defineKind } from '../../../apimachinery/kind.ts'

export const Service = defineKind<ServiceObject>({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  scope: 'Namespaced',
})

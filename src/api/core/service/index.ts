// Service: a stable address for a set of pods.
import type { Service as ServiceObject } from '../../../../openapi/types/core/v1.ts'
import { defineKind } from '../../../apimachinery/kind.ts'
import { serviceColumns } from './columns.ts'

export const Service = defineKind<ServiceObject>({
  group: '',
  version: 'v1',
  kind: 'Service',
  resource: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  subresources: { status: true, others: ['proxy'] },
  nameRule: 'dns-1035-label',
  createOnUpdate: true,
  deleteReturnsObject: true,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  columns: serviceColumns,
})

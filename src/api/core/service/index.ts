// Service: a stable address for a set of pods. Its rules live beside: columns, defaults, strategy, validation.
import type { Service as ServiceObject } from '../../../../openapi/types/core/v1.ts'
import { defineKind } from '../../../apimachinery/kind.ts'
import { serviceColumns } from './columns.ts'
import { computeServiceDefaults, serviceDefaults } from './defaults.ts'
import { isHeadless, prepareServiceForCreate, prepareServiceForUpdate } from './strategy.ts'
import { validateService } from './validate.ts'
import { validateServiceStatusUpdate, validateServiceUpdate } from './validate-addresses.ts'

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
  defaults: serviceDefaults,
  computeDefaults: computeServiceDefaults,
  prepareForCreate: prepareServiceForCreate,
  prepareForUpdate: prepareServiceForUpdate,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatusUpdate: validateServiceStatusUpdate,
  warnings: headlessWarnings,
  createOnUpdate: true,
  deleteReturnsObject: true,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  columns: serviceColumns,
})

function headlessWarnings({ spec = {} }: ServiceObject): string[] {
  if (!isHeadless(spec)) return []
  const warnings: string[] = []
  if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
  if (spec.externalIPs?.length) warnings.push('spec.externalIPs is ignored for headless services')
  if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services')
  return warnings
}

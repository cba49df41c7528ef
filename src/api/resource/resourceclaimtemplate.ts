// ResourceClaimTemplate: from which a claim is made for each pod.
import type { ResourceClaimTemplate as ResourceClaimTemplateObject } from '../../../openapi/types/resource/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { deviceClaimDefaults } from './defaults.ts'
import { claimTemplateErrors, claimTemplateUpdateErrors } from './rules.ts'

export const ResourceClaimTemplate = defineKind<ResourceClaimTemplateObject>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  scope: 'Namespaced',
  deleteReturnsObject: true,
  computeDefaults: (template) => deviceClaimDefaults(template.spec?.spec),
  validateCreate: claimTemplateErrors,
  validateUpdate: claimTemplateUpdateErrors,
  columns: [ageColumn],
})

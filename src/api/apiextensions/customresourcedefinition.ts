// CustomResourceDefinition: brings a new kind into the API.
import type { CustomResourceDefinition as CustomResourceDefinitionObject } from '../../../openapi/types/apiextensions/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const CustomResourceDefinition = defineKind<CustomResourceDefinitionObject>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  subresources: { status: true },
  requiresResourceVersion: true,
  generation: 'spec',
  defaults: {
    'spec.conversion': { strategy: 'None' },
    'spec.conversion.webhook.clientConfig.service.port': 443,
  },
})

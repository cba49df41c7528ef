// CustomResourceDefinition: brings a new kind into the API.
import type { CustomResourceDefinition as CustomResourceDefinitionObject } from '../../../openapi/types/apiextensions/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { crdDeletion } from './crd-deletion.ts'
import { approvalErrors, crdDefaults, crdErrors, crdStatusErrors, crdUpdateErrors, recordStoredVersion } from './crd-rules.ts'

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
  deletion: crdDeletion,
  computeDefaults: crdDefaults,
  prepareForCreate: recordStoredVersion,
  prepareForUpdate: recordStoredVersion,
  validate: crdErrors,
  validateCreate: approvalErrors,
  validateUpdate: crdUpdateErrors,
  validateStatusUpdate: crdStatusErrors,
})

// CustomResourceDefinition: brings a new kind into the API.
import type { CustomResourceDefinition as CustomResourceDefinitionObject } from '../../../openapi/types/apiextensions/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { crdDeletion } from './crd-deletion.ts'
import { approvalErrors, crdDefaults, crdErrors, crdStatusErrors, crdUpdateErrors, recordStoredVersion } from './crd-rules.ts'
import { oldDefinition } from './legacy.ts'

export const CustomResourceDefinition = defineKind<CustomResourceDefinitionObject>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  served: [
    retired(
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
      'apiextensions.k8s.io',
      'v1beta1',
      'CustomResourceDefinition',
      ['1.16', '1.22'],
      oldDefinition,
    ),
  ],
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

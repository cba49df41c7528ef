// ValidatingAdmissionPolicyBinding: puts a ValidatingAdmissionPolicy to work.
import type { ValidatingAdmissionPolicyBinding as ValidatingAdmissionPolicyBindingObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validatingBindingErrors } from './policy-rules.ts'
import { matchResourcesDefaults, paramRefText } from './shared.ts'

export const ValidatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBindingObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  requiresResourceVersion: true,
  generation: 'spec',
  computeDefaults: (binding) => matchResourcesDefaults(binding.spec?.matchResources),
  validate: validatingBindingErrors,
  columns: [
    { name: 'PolicyName', description: 'The policy.', value: (binding) => binding.spec?.policyName ?? '' },
    { name: 'ParamRef', description: 'Its parameters.', value: (binding) => paramRefText(binding.spec?.paramRef) },
    ageColumn,
  ],
})

// MutatingAdmissionPolicyBinding: puts a MutatingAdmissionPolicy to work.
import type { MutatingAdmissionPolicyBinding as MutatingAdmissionPolicyBindingObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { mutatingBindingErrors } from './policy-rules.ts'
import { matchResourcesDefaults, paramRefText } from './shared.ts'

export const MutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBindingObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'],
  scope: 'Cluster',
  requiresResourceVersion: true,
  generation: 'spec',
  computeDefaults: (binding) => matchResourcesDefaults(binding.spec?.matchResources),
  validate: mutatingBindingErrors,
  columns: [
    { name: 'PolicyName', description: 'The policy.', value: (binding) => binding.spec?.policyName ?? '' },
    { name: 'ParamRef', description: 'Its parameters.', value: (binding) => paramRefText(binding.spec?.paramRef) },
    ageColumn,
  ],
})

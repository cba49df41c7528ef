// ValidatingAdmissionPolicy: CEL rules that may refuse objects.
import type { ValidatingAdmissionPolicy as ValidatingAdmissionPolicyObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { validatingPolicyErrors } from './policy-rules.ts'
import { matchResourcesDefaults, paramKindText } from './shared.ts'

export const ValidatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicyObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  requiresResourceVersion: true,
  subresources: { status: true },
  generation: 'spec',
  computeDefaults: (policy) => {
    if (policy.spec === undefined) return
    policy.spec.failurePolicy ??= 'Fail'
    matchResourcesDefaults(policy.spec.matchConstraints)
  },
  validate: validatingPolicyErrors,
  columns: [
    { name: 'Validations', type: 'integer', description: 'Number of rules.', value: (policy) => policy.spec?.validations?.length ?? 0 },
    { name: 'ParamKind', description: 'Kind of the parameters.', value: (policy) => paramKindText(policy.spec?.paramKind) },
    ageColumn,
  ],
})

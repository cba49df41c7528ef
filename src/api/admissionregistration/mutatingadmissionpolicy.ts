// MutatingAdmissionPolicy: CEL rules that may change objects before they are stored.
import type { MutatingAdmissionPolicy as MutatingAdmissionPolicyObject } from '../../../openapi/types/admissionregistration/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { ageColumn } from '../shared/columns.ts'
import { mutatingPolicyErrors } from './policy-rules.ts'
import { matchResourcesDefaults, paramKindText } from './shared.ts'

export const MutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicyObject>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  categories: ['api-extensions'],
  scope: 'Cluster',
  requiresResourceVersion: true,
  generation: 'spec',
  computeDefaults: (policy) => {
    if (policy.spec === undefined) return
    policy.spec.failurePolicy ??= 'Fail'
    matchResourcesDefaults(policy.spec.matchConstraints)
  },
  validate: mutatingPolicyErrors,
  columns: [
    { name: 'Mutations', type: 'integer', description: 'Number of changes.', value: (policy) => policy.spec?.mutations?.length ?? 0 },
    { name: 'ParamKind', description: 'Kind of the parameters.', value: (policy) => paramKindText(policy.spec?.paramKind) },
    ageColumn,
  ],
})

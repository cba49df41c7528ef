// SelfSubjectRulesReview: asks for all the caller may do in a namespace. Answered at once, never stored.
import type { SelfSubjectRulesReview as SelfSubjectRulesReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'

export const SelfSubjectRulesReview = defineKind<SelfSubjectRulesReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  served: [retired('io.k8s.api.authorization', 'authorization.k8s.io', 'v1beta1', 'SelfSubjectRulesReview', ['1.19', '1.22'])],
  verbs: ['create'],
  ephemeral: true,
})

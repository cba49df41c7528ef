// SelfSubjectRulesReview: asks for all the caller may do in a namespace. Answered at once, never stored.
import type { SelfSubjectRulesReview as SelfSubjectRulesReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const SelfSubjectRulesReview = defineKind<SelfSubjectRulesReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  verbs: ['create'],
  ephemeral: true,
})

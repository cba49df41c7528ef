// SelfSubjectReview: asks who the caller is. Answered at once, never stored.
import type { SelfSubjectReview as SelfSubjectReviewObject } from '../../../openapi/types/authentication/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const SelfSubjectReview = defineKind<SelfSubjectReviewObject>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  scope: 'Cluster',
  verbs: ['create'],
  ephemeral: true,
})

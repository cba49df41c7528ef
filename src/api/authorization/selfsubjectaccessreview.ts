// SelfSubjectAccessReview: asks whether the caller may do something. Answered at once, never stored.
import type { SelfSubjectAccessReview as SelfSubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { selfAccessReviewErrors } from './rules.ts'

export const SelfSubjectAccessReview = defineKind<SelfSubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  verbs: ['create'],
  validate: selfAccessReviewErrors,
  ephemeral: true,
})

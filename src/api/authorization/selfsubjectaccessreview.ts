// SelfSubjectAccessReview: asks whether the caller may do something. Answered at once, never stored.
import type { SelfSubjectAccessReview as SelfSubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { selfAccessReviewErrors } from './rules.ts'

export const SelfSubjectAccessReview = defineKind<SelfSubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  served: [retired('io.k8s.api.authorization', 'authorization.k8s.io', 'v1beta1', 'SelfSubjectAccessReview', ['1.19', '1.22'])],
  verbs: ['create'],
  validate: selfAccessReviewErrors,
  ephemeral: true,
})

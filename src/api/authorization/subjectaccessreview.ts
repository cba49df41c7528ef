// SubjectAccessReview: asks whether a user may do something. Answered at once, never stored.
import type { SubjectAccessReview as SubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { oldReview } from './legacy.ts'
import { accessReviewErrors } from './rules.ts'

export const SubjectAccessReview = defineKind<SubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  scope: 'Cluster',
  served: [retired('io.k8s.api.authorization', 'authorization.k8s.io', 'v1beta1', 'SubjectAccessReview', ['1.19', '1.22'], oldReview)],
  verbs: ['create'],
  validate: accessReviewErrors,
  ephemeral: true,
})

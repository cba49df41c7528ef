// SubjectAccessReview: asks whether a user may do something. Answered at once, never stored.
import type { SubjectAccessReview as SubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { accessReviewErrors } from './rules.ts'

export const SubjectAccessReview = defineKind<SubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  scope: 'Cluster',
  verbs: ['create'],
  validate: accessReviewErrors,
  ephemeral: true,
})

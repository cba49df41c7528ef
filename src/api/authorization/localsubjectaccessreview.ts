// LocalSubjectAccessReview: asks whether a user may do something in one namespace. Answered at once, never stored.
import type { LocalSubjectAccessReview as LocalSubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { localAccessReviewErrors } from './rules.ts'

export const LocalSubjectAccessReview = defineKind<LocalSubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  verbs: ['create'],
  validate: localAccessReviewErrors,
  ephemeral: true,
})

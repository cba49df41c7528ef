// LocalSubjectAccessReview: asks whether a user may do something in one namespace. Answered at once, never stored.
import type { LocalSubjectAccessReview as LocalSubjectAccessReviewObject } from '../../../openapi/types/authorization/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'
import { oldReview } from './legacy.ts'
import { localAccessReviewErrors } from './rules.ts'

export const LocalSubjectAccessReview = defineKind<LocalSubjectAccessReviewObject>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  served: [retired('io.k8s.api.authorization', 'authorization.k8s.io', 'v1beta1', 'LocalSubjectAccessReview', ['1.19', '1.22'], oldReview)],
  verbs: ['create'],
  validate: localAccessReviewErrors,
  ephemeral: true,
})

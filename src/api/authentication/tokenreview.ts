// TokenReview: asks who a token belongs to. Answered at once, never stored.
import type { TokenReview as TokenReviewObject } from '../../../openapi/types/authentication/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'
import { retired } from '../legacy-version.ts'

export const TokenReview = defineKind<TokenReviewObject>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  scope: 'Cluster',
  served: [retired('io.k8s.api.authentication', 'authentication.k8s.io', 'v1beta1', 'TokenReview', ['1.19', '1.22'])],
  verbs: ['create'],
  ephemeral: true,
})

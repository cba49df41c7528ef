// TokenReview: asks who a token belongs to. Answered at once, never stored.
import type { TokenReview as TokenReviewObject } from '../../../openapi/types/authentication/v1.ts'
import { defineKind } from '../../apimachinery/kind.ts'

export const TokenReview = defineKind<TokenReviewObject>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  scope: 'Cluster',
  verbs: ['create'],
  ephemeral: true,
})

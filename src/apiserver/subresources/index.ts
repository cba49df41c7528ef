// The subresources that are more than a status, and the kinds that are answered and not stored.
import type { TokenAuthenticator } from '../authentication/index.ts'
import type { ServiceAccountTokens } from '../authentication/service-account-tokens.ts'
import type { Subresource } from '../context.ts'
import { bindings, podBinding } from './binding.ts'
import { eviction } from './eviction.ts'
import { approval, ephemeralContainers, finalize, resize } from './parts.ts'
import { reviews } from './reviews.ts'
import { scale } from './scale.ts'
import { serviceAccountToken } from './token.ts'

export interface SubresourceOptions {
  tokens: ServiceAccountTokens
  /** Every meaning of a bearer token, for TokenReview. */
  askToken: TokenAuthenticator
}

/** All handlers, in order of name. */
export function subresources({ tokens, askToken }: SubresourceOptions): Subresource[] {
  return [
    approval,
    podBinding,
    bindings,
    ephemeralContainers,
    eviction,
    finalize,
    resize,
    scale,
    serviceAccountToken(tokens),
    ...reviews({ askToken, tokens, audiences: tokens.audiences }),
  ]
}

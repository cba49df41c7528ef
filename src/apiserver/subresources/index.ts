// The subresources that are more than a status, and the kinds that are answered and not stored.
import type { TokenAuthenticator } from '../authentication/index.ts'
import type { ServiceAccountTokens } from '../authentication/service-account-tokens.ts'
import type { Subresource } from '../context.ts'
import { bindings, podBinding } from './binding.ts'
import { componentStatuses } from './component-status.ts'
import { eviction } from './eviction.ts'
import type { KubeletClientOptions } from './kubelet.ts'
import { podLog } from './log.ts'
import { approval, ephemeralContainers, finalize, resize } from './parts.ts'
import { proxies } from './proxy.ts'
import { type ReviewOptions, reviews } from './reviews.ts'
import { scale } from './scale.ts'
import { podStreams } from './streams.ts'
import { serviceAccountToken } from './token.ts'

export interface SubresourceOptions {
  tokens: ServiceAccountTokens
  /** Every meaning of a bearer token, for TokenReview. */
  askToken: TokenAuthenticator
  /** How to reach kubelets, for logs, exec and proxies. */
  kubelet?: KubeletClientOptions
  /** Told of each use of a token that lies in a Secret. */
  noteUse?: ReviewOptions['noteUse']
}

/** All handlers, in order of name. */
export function subresources({ tokens, askToken, kubelet = {}, noteUse }: SubresourceOptions): Subresource[] {
  return [
    approval,
    podBinding,
    bindings,
    componentStatuses,
    ephemeralContainers,
    eviction,
    finalize,
    podLog(kubelet),
    ...podStreams(kubelet),
    ...proxies(kubelet),
    resize,
    scale,
    serviceAccountToken(tokens),
    ...reviews({ askToken, tokens, audiences: tokens.audiences, ...(noteUse === undefined ? {} : { noteUse }) }),
  ]
}

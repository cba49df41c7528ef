// The authenticators in upstream's order: proxy before us, client certificate, then the bearer token in all its meanings.
import type { Secret } from '../../../openapi/types/core/v1.ts'
import { ApiError } from '../../apimachinery/api-error.ts'
import type { Clock } from '../../apimachinery/clock.ts'
import type { Reader } from '../admission/plugin.ts'
import { bearerToken } from './bearer-token.ts'
import { bootstrapUser } from './bootstrap-token.ts'
import { type RequestHeaderOptions, requestHeaderAuthenticator } from './request-header.ts'
import type { ServiceAccountTokens } from './service-account-tokens.ts'
import { tokenFile } from './token-file.ts'
import type { Authenticator, User } from './user.ts'

export interface AuthenticationOptions {
  clock: Clock
  read: Reader
  /** Text of --token-auth-file. */
  tokenFileText?: string
  serviceAccountTokens?: ServiceAccountTokens
  /** Told of each use of a token that lies in a Secret. */
  noteUse?: (secret: Secret) => void
  /** The proxies that say who their clients are; absent: none is believed. */
  requestHeader?: RequestHeaderOptions
  /** --enable-bootstrap-token-auth. */
  bootstrapTokens?: boolean
}

/** Asks what a token means; undefined when nobody knows it. */
export type TokenAuthenticator = (token: string) => Promise<User | undefined>

/** 401, as every refused request gets it. */
export function unauthorized(): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized')
}

/** Everything that a bearer token may be: static, of a service account, for bootstrapping. Throws when the token file is malformed. */
export function tokenAuthenticator({ clock, read, ...options }: AuthenticationOptions): TokenAuthenticator {
  const staticUser = options.tokenFileText === undefined ? undefined : tokenFile(options.tokenFileText)
  return async (token) => {
    const known = staticUser?.(token)
    if (known !== undefined) return known
    if (options.serviceAccountTokens?.isMine(token)) {
      const verified = await options.serviceAccountTokens.verify(token, read).catch(() => undefined)
      if (verified?.secret !== undefined) options.noteUse?.(verified.secret)
      if (verified !== undefined) return verified.user
    }
    return options.bootstrapTokens === true ? bootstrapUser(token, read, clock) : undefined
  }
}

/** The chain. A bearer token that nobody knows is 401, also when anonymous requests are allowed. */
export function authenticationChain(options: AuthenticationOptions): Authenticator[] {
  const ask = tokenAuthenticator(options)
  return [
    ...(options.requestHeader === undefined ? [] : [requestHeaderAuthenticator(options.requestHeader)]),
    clientCertificate,
    async (credentials) => {
      const token = bearerToken(credentials)
      if (token === undefined) return undefined
      const user = await ask(token)
      if (user === undefined) throw unauthorized()
      return authenticated(user)
    },
  ]
}

/** CN is the name, each O a group. A certificate without CN is nobody's. */
const clientCertificate: Authenticator = ({ certificate }) => {
  if (certificate === undefined || certificate.commonName === '') return undefined
  const { commonName, organizations, fingerprint256 } = certificate
  const extra = { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint256?.replaceAll(':', '').toLowerCase()}`] }
  return authenticated({ name: commonName, groups: organizations, ...(fingerprint256 === undefined ? {} : { extra }) })
}

/** The user with the group that all who are known are in. */
function authenticated(user: User): User {
  return user.groups.includes('system:authenticated') ? user : { ...user, groups: [...user.groups, 'system:authenticated'] }
}

/** Who comes without credentials, where that is allowed. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }

// Tokens that lie in Secrets of type kubernetes.io/service-account-token: without an end, valid as long as Secret and account are there.
// Claims and messages: kubernetes/pkg/serviceaccount legacy.go.
import type { Secret as SecretObject, ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import type { KeyPair } from '../../pki/keys.ts'
import { type Claims, signJwt, verificationKey } from './jwt.ts'
import type { User } from './user.ts'

/** The issuer that such tokens name, whatever the server's own is. */
export const legacyIssuer = 'kubernetes/serviceaccount'
/** The day a token was last used, as the server notes it on its Secret. */
export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
/** Since when a token is not accepted, as legacy-serviceaccount-token-cleaner notes it. */
export const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'

const claimPrefix = 'kubernetes.io/serviceaccount'

/** What the claims name. */
export interface LegacyClaims {
  namespace: string
  secretName: string
  accountName: string
  accountUid: string
}

/** A token for the account, to be put into the Secret. */
export function legacyToken(account: ServiceAccountObject, secret: SecretObject, { privateKey, publicKey }: KeyPair): string {
  const { namespace = '', name = '', uid = '' } = account.metadata ?? {}
  const claims: Claims = {
    iss: legacyIssuer,
    [`${claimPrefix}/namespace`]: namespace,
    [`${claimPrefix}/secret.name`]: secret.metadata?.name ?? '',
    [`${claimPrefix}/service-account.name`]: name,
    [`${claimPrefix}/service-account.uid`]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
  return signJwt(claims, verificationKey(publicKey), privateKey)
}

/** The names in verified claims. Throws when one is missing or they contradict each other. */
export function legacyClaims(claims: Claims): LegacyClaims {
  const text = (name: string): string => {
    const value = claims[`${claimPrefix}/${name}`]
    return typeof value === 'string' ? value : ''
  }
  if (!claims.sub) throw new Error('sub claim is missing')
  const found = {
    namespace: text('namespace'),
    secretName: text('secret.name'),
    accountName: text('service-account.name'),
    accountUid: text('service-account.uid'),
  }
  if (found.namespace === '') throw new Error('namespace claim is missing')
  if (found.secretName === '') throw new Error('secretName claim is missing')
  if (found.accountName === '') throw new Error('serviceAccountName claim is missing')
  if (found.accountUid === '') throw new Error('serviceAccountUID claim is missing')
  if (claims.sub !== `system:serviceaccount:${found.namespace}:${found.accountName}`) throw new Error('sub claim is invalid')
  return found
}

/** The user, when Secret and account are still those for which the token was made. Throws an Error with the reason otherwise. */
export function legacyUser(
  token: string,
  { namespace, secretName, accountName, accountUid }: LegacyClaims,
  secret: SecretObject | undefined,
  account: ServiceAccountObject | undefined,
): User {
  if (secret === undefined || secret.metadata?.deletionTimestamp !== undefined)
    throw new Error('service account token has been invalidated')
  if (Buffer.from(secret.data?.['token'] ?? '', 'base64').toString('latin1') !== token)
    throw new Error("service account token does not match server's copy")
  if (account === undefined) throw new Error(`serviceaccounts ${JSON.stringify(accountName)} not found`)
  if (account.metadata?.deletionTimestamp !== undefined) throw new Error(`service account ${namespace}/${accountName} has been deleted`)
  if (account.metadata?.uid !== accountUid) {
    throw new Error(`service account UID (${account.metadata?.uid}) does not match claim (${accountUid})`)
  }
  if (secret.metadata?.labels?.[invalidSinceLabel]) {
    throw new Error(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${accountName} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`,
    )
  }
  return {
    name: `system:serviceaccount:${namespace}:${accountName}`,
    uid: accountUid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  }
}

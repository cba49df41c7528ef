// Tokens of service accounts: issued for TokenRequests, and verified against what they are bound to.
// Claims and messages: kubernetes/pkg/serviceaccount claims.go.
import type { Pod as PodObject, Secret as SecretObject, ServiceAccount as ServiceAccountObject } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { Secret } from '../../api/core/secret.ts'
import { ServiceAccount } from '../../api/core/serviceaccount.ts'
import type { Clock, Random } from '../../apimachinery/clock.ts'
import { isObject } from '../../apimachinery/json.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { loadKeyPair, publicKeyOf } from '../../pki/keys.ts'
import type { Reader } from '../admission/plugin.ts'
import { uuid } from '../uuid.ts'
import { type Claims, peekClaims, signJwt, verificationKey, verifyJwt } from './jwt.ts'
import { legacyClaims, legacyIssuer, legacyUser } from './legacy-tokens.ts'
import type { User } from './user.ts'

export interface TokenOptions {
  /** --service-account-issuer: the first signs, all are accepted. */
  issuers: readonly string[]
  /** --api-audiences: what tokens are for by default, and what they must be for when used here. */
  audiences: readonly string[]
  /** --service-account-signing-key-file (PEM). Absent: tokens are verified, not issued. */
  signingKey?: string
  /** --service-account-key-file: PEM of public or private keys whose tokens are accepted, besides the signing key's. */
  verificationKeys?: readonly string[]
  clock: Clock
  random: Random
}

/** What a token is made for. */
export interface TokenOrder {
  account: ServiceAccountObject
  audiences: readonly string[]
  expirationSeconds: number
  /** After this, use is still accepted but noticed. */
  warnAfterSeconds?: number
  pod?: PodObject
  secret?: KubeObject
  node?: KubeObject
}

export interface ServiceAccountTokens {
  audiences: readonly string[]
  /** A signed token. Throws when there is no signing key. */
  issue(order: TokenOrder): string
  /** Whether a token says that it comes from here. */
  isMine(token: string): boolean
  /** Throws an Error with the reason when the token is not valid. */
  verify(token: string, read: Reader, audiences?: readonly string[]): Promise<VerifiedToken>
}

export interface VerifiedToken {
  user: User
  /** Those that both sides named. */
  audiences: string[]
  /** Where a legacy token lies. */
  secret?: SecretObject
}

const leewaySeconds = 60

interface Ref {
  name: string
  uid: string
}

/** The tokens of one API server. Throws when a key cannot be read. */
export function serviceAccountTokens(options: TokenOptions): ServiceAccountTokens {
  const { clock, issuers, audiences } = options
  const signer = options.signingKey === undefined ? undefined : loadKeyPair(options.signingKey)
  const own = signer === undefined ? undefined : verificationKey(signer.publicKey)
  const others = (options.verificationKeys ?? []).map((pem) => verificationKey(publicKeyOf(pem)))
  const keys = [...(own === undefined ? [] : [own]), ...others.filter(({ id }) => id !== own?.id)]
  return {
    audiences,
    issue: (order) => {
      if (signer === undefined || own === undefined) throw new Error('no service account signing key is configured')
      return signJwt(claimsOf(order, issuers[0] ?? '', Math.floor(clock.now() / 1000), uuid(options.random)), own, signer.privateKey)
    },
    isMine: (token) => [...issuers, legacyIssuer].includes(peekClaims(token)?.iss ?? ''),
    verify: async (token, read, wanted = audiences) => {
      const claims = verifyJwt(token, keys)
      if (claims === undefined) throw new Error('invalid signature')
      if (claims.iss === legacyIssuer) return verifiedLegacy(token, claims, read, audiences, wanted)
      if (!issuers.includes(claims.iss ?? '')) throw new Error('unknown issuer')
      const shared = sharedAudiences(claims.aud === undefined ? [] : [claims.aud].flat(), wanted)
      const now = clock.now() / 1000
      checkTimes(claims, now)
      return { user: await boundUser(claims, read, now), audiences: shared }
    },
  }
}

function sharedAudiences(named: readonly string[], wanted: readonly string[]): string[] {
  const shared = named.filter((audience) => wanted.includes(audience))
  if (shared.length === 0) throw new Error(`token audiences ${goList(named)} is invalid for the target audiences ${goList(wanted)}`)
  return shared
}

/** A token without audiences is for this server. */
async function verifiedLegacy(
  token: string,
  claims: Claims,
  read: Reader,
  own: readonly string[],
  wanted: readonly string[],
): Promise<VerifiedToken> {
  const audiences = sharedAudiences(claims.aud === undefined ? own : [claims.aud].flat(), wanted)
  const named = legacyClaims(claims)
  const secret = await find(read, Secret, named.namespace, named.secretName)
  const user = legacyUser(token, named, secret, await find(read, ServiceAccount, named.namespace, named.accountName))
  return { user, audiences, secret: secret! }
}

function claimsOf(order: TokenOrder, iss: string, now: number, jti: string): Claims {
  const { account, pod, secret, node, warnAfterSeconds } = order
  const { namespace = '', name = '' } = account.metadata ?? {}
  return {
    aud: [...order.audiences],
    exp: now + order.expirationSeconds,
    iat: now,
    iss,
    jti,
    'kubernetes.io': {
      namespace,
      ...(node === undefined ? {} : { node: refOf(node) }),
      ...(pod === undefined ? {} : { pod: refOf(pod) }),
      ...(secret === undefined ? {} : { secret: refOf(secret) }),
      serviceaccount: refOf(account),
      ...(warnAfterSeconds === undefined ? {} : { warnafter: now + warnAfterSeconds }),
    },
    nbf: now,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

function refOf({ metadata }: KubeObject): { name?: string; uid?: string } {
  return { ...(metadata?.name ? { name: metadata.name } : {}), ...(metadata?.uid ? { uid: metadata.uid } : {}) }
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (typeof nbf === 'number' && now + leewaySeconds < nbf) throw new Error('service account token is not valid yet')
  if (typeof exp === 'number' && now - leewaySeconds > exp) throw new Error('service account token has expired')
  if (typeof iat === 'number' && now + leewaySeconds < iat) throw new Error('service account token is issued in the future')
}

/** The user of verified claims, when the account and what the token is bound to still exist. */
async function boundUser(claims: Claims, read: Reader, now: number): Promise<User> {
  const own = claims['kubernetes.io']
  if (!isObject(own)) throw new Error('token could not be parsed')
  const namespace = String(own['namespace'] ?? '')
  const account = refIn(own['serviceaccount'])
  const pod = refIn(own['pod'])
  const secret = refIn(own['secret'])
  const node = refIn(own['node'])
  if (account === undefined || claims.sub !== `system:serviceaccount:${namespace}:${account.name}`)
    throw new Error('token could not be parsed')
  const found = await find(read, ServiceAccount, namespace, account.name)
  if (found === undefined) throw new Error(`serviceaccounts ${JSON.stringify(account.name)} not found`)
  if (found.metadata?.uid !== account.uid) {
    throw new Error(`service account UID (${found.metadata?.uid}) does not match claim (${account.uid})`)
  }
  if (isGone(found, now)) throw new Error(`service account ${namespace}/${account.name} has been deleted`)
  if (secret !== undefined) await checkBound(read, Secret, namespace, secret, now, 'secret', 'service account secret ref')
  if (pod !== undefined) await checkBound(read, Pod, namespace, pod, now, 'pod', 'service account pod ref')
  else if (node !== undefined) await checkBound(read, Node, undefined, node, now, 'node', 'service account node ref')
  return {
    name: claims.sub,
    uid: account.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    extra: {
      ...(claims.jti === undefined ? {} : { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }),
      ...(node === undefined ? {} : refExtra('node', node)),
      ...(pod === undefined ? {} : refExtra('pod', pod)),
    },
  }
}

function refExtra(what: 'node' | 'pod', { name, uid }: Ref): Record<string, string[]> {
  return {
    [`authentication.kubernetes.io/${what}-name`]: [name],
    ...(uid === '' ? {} : { [`authentication.kubernetes.io/${what}-uid`]: [uid] }),
  }
}

function refIn(value: unknown): Ref | undefined {
  if (!isObject(value) || typeof value['name'] !== 'string') return undefined
  return { name: value['name'], uid: typeof value['uid'] === 'string' ? value['uid'] : '' }
}

async function checkBound<T extends KubeObject>(
  read: Reader,
  kind: Kind<T>,
  namespace: string | undefined,
  ref: Ref,
  now: number,
  word: string,
  claim: string,
): Promise<void> {
  const found = await find(read, kind, namespace, ref.name)
  if (found === undefined || (found.metadata?.uid === ref.uid && isGone(found, now)))
    throw new Error('service account token has been invalidated')
  if (found.metadata?.uid !== ref.uid) throw new Error(`${word} UID (${found.metadata?.uid}) does not match ${claim} claim (${ref.uid})`)
}

async function find<T extends KubeObject>(
  read: Reader,
  kind: Kind<T>,
  namespace: string | undefined,
  name: string,
): Promise<T | undefined> {
  const cached = read.get(kind, namespace, name)
  if (cached !== undefined) return cached
  await read.refresh()
  return read.get(kind, namespace, name)
}

/** Deleted longer ago than clocks may differ. */
function isGone({ metadata }: KubeObject, now: number): boolean {
  return metadata?.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) / 1000 < now - leewaySeconds
}

function goList(names: readonly string[]): string {
  return `[${names.map((name) => JSON.stringify(name)).join(' ')}]`
}

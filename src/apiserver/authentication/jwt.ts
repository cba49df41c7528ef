// JSON Web Tokens in the compact form (RFC 7515, 7519), signed by EC or RSA keys. Only what service account tokens need.
import { createHash, type KeyObject, sign, verify } from 'node:crypto'
import { isObject } from '../../apimachinery/json.ts'

/** Registered claims; others pass through. Times are seconds since the epoch. */
export interface Claims {
  iss?: string
  sub?: string
  aud?: string | string[]
  exp?: number
  nbf?: number
  iat?: number
  jti?: string
  [claim: string]: unknown
}

/** A public key with the id under which tokens name it. */
export interface VerificationKey {
  id: string
  algorithm: string
  key: KeyObject
}

const hashes: Readonly<Record<string, string>> = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256' }
const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** How a public key verifies. The id is upstream's: base64url of the SHA-256 of its SPKI form. Throws for key types that JWTs here do not use. */
export function verificationKey(key: KeyObject): VerificationKey {
  const algorithm = key.asymmetricKeyType === 'rsa' ? 'RS256' : curves[key.asymmetricKeyDetails?.namedCurve ?? '']
  if (algorithm === undefined) throw new Error('unknown public key type, must be RSA or ECDSA on a P curve')
  const id = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
  return { id, algorithm, key }
}

/** A signed token. */
export function signJwt(claims: Claims, { id, algorithm }: VerificationKey, privateKey: KeyObject): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: algorithm, kid: id })}.${part(claims)}`
  return `${text}.${sign(hashes[algorithm], Buffer.from(text), keyOptions(privateKey)).toString('base64url')}`
}

/** The claims without any check: to see whose token it is. Undefined when it is no JWT. */
export function peekClaims(token: string): Claims | undefined {
  return jsonPart(token.split('.')[1])
}

/** The claims when one of the keys has signed the token, else undefined. The header's algorithm must be the key's. */
export function verifyJwt(token: string, keys: readonly VerificationKey[]): Claims | undefined {
  const [header, body, signature, ...rest] = token.split('.')
  const head = jsonPart(header)
  if (head === undefined || body === undefined || !signature || rest.length > 0) return undefined
  const named = keys.filter(({ id }) => id === head['kid'])
  for (const { algorithm, key } of named.length > 0 ? named : keys) {
    if (head['alg'] !== algorithm) continue
    if (verify(hashes[algorithm], Buffer.from(`${header}.${body}`), keyOptions(key), Buffer.from(signature, 'base64url')))
      return jsonPart(body)
  }
  return undefined
}

function keyOptions(key: KeyObject) {
  return { key, dsaEncoding: 'ieee-p1363' as const }
}

function jsonPart(part: string | undefined): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

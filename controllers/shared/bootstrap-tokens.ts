// Bootstrap tokens as they lie in Secrets of kube-system. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
import type { Secret as SecretObject } from '../../openapi/types/core/v1.ts'
import { base64Decode } from '../../src/apimachinery/base64.ts'
import { parseTime } from '../../src/apimachinery/time.ts'

export function isBootstrapToken({ type, metadata }: SecretObject): boolean {
  return type === 'bootstrap.kubernetes.io/token' && metadata?.namespace === 'kube-system'
}

/** One field of the token as text; empty when it is not there. */
export function tokenText({ data }: SecretObject, field: string): string {
  return new TextDecoder().decode(base64Decode(data?.[field] ?? ''))
}

/** Milliseconds since the epoch; undefined for a token that never expires. A time that cannot be read is over. */
export function expirationOf(secret: SecretObject): number | undefined {
  const text = tokenText(secret, 'expiration')
  if (text === '') return undefined
  try {
    return parseTime(text).ms
  } catch {
    return 0
  }
}

// Deletes bootstrap tokens when they expire. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-management
import type { Secret as SecretObject } from '../openapi/types/core/v1.ts'
import { Secret } from '../src/api/core/secret.ts'
import { base64Decode } from '../src/apimachinery/base64.ts'
import { parseTime } from '../src/apimachinery/time.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, remove, requeueAfter } from '../src/controller/plan.ts'

/** Timers cannot wait for months. */
const longestWaitMs = 24 * 3_600_000

export const tokenCleaner = defineController({
  name: 'token-cleaner',
  for: Secret,
  reads: {},
  reconcile(secret, _reads, { now }) {
    if (secret.type !== 'bootstrap.kubernetes.io/token' || secret.metadata?.namespace !== 'kube-system') return nothing
    const expiration = expirationOf(secret)
    if (expiration === undefined || secret.metadata.deletionTimestamp !== undefined) return nothing
    const left = expiration - now
    return left > 0 ? plan(requeueAfter(Math.min(left, longestWaitMs))) : plan(remove(Secret, secret))
  },
})

/** Milliseconds since the epoch; undefined for a token that never expires. A time that cannot be read is over. */
function expirationOf({ data }: SecretObject): number | undefined {
  const text = new TextDecoder().decode(base64Decode(data?.['expiration'] ?? ''))
  if (text === '') return undefined
  try {
    return parseTime(text).ms
  } catch {
    return 0
  }
}

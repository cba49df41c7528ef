// Deletes bootstrap tokens when they expire. https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/#token-management
import { Secret } from '../src/api/core/secret.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, plan, remove, requeueAfter } from '../src/controller/plan.ts'
import { expirationOf, isBootstrapToken } from './shared/bootstrap-tokens.ts'

/** Timers cannot wait for months. */
const longestWaitMs = 24 * 3_600_000

export const tokenCleaner = defineController({
  name: 'token-cleaner',
  for: Secret,
  reads: {},
  reconcile(secret, _reads, { now }) {
    if (!isBootstrapToken(secret)) return nothing
    const expiration = expirationOf(secret)
    if (expiration === undefined || secret.metadata?.deletionTimestamp !== undefined) return nothing
    const left = expiration - now
    return left > 0 ? plan(requeueAfter(Math.min(left, longestWaitMs))) : plan(remove(Secret, secret))
  },
})

// Fills Secrets of type kubernetes.io/service-account-token with a token of their account, and deletes them when the account goes.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller
import type { Secret as SecretObject, ServiceAccount as ServiceAccountObject } from '../openapi/types/core/v1.ts'
import { Secret } from '../src/api/core/secret.ts'
import { ServiceAccount } from '../src/api/core/serviceaccount.ts'
import { base64Encode } from '../src/apimachinery/base64.ts'
import { splitKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { nothing, patch, plan, remove, update } from '../src/controller/plan.ts'
import { accountOf, isAccountToken, nameAnnotation, uidAnnotation } from './shared/account-tokens.ts'

/** Signs a token of an account that lies in a Secret: the port `accountToken`. Undefined without a key: then nothing is done. */
export type AccountToken = ((account: ServiceAccountObject, secret: SecretObject) => string) | undefined

/** Whose a Secret was, to be known when it is gone. */
interface Owner {
  name: string
  uid: string
}

export const serviceaccountToken = defineController({
  name: 'serviceaccount-token',
  for: Secret,
  reads: { accounts: ServiceAccount, secrets: Secret },
  indexes: {
    account: {
      kind: Secret,
      values: (secret: SecretObject) =>
        isAccountToken(secret) ? [`${secret.metadata?.namespace}/${secret.metadata?.annotations?.[nameAnnotation] ?? ''}`] : [],
    },
  },
  watches: [
    {
      kind: ServiceAccount,
      map: ({ metadata }: ServiceAccountObject, { secrets }) =>
        secrets
          .by('account', `${metadata?.namespace}/${metadata?.name}`)
          .map((secret) => `${metadata?.namespace}/${secret.metadata?.name}`),
    },
  ],
  needs: ['accountToken'],
  /** PEM text that goes into the Secret as ca.crt. */
  options: { rootCa: '' },
  reconcile(secret, { accounts }, { key, memory, options, ports }) {
    const sign = (ports['accountToken'] as { sign: AccountToken }).sign
    const named = secret.metadata?.annotations?.[nameAnnotation]
    if (sign === undefined || !isAccountToken(secret) || !named) return nothing
    const account = accountOf(secret, accounts)
    memory.set(key, { name: named, uid: secret.metadata?.annotations?.[uidAnnotation] ?? '' } satisfies Owner)
    if (secret.metadata?.deletionTimestamp !== undefined) return nothing
    if (account === undefined) {
      const uid = secret.metadata?.annotations?.[uidAnnotation]
      const gone = { kind: ServiceAccount, namespace: secret.metadata?.namespace ?? '', name: named, ...(uid ? { uid } : {}) }
      // the cache may not have seen the account yet
      return plan({ ...(remove(Secret, secret) as Extract<ReturnType<typeof remove>, { op: 'delete' }>), gone })
    }
    const data = filled(secret, account, String(options['rootCa']), sign)
    if (data === undefined) return nothing
    const annotations = { ...secret.metadata?.annotations, [nameAnnotation]: named, [uidAnnotation]: account.metadata?.uid ?? '' }
    return plan(update(Secret, { ...secret, metadata: { ...secret.metadata, annotations }, data }))
  },
  /** An account names its Secrets no longer than they are there. */
  absent(key, { accounts }, { memory }) {
    const owner = memory.get(key) as Owner | undefined
    memory.delete(key)
    if (owner === undefined) return nothing
    const { name, namespace } = splitKey(key)
    const account = accounts.get(owner.name, namespace)
    if (account === undefined || (owner.uid !== '' && owner.uid !== account.metadata?.uid)) return nothing
    const rest = (account.secrets ?? []).filter((reference) => reference.name !== name)
    if (rest.length === (account.secrets ?? []).length) return nothing
    const fence = { resourceVersion: account.metadata?.resourceVersion }
    return plan(patch(ServiceAccount, account, { metadata: fence, secrets: rest.length === 0 ? null : rest }))
  },
})

/** The data with what was missing or wrong in it; undefined when nothing was. */
function filled(
  secret: SecretObject,
  account: ServiceAccountObject,
  rootCa: string,
  sign: NonNullable<AccountToken>,
): Record<string, string> | undefined {
  const encoded = (text: string) => base64Encode(new TextEncoder().encode(text))
  const data = secret.data ?? {}
  const missing = {
    ...(rootCa === '' || data['ca.crt'] === encoded(rootCa) ? {} : { 'ca.crt': encoded(rootCa) }),
    ...(data['namespace'] ? {} : { namespace: encoded(secret.metadata?.namespace ?? '') }),
    ...(data['token'] ? {} : { token: encoded(sign(account, secret)) }),
  }
  return Object.keys(missing).length === 0 ? undefined : { ...data, ...missing }
}

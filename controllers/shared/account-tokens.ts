// Secrets that hold a token of a service account, and the account they name.
import type { Secret as SecretObject, ServiceAccount as ServiceAccountObject } from '../../openapi/types/core/v1.ts'
import type { Lister } from '../../src/controller/define.ts'

export const nameAnnotation = 'kubernetes.io/service-account.name'
export const uidAnnotation = 'kubernetes.io/service-account.uid'

export function isAccountToken({ type }: SecretObject): boolean {
  return type === 'kubernetes.io/service-account-token'
}

/** The account by name, and by uid when the Secret says one. */
export function accountOf({ metadata }: SecretObject, accounts: Lister<ServiceAccountObject>): ServiceAccountObject | undefined {
  const account = accounts.get(metadata?.annotations?.[nameAnnotation] ?? '', metadata?.namespace)
  const uid = metadata?.annotations?.[uidAnnotation]
  return !uid || account?.metadata?.uid === uid ? account : undefined
}

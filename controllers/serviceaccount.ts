// Sees to it that every namespace has the ServiceAccount "default".
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-controller
import type { ServiceAccount as ServiceAccountObject } from '../openapi/types/core/v1.ts'
import { Namespace } from '../src/api/core/namespace.ts'
import { ServiceAccount } from '../src/api/core/serviceaccount.ts'
import { defineController } from '../src/controller/define.ts'
import { create, nothing, plan } from '../src/controller/plan.ts'

export const serviceaccount = defineController({
  name: 'serviceaccount',
  for: Namespace,
  reads: { accounts: ServiceAccount },
  watches: [
    {
      kind: ServiceAccount,
      map: (account: ServiceAccountObject) => (account.metadata?.name === 'default' ? [account.metadata.namespace ?? ''] : []),
    },
  ],
  reconcile(namespace, { accounts }) {
    const name = namespace.metadata?.name ?? ''
    if (namespace.status?.phase !== 'Active' || namespace.metadata?.deletionTimestamp !== undefined) return nothing
    if (accounts.get('default', name) !== undefined) return nothing
    return plan(create(ServiceAccount, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } }))
  },
})

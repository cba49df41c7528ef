// Counts anew what the quotas of a namespace have used: admission only adds, this also takes away.
// https://kubernetes.io/docs/concepts/policy/resource-quotas/
import type { ResourceQuota as QuotaObject, ScopedResourceSelectorRequirement } from '../openapi/types/core/v1.ts'
import { DaemonSet } from '../src/api/apps/daemonset.ts'
import { Deployment } from '../src/api/apps/deployment.ts'
import { ReplicaSet } from '../src/api/apps/replicaset.ts'
import { StatefulSet } from '../src/api/apps/statefulset.ts'
import { HorizontalPodAutoscaler } from '../src/api/autoscaling/horizontalpodautoscaler.ts'
import { CronJob } from '../src/api/batch/cronjob.ts'
import { Job } from '../src/api/batch/job.ts'
import { ConfigMap } from '../src/api/core/configmap.ts'
import { PersistentVolumeClaim } from '../src/api/core/persistentvolumeclaim.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { ReplicationController } from '../src/api/core/replicationcontroller.ts'
import { ResourceQuota } from '../src/api/core/resourcequota.ts'
import { Secret } from '../src/api/core/secret.ts'
import { Service } from '../src/api/core/service/index.ts'
import { ServiceAccount } from '../src/api/core/serviceaccount.ts'
import { Ingress } from '../src/api/networking/ingress.ts'
import { NetworkPolicy } from '../src/api/networking/networkpolicy.ts'
import { PodDisruptionBudget } from '../src/api/policy/poddisruptionbudget.ts'
import { qualifiedResource } from '../src/apimachinery/api-error.ts'
import { semanticDeepEqual } from '../src/apimachinery/equal.ts'
import { setOwn } from '../src/apimachinery/json.ts'
import type { Kind } from '../src/apimachinery/kind.ts'
import { type KubeObject, objectKey } from '../src/apimachinery/meta.ts'
import { addQuantities, type Quantity, quantityOf, quantityText, zero } from '../src/apimachinery/quantity.ts'
import { defineController, type Lister, type ReadsOf } from '../src/controller/define.ts'
import { nothing, plan, status } from '../src/controller/plan.ts'
import { claimInScope, claimUsage, coversClaims, coversPods, podInScope, podUsage, serviceUsage, type Usage } from './shared/quota-usage.ts'

/** What is counted, by resource. Objects of other kinds keep the use that admission booked. */
const counted = {
  configmaps: ConfigMap,
  cronjobs: CronJob,
  daemonsets: DaemonSet,
  deployments: Deployment,
  horizontalpodautoscalers: HorizontalPodAutoscaler,
  ingresses: Ingress,
  jobs: Job,
  networkpolicies: NetworkPolicy,
  persistentvolumeclaims: PersistentVolumeClaim,
  poddisruptionbudgets: PodDisruptionBudget,
  pods: Pod,
  replicasets: ReplicaSet,
  replicationcontrollers: ReplicationController,
  resourcequotas: ResourceQuota,
  secrets: Secret,
  serviceaccounts: ServiceAccount,
  services: Service,
  statefulsets: StatefulSet,
}
/** Resources that quotas could count before count/… came. */
const aliased = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets']
const serviceNames = ['services', 'count/services', 'services.nodeports', 'services.loadbalancers']

export const resourcequota = defineController({
  name: 'resourcequota',
  for: ResourceQuota,
  // Admission books what is created before the caches here can show it. A count for every booking would take that back, and let more in
  // than the quota allows: so only a new limit and what goes away are counted, as upstream does.
  wakes: (quota, previous) => !semanticDeepEqual(quota.spec?.hard, previous.spec?.hard),
  reads: counted,
  resyncMs: 300_000,
  watches: Object.values(counted).map((kind) => ({
    kind: kind as Kind,
    on: ['updated', 'deleted'],
    map: (object: KubeObject, reads, previous: KubeObject | undefined) =>
      previous !== undefined && !changesUse(kind as Kind, object, previous)
        ? []
        : (reads as ReadsOf<typeof counted>).resourcequotas
            .list(object.metadata?.namespace)
            .filter(({ spec }) => Object.keys(spec?.hard ?? {}).some((name) => covers(kind as Kind, name)))
            .map(objectKey),
  })),
  reconcile(quota, listers, { now }) {
    const hard = quota.spec?.hard ?? {}
    const used: Record<string, string> = {}
    const amounts = usedOf(quota, listers as unknown as Readonly<Record<string, Lister>>, now)
    for (const name of Object.keys(hard)) {
      const amount = amounts.get(name)
      const text = amount === undefined ? quota.status?.used?.[name] : quantityText(amount)
      if (text !== undefined) setOwn(used, name, text)
    }
    const before = quota.status
    const same = before?.hard !== undefined && semanticDeepEqual(before.hard, hard) && semanticDeepEqual(before.used, used)
    return same ? nothing : plan(status(ResourceQuota, quota, { hard, used }))
  },
})

/** Which names in a quota's hard are about a kind. */
function covers(kind: Kind, name: string): boolean {
  if (kind.resource === 'pods') return coversPods(name)
  if (kind.resource === 'services') return serviceNames.includes(name)
  if (kind.resource === 'persistentvolumeclaims') return coversClaims(name)
  return name === `count/${qualifiedResource(kind)}` || (aliased.includes(kind.resource) && name === kind.resource)
}

/** Updates matter only to what has more than a number: pods that end or resize, services that change their type, claims that grow. */
function changesUse({ resource }: Kind, object: KubeObject, previous: KubeObject): boolean {
  if (resource !== 'pods' && resource !== 'services' && resource !== 'persistentvolumeclaims') return false
  const text = (usage: Usage) => JSON.stringify([...usage].map(([name, amount]) => [name, quantityText(amount)]))
  const facts = (one: KubeObject) => {
    const { spec, metadata } = one as { spec?: { activeDeadlineSeconds?: number; priorityClassName?: string } } & KubeObject
    return `${text(usageOf(resource, one, 0))} ${spec?.activeDeadlineSeconds} ${spec?.priorityClassName} ${metadata?.deletionTimestamp}`
  }
  return facts(object) !== facts(previous)
}

function usageOf(resource: string, object: KubeObject, now: number): Usage {
  if (resource === 'pods') return podUsage(object, now)
  if (resource === 'services') return serviceUsage(object)
  return resource === 'persistentvolumeclaims' ? claimUsage(object) : new Map()
}

/** The sums for every name of the quota that is known here. */
function usedOf(quota: QuotaObject, listers: Readonly<Record<string, Lister>>, now: number): Map<string, Quantity> {
  const names = Object.keys(quota.spec?.hard ?? {})
  const scopes = scopesOf(quota)
  const result = new Map<string, Quantity>()
  for (const [resource, kind] of Object.entries(counted)) {
    const own = names.filter((name) => covers(kind as Kind, name))
    if (own.length === 0) continue
    for (const name of own) result.set(name, zero)
    const objects = (listers[resource]?.list(quota.metadata?.namespace) ?? []).filter((object) => inScopes(resource, object, scopes))
    if (!['pods', 'services', 'persistentvolumeclaims'].includes(resource)) {
      for (const name of own) result.set(name, quantityOf(objects.length))
      continue
    }
    for (const object of objects) {
      const usage = usageOf(resource, object, now)
      for (const name of own) {
        const amount = usage.get(name)
        if (amount !== undefined) result.set(name, addQuantities(result.get(name), amount))
      }
    }
  }
  return result
}

function scopesOf({ spec }: QuotaObject): ScopedResourceSelectorRequirement[] {
  return [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...(spec?.scopeSelector?.matchExpressions ?? [])]
}

function inScopes(resource: string, object: KubeObject, scopes: readonly ScopedResourceSelectorRequirement[]): boolean {
  if (resource === 'pods') return scopes.every((scope) => podInScope(object, scope))
  if (resource === 'persistentvolumeclaims') return scopes.every((scope) => claimInScope(object, scope))
  return scopes.length === 0
}

// Takes away service account tokens that were made without being asked for and that nobody has used for long: first marked, then deleted.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-cleaner
import type { ConfigMap as ConfigMapObject, Pod as PodObject, Volume } from '../openapi/types/core/v1.ts'
import { ConfigMap } from '../src/api/core/configmap.ts'
import { allContainers } from '../src/api/core/pod/containers.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { Secret } from '../src/api/core/secret.ts'
import { ServiceAccount } from '../src/api/core/serviceaccount.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { nothing, patch, plan, remove, requeueAfter } from '../src/controller/plan.ts'
import { accountOf, isAccountToken } from './shared/account-tokens.ts'

const dayMs = 86_400_000
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }

export const legacyServiceaccountTokenCleaner = defineController({
  name: 'legacy-serviceaccount-token-cleaner',
  for: Secret,
  reads: { accounts: ServiceAccount, pods: Pod, configMaps: ConfigMap },
  wakes: () => false,
  workers: 1,
  /** How long a token may lie unused; upstream's --legacy-service-account-token-clean-up-period. */
  options: { cleanUpPeriodMs: 365 * dayMs },
  reconcile(secret, { accounts, pods, configMaps }, { now, options }) {
    if (!isAccountToken(secret)) return nothing
    const again = requeueAfter(dayMs)
    const periodMs = Number(options['cleanUpPeriodMs'])
    const tracked = trackedSince(configMaps.get(tracking.name, tracking.namespace))
    if (tracked === undefined || now < tracked + periodMs) return plan(again)
    const { creationTimestamp, deletionTimestamp, namespace = '', name = '', labels = {} } = secret.metadata ?? {}
    if (deletionTimestamp !== undefined || Date.parse(creationTimestamp ?? '') >= now - periodMs) return plan(again)
    const keepFrom = day(now - periodMs)
    const lastUsed = labels[lastUsedLabel]
    // a note that cannot be read says nothing: the token stays
    if (lastUsed !== undefined && (!isDay(lastUsed) || lastUsed >= keepFrom)) return plan(again)
    const generated = accountOf(secret, accounts)?.secrets?.some((reference) => reference.name === name)
    if (generated !== true || isMounted(name, pods, namespace)) return plan(again)
    const invalidSince = labels[invalidSinceLabel] ?? ''
    if (!isDay(invalidSince)) return plan(patch(Secret, secret, { metadata: { labels: { [invalidSinceLabel]: day(now) } } }), again)
    if (invalidSince >= keepFrom) return plan(again)
    const removal = remove(Secret, secret) as Extract<ReturnType<typeof remove>, { op: 'delete' }>
    const { uid, resourceVersion } = secret.metadata ?? {}
    return plan({ ...removal, preconditions: { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) } })
  },
})

/** The first moment from which every use has been noted: the day after the API server began. */
function trackedSince(map: ConfigMapObject | undefined): number | undefined {
  const since = map?.data?.['since'] ?? ''
  return isDay(since) ? Date.parse(since) + dayMs : undefined
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
}

function isMounted(secret: string, pods: Lister<PodObject>, namespace: string): boolean {
  return pods.list(namespace).some((pod) => secretsOf(pod).includes(secret))
}

/** Every name of a Secret in a pod. */
function secretsOf({ spec }: PodObject): (string | undefined)[] {
  return [
    ...(spec?.imagePullSecrets ?? []).map(({ name }) => name),
    ...allContainers(spec).flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
      ...envFrom.map(({ secretRef }) => secretRef?.name),
    ]),
    ...(spec?.volumes ?? []).flatMap(secretsOfVolume),
  ]
}

function secretsOfVolume(volume: Volume): (string | undefined)[] {
  const { secret, projected, azureFile, csi, cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos } = volume
  return [
    secret?.secretName,
    azureFile?.secretName,
    csi?.nodePublishSecretRef?.name,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
    ...[cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map((source) => source?.secretRef?.name),
  ]
}

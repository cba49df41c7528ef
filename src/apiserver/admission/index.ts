// The admission plugins: their order (upstream's, kubeapiserver/options/plugins.go), which are on by default, and how flags choose.
import type { Clock, Random } from '../../apimachinery/clock.ts'
import { alwaysAdmit, alwaysDeny } from './always.ts'
import { alwaysPullImages } from './always-pull-images.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction, type SignerAuthorization } from './certificates.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { denyServiceExternalIPs } from './deny-service-external-ips.ts'
import type { DynamicServer } from './dynamic/hooks.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts'
import { limitRanger } from './limit-ranger.ts'
import { mutatingAdmissionPolicy } from './mutating-admission-policy.ts'
import { mutatingAdmissionWebhook } from './mutating-admission-webhook.ts'
import { namespaceAutoProvision } from './namespace-auto-provision.ts'
import { namespaceExists } from './namespace-exists.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podNodeSelector } from './pod-node-selector.ts'
import { podResizeValidator } from './pod-resize-validator.ts'
import { podSecurity } from './pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { type BookUsage, resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'
import { validatingAdmissionPolicy } from './validating-admission-policy.ts'
import { validatingAdmissionWebhook } from './validating-admission-webhook.ts'

/** What plugins need of the world. */
export interface AdmissionDependencies {
  clock: Clock
  random: Random
  /** Writes quota usage: bookUsage(storage). */
  book: BookUsage
  /** For NamespaceAutoProvision. */
  createNamespace: (name: string) => Promise<void>
  /** For the certificate plugins; default: everybody may (--authorization-mode AlwaysAllow). */
  maySign?: SignerAuthorization
  /** For webhooks and policies: the server that calls them. */
  server?: DynamicServer
  defaultNotReadyTolerationSeconds?: number
  defaultUnreachableTolerationSeconds?: number
}

interface Listed {
  name: string
  /** On unless disabled. */
  default: boolean
  /** Absent: the name is known, the feature behind it is not (it admits everything, as upstream with its feature gate off). */
  make?: (dependencies: AdmissionDependencies) => AdmissionPlugin
}

const on = (name: string, make?: Listed['make']): Listed => ({ name, default: true, ...(make === undefined ? {} : { make }) })
const off = (name: string, make?: Listed['make']): Listed => ({ ...on(name, make), default: false })

/** Every plugin, in the order in which they run. Webhooks, quota and deny stand at the end. */
const ordered: readonly Listed[] = [
  off('AlwaysAdmit', () => alwaysAdmit),
  off('NamespaceAutoProvision', ({ createNamespace }) => namespaceAutoProvision(createNamespace)),
  on('NamespaceLifecycle', () => namespaceLifecycle),
  off('NamespaceExists', () => namespaceExists),
  off('LimitPodHardAntiAffinityTopology', () => limitPodHardAntiAffinityTopology),
  on('LimitRanger', () => limitRanger),
  on('ServiceAccount', serviceAccount),
  off('NodeRestriction', () => nodeRestriction),
  on('TaintNodesByCondition', () => taintNodesByCondition),
  off('AlwaysPullImages', () => alwaysPullImages),
  off('ImagePolicyWebhook'),
  on('PodSecurity', () => podSecurity),
  off('PodNodeSelector', () => podNodeSelector),
  on('Priority', () => priority),
  on('DefaultTolerationSeconds', (given) =>
    defaultTolerationSeconds(given.defaultNotReadyTolerationSeconds, given.defaultUnreachableTolerationSeconds),
  ),
  off('PodTolerationRestriction'),
  off('EventRateLimit'),
  off('ExtendedResourceToleration', () => extendedResourceToleration),
  on('DefaultStorageClass', () => defaultStorageClass),
  on('StorageObjectInUseProtection', () => storageObjectInUseProtection),
  on('PodGroupProtection'),
  off('OwnerReferencesPermissionEnforcement'),
  on('PersistentVolumeClaimResize', () => persistentVolumeClaimResize),
  on('RuntimeClass', () => runtimeClass),
  on('CertificateApproval', ({ maySign }) => certificateApproval(maySign ?? everybody)),
  on('CertificateSigning', ({ maySign }) => certificateSigning(maySign ?? everybody)),
  on('ClusterTrustBundleAttest'),
  on('CertificateSubjectRestriction', () => certificateSubjectRestriction),
  on('DefaultIngressClass', () => defaultIngressClass),
  off('DenyServiceExternalIPs', () => denyServiceExternalIPs),
  on('PodTopologyLabels', () => podTopologyLabels),
  on('PodGroupWorkloadExists'),
  on('NodeDeclaredFeatureValidator'),
  on('JobValidation'),
  on('PodResizeValidator', () => podResizeValidator),
  on('MutatingAdmissionPolicy', mutatingAdmissionPolicy),
  on('MutatingAdmissionWebhook', mutatingAdmissionWebhook),
  on('ValidatingAdmissionPolicy', validatingAdmissionPolicy),
  on('ValidatingAdmissionWebhook', validatingAdmissionWebhook),
  on('ResourceQuota', resourceQuota),
  off('AlwaysDeny', () => alwaysDeny),
]

const everybody: SignerAuthorization = () => true

/** Names of all plugins, in order; and of those on by default. */
export const admissionPluginNames: readonly string[] = ordered.map(({ name }) => name)
export const defaultAdmissionPlugins: readonly string[] = ordered.filter((plugin) => plugin.default).map(({ name }) => name)

/** What is wrong with the two flags, in upstream's words. */
export function admissionFlagErrors(enabled: readonly string[], disabled: readonly string[]): string[] {
  const known = new Set(admissionPluginNames)
  const unknown = (names: readonly string[]): string[] => names.filter((name) => !known.has(name))
  const both = enabled.filter((name) => disabled.includes(name))
  return [
    ...(unknown(enabled).length > 0 ? [`enable-admission-plugins plugin ${goQuoted(unknown(enabled)[0])} is unknown`] : []),
    ...(unknown(disabled).length > 0 ? [`disable-admission-plugins plugin ${goQuoted(unknown(disabled)[0])} is unknown`] : []),
    ...(both.length > 0 ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`] : []),
  ]
}

/** The chain for a server. Throws when a flag names an unknown plugin, or one plugin in both lists. */
export function admissionChain(
  flags: { enabled?: readonly string[]; disabled?: readonly string[] },
  dependencies: AdmissionDependencies,
): AdmissionPlugin[] {
  const { enabled = [], disabled = [] } = flags
  const errors = admissionFlagErrors(enabled, disabled)
  if (errors.length > 0) throw new Error(errors.join(', '))
  return ordered
    .filter((plugin) => (plugin.default || enabled.includes(plugin.name)) && !disabled.includes(plugin.name))
    .flatMap(({ make }) => (make === undefined ? [] : [make(dependencies)]))
}

function goQuoted(text = ''): string {
  return JSON.stringify(text)
}

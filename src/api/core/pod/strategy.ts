// What the server does to pods between admission and validation: pkg/registry/core/pod/strategy.go upstream.
import type { Container, Pod, TopologySpreadConstraint } from '../../../../openapi/types/core/v1.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../../../../openapi/types/meta/v1.ts'
import { at } from '../../../apimachinery/field-errors.ts'
import type { WriteContext } from '../../../apimachinery/kind.ts'
import { syncServiceAccount } from '../../shared/pod-spec-defaults.ts'
import { allContainers } from './containers.ts'
import { computeQosClass } from './resources.ts'
import { appArmorPrefix, validateAppArmorProfile } from './validate-security.ts'

/** A new pod is Pending, with its QoS class; label keys become selectors. Mutates. */
export function preparePodForCreate(pod: Pod): void {
  if (pod.spec !== undefined) syncServiceAccount(pod.spec)
  pod.status = { phase: 'Pending', qosClass: computeQosClass(pod.spec) }
  if (pod.spec?.schedulingGates?.length) {
    pod.status.conditions = [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ]
  }
  mergeAffinityKeys(pod)
  for (const constraint of pod.spec?.topologySpreadConstraints ?? []) mergeSpreadKeys(constraint, pod)
  appArmorFromAnnotations(pod)
}

/** Each path changes its own part only. Mutates. */
export function preparePodForUpdate(pod: Pod, old: Pod, context: WriteContext): void {
  if (pod.spec !== undefined) syncServiceAccount(pod.spec)
  if (context.subresource === 'status') keepStatusFacts(pod, old)
  else if (context.subresource === 'ephemeralcontainers') keepAllButEphemeralContainers(pod, old)
  else if (context.subresource === 'resize') keepAllButResources(pod, old)
}

/** The QoS class never changes, observedGeneration is not lost, owners and deletion are not the kubelet's to change. */
function keepStatusFacts(pod: Pod, old: Pod): void {
  const status = (pod.status ??= {})
  if (!status.qosClass && old.status?.qosClass) status.qosClass = old.status.qosClass
  if (!status.observedGeneration && old.status?.observedGeneration) status.observedGeneration = old.status.observedGeneration
  const before = [...(old.status?.conditions ?? [])]
  for (const condition of status.conditions ?? []) {
    const index = before.findIndex(({ type }) => type === condition.type)
    const [match] = index < 0 ? [] : before.splice(index, 1)
    if (!condition.observedGeneration && match?.observedGeneration) condition.observedGeneration = match.observedGeneration
  }
  const metadata = (pod.metadata ??= {})
  if (old.metadata?.ownerReferences === undefined) delete metadata.ownerReferences
  else metadata.ownerReferences = structuredClone(old.metadata.ownerReferences)
}

function keepAllButEphemeralContainers(pod: Pod, old: Pod): void {
  const containers = pod.spec?.ephemeralContainers
  restoreMetadata(pod, old)
  pod.spec = structuredClone(old.spec ?? { containers: [] })
  if (containers !== undefined) pod.spec.ephemeralContainers = containers
  else delete pod.spec.ephemeralContainers
  if (old.status !== undefined) pod.status = structuredClone(old.status)
}

/** Resources and resize policies of containers (and of the pod). Containers that come, go or change places are left to validation. */
function keepAllButResources(pod: Pod, old: Pod): void {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {}
  const before = old.spec ?? { containers: [] }
  if (containers.length !== before.containers.length || initContainers.length !== (before.initContainers ?? []).length) return
  const spec = structuredClone(before)
  spec.containers = withResources(containers, before.containers)
  if (before.initContainers !== undefined) spec.initContainers = withResources(initContainers, before.initContainers)
  if (resources === undefined) delete spec.resources
  else spec.resources = resources
  restoreMetadata(pod, old)
  pod.spec = spec
  if (old.status !== undefined) pod.status = structuredClone(old.status)
}

function withResources(containers: Container[], before: readonly Container[]): Container[] {
  if (containers.some(({ name }, index) => name !== before[index]?.name)) return containers
  return before.map((container, index) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = structuredClone(container)
    const { resources, resizePolicy } = containers[index] ?? {}
    return { ...rest, ...(resources === undefined ? {} : { resources }), ...(resizePolicy === undefined ? {} : { resizePolicy }) }
  })
}

/** As status writes do: labels, annotations, finalizers and owners stay; only managedFields are the writer's. */
function restoreMetadata(pod: Pod, old: Pod): void {
  const managedFields = pod.metadata?.managedFields
  const resourceVersion = pod.metadata?.resourceVersion
  pod.metadata = structuredClone(old.metadata ?? {})
  if (managedFields !== undefined) pod.metadata.managedFields = managedFields
  if (resourceVersion !== undefined) pod.metadata.resourceVersion = resourceVersion
}

function mergeAffinityKeys({ spec, metadata }: Pod): void {
  for (const affinity of [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]) {
    const terms = [
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ]
    for (const { labelSelector, matchLabelKeys, mismatchLabelKeys } of terms) {
      mergeKeys(labelSelector, matchLabelKeys, 'In', metadata?.labels)
      mergeKeys(labelSelector, mismatchLabelKeys, 'NotIn', metadata?.labels)
    }
  }
}

function mergeSpreadKeys({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, { metadata }: Pod): void {
  mergeKeys(labelSelector, matchLabelKeys, 'In', metadata?.labels)
}

/** `key In (the pod's own value)` for each key that the pod has. An absent selector matches nothing and stays absent. */
function mergeKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Readonly<Record<string, string>> | undefined,
): void {
  if (selector === undefined || keys === undefined || labels === undefined) return
  const added: LabelSelectorRequirement[] = keys
    .filter((key) => Object.hasOwn(labels, key))
    .map((key) => ({ key, operator, values: [labels[key] ?? ''] }))
  if (added.length > 0) selector.matchExpressions = [...(selector.matchExpressions ?? []), ...added]
}

/** The old AppArmor annotations fill the field that came after them. */
function appArmorFromAnnotations({ spec, metadata }: Pod): void {
  if (spec === undefined || spec.os?.name === 'windows') return
  for (const container of allContainers(spec)) {
    const annotation = metadata?.annotations?.[appArmorPrefix + container.name]
    if (annotation === undefined || container.securityContext?.appArmorProfile) continue
    const profile = appArmorProfile(annotation)
    const podProfile = spec.securityContext?.appArmorProfile
    if (profile === undefined || validateAppArmorProfile(profile, at('appArmorProfile')).length > 0) continue
    if (podProfile?.type === profile.type && podProfile.localhostProfile === profile.localhostProfile) continue
    container.securityContext = { ...container.securityContext, appArmorProfile: profile }
  }
}

function appArmorProfile(annotation: string): { type: string; localhostProfile?: string } | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  if (!annotation.startsWith('localhost/')) return undefined
  const localhostProfile = annotation.slice('localhost/'.length)
  return localhostProfile === '' ? undefined : { type: 'Localhost', localhostProfile }
}

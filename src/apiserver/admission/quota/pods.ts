// What quotas count of pods: compute resources while the pod may run, and the count of objects always.
import type { Container, Pod, ScopedResourceSelectorRequirement } from '../../../../openapi/types/core/v1.ts'
import { isTerminalPhase } from '../../../api/core/pod/queries.ts'
import { type Quantity, quantityOf } from '../../../apimachinery/quantity.ts'
import { isExtendedResource } from '../extended-resource-toleration.ts'
import { type Amounts, add, amounts, podLimits, podRequests } from '../pod-resources.ts'
import type { Evaluator, Usage } from './evaluator.ts'
import { matchesScope } from './scope-selector.ts'

const computeResources = new Set([
  'count/pods',
  'pods',
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
])
/** Where a quota on one of these makes every container name it. */
const mandatory = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory']

export const podEvaluator: Evaluator<Pod> = {
  handles: ({ operation, subresource, object, oldObject }) => {
    if (subresource === 'resize') return operation === 'UPDATE'
    if (subresource) return false
    return operation === 'CREATE' || (operation === 'UPDATE' && isTerminating(object as Pod) !== isTerminating(oldObject as Pod))
  },
  usage: podUsage,
  covers: (name) => {
    if (computeResources.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')) return true
    if (!name.startsWith('requests.')) return false
    return name.startsWith('requests.deviceclass.resource.kubernetes.io/') || (name.includes('/') && !name.includes('kubernetes.io/'))
  },
  inScope,
  constraint: (pod, resources) => {
    if (hasPodLevelResources(pod)) return undefined
    const wanted = mandatory.filter((name) => resources.includes(name))
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
    const complaints = wanted.flatMap((name) => {
      const missing = containers.filter((container) => !containerUsage(container).has(name)).map((container) => container.name)
      return missing.length === 0 ? [] : [`${name} for: ${[...new Set(missing)].sort().join(',')}`]
    })
    return complaints.length === 0 ? undefined : `must specify ${complaints.join('; ')}`
  },
}

function podUsage(pod: Pod, now: number): Usage {
  const usage: Usage = new Map([['count/pods', quantityOf(1)]])
  if (!isCharged(pod, now)) return usage
  add(usage, computeUsage(podRequests(pod, { fromStatus: true }), podLimits(pod)))
  return usage
}

/** Finished pods, and pods that should have been gone by now, are not charged. */
function isCharged({ metadata, status }: Pod, now: number): boolean {
  if (isTerminalPhase(status?.phase)) return false
  if (metadata?.deletionTimestamp === undefined || metadata.deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(metadata.deletionTimestamp) + metadata.deletionGracePeriodSeconds * 1000
}

function containerUsage({ resources }: Container): Usage {
  return computeUsage(amounts(resources?.requests), amounts(resources?.limits))
}

function computeUsage(requests: Amounts, limits: Amounts): Usage {
  const usage = new Map<string, Quantity>([['pods', quantityOf(1)]])
  for (const [name, amount] of requests) {
    const counted = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-')
    if (counted) usage.set(name, amount)
    if (counted || isExtendedResource(name)) usage.set(`requests.${name}`, amount)
  }
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const amount = limits.get(name)
    if (amount !== undefined) usage.set(`limits.${name}`, amount)
  }
  return usage
}

function inScope(pod: Pod, selector: ScopedResourceSelectorRequirement): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return matchesScope(selector, pod.spec?.priorityClassName ?? '')
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(pod)
    default:
      return false
  }
}

function isTerminating(pod: Pod | undefined): boolean {
  const deadline = pod?.spec?.activeDeadlineSeconds
  return deadline !== undefined && deadline >= 0
}

function hasPodLevelResources({ spec }: Pod): boolean {
  return Object.keys(spec?.resources?.requests ?? {}).length + Object.keys(spec?.resources?.limits ?? {}).length > 0
}

/** The QoS class BestEffort: nobody asks for cpu or memory. */
function isBestEffort(pod: Pod): boolean {
  if (pod.status?.qosClass !== undefined) return pod.status.qosClass === 'BestEffort'
  const lists = [
    pod.spec?.resources,
    ...[...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(({ resources }) => resources),
  ]
  return !lists
    .flatMap((list) => [...amounts(list?.requests), ...amounts(list?.limits)])
    .some(([name, amount]) => (name === 'cpu' || name === 'memory') && amount.nano > 0n)
}

function hasCrossNamespaceAffinity({ spec }: Pod): boolean {
  const groups = [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]
  const terms = groups.flatMap((group) => [
    ...(group?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(group?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined)
}

// What one object uses of a quota, by the names that quotas have for it. Pure. https://kubernetes.io/docs/concepts/policy/resource-quotas/
import type { PersistentVolumeClaim, Pod, ScopedResourceSelectorRequirement, Service } from '../../openapi/types/core/v1.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
import { computeQosClass, podLimits, podRequests } from '../../src/api/core/pod/resources.ts'
import { isExtendedResource } from '../../src/api/core/resource-names.ts'
import { compareQuantities, type Quantity, quantity, quantityOf, wholeUnits } from '../../src/apimachinery/quantity.ts'

export type Usage = Map<string, Quantity>

const compute = ['cpu', 'memory', 'ephemeral-storage']

/** Compute resources of a pod that may still run; the count of objects always. */
export function podUsage(pod: Pod, now: number): Usage {
  const usage: Usage = new Map([['count/pods', quantityOf(1)]])
  if (!isCharged(pod, now)) return usage
  usage.set('pods', quantityOf(1))
  for (const [name, amount] of Object.entries(podRequests(pod, { useStatus: true }))) {
    const counted = compute.includes(name) || name.startsWith('hugepages-')
    if (counted) usage.set(name, amount)
    if (counted || isExtendedResource(name)) usage.set(`requests.${name}`, amount)
  }
  const limits = podLimits(pod)
  for (const name of compute) if (limits[name] !== undefined) usage.set(`limits.${name}`, limits[name])
  return usage
}

/** Pods that ended, or should have been gone by now, are not charged. */
function isCharged(pod: Pod, now: number): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {}
  if (isPodTerminal(pod)) return false
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

/** Whether a quota's name is about pods. */
export function coversPods(name: string): boolean {
  if (name === 'pods' || name === 'count/pods' || /^(?:requests\.)?hugepages-/.test(name)) return true
  if (compute.some((each) => name === each || name === `requests.${each}` || name === `limits.${each}`)) return true
  return name.startsWith('requests.') && name.includes('/') && !name.includes('kubernetes.io/')
}

/** Services, their node ports, and those with a load balancer. */
export function serviceUsage({ spec }: Service): Usage {
  const ports = spec?.ports ?? []
  const balanced = spec?.type === 'LoadBalancer'
  const own = balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports
  return new Map([
    ['count/services', quantityOf(1)],
    ['services', quantityOf(1)],
    ['services.nodeports', quantityOf(balanced || spec?.type === 'NodePort' ? own.length : 0)],
    ['services.loadbalancers', quantityOf(balanced ? 1 : 0)],
  ])
}

const classInfix = '.storageclass.storage.k8s.io/'

/** Claims and their size, also per storage class. */
export function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Usage {
  const storageClass = metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? ''
  const names = (name: string) => (storageClass === '' ? [name] : [name, `${storageClass}${classInfix}${name}`])
  const usage: Usage = new Map([['count/persistentvolumeclaims', quantityOf(1)]])
  for (const name of names('persistentvolumeclaims')) usage.set(name, quantityOf(1))
  const asked = spec?.resources?.requests?.['storage']
  if (asked === undefined) return usage
  const given = status?.allocatedResources?.['storage']
  const size = quantity(given !== undefined && compareQuantities(given, asked) > 0 ? given : asked)
  for (const name of names('requests.storage')) usage.set(name, quantityOf(wholeUnits(size), 0, size.format))
  return usage
}

/** Whether a quota's name is about claims. */
export function coversClaims(name: string): boolean {
  const own = name.includes(classInfix) ? name.slice(name.indexOf(classInfix) + classInfix.length) : name
  return own === 'count/persistentvolumeclaims' || own === 'persistentvolumeclaims' || own === 'requests.storage'
}

/** Whether a pod is in a scope. */
export function podInScope(pod: Pod, selector: ScopedResourceSelectorRequirement): boolean {
  const terminating = (pod.spec?.activeDeadlineSeconds ?? -1) >= 0
  switch (selector.scopeName) {
    case 'Terminating':
      return terminating
    case 'NotTerminating':
      return !terminating
    case 'BestEffort':
      return isBestEffort(pod)
    case 'NotBestEffort':
      return !isBestEffort(pod)
    case 'PriorityClass':
      return matches(selector, pod.spec?.priorityClassName ?? '')
    case 'CrossNamespacePodAffinity':
      return hasCrossNamespaceAffinity(pod)
    default:
      return false
  }
}

/** Whether a claim is in a scope. */
export function claimInScope({ spec, status }: PersistentVolumeClaim, selector: ScopedResourceSelectorRequirement): boolean {
  if (selector.scopeName !== 'VolumeAttributesClass') return false
  const classes = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name): name is string => name !== undefined && name !== '')
  return classes.length === 0 ? matches(selector, '') : classes.some((name) => matches(selector, name))
}

function isBestEffort(pod: Pod): boolean {
  return (pod.status?.qosClass ?? computeQosClass(pod.spec)) === 'BestEffort'
}

function matches({ operator, values = [] }: ScopedResourceSelectorRequirement, value: string): boolean {
  const present = value !== ''
  if (operator === 'Exists') return present
  if (operator === 'DoesNotExist') return !present
  if (operator === 'In') return present && values.includes(value)
  return operator === 'NotIn' && !(present && values.includes(value))
}

function hasCrossNamespaceAffinity({ spec }: Pod): boolean {
  const groups = [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]
  const terms = groups.flatMap((group) => [
    ...(group?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(group?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined)
}

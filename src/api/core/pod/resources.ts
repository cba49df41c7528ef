// How much a pod asks for: containers, init containers, sidecars, overhead and pod-level resources, and the QoS class that follows.
// The sums are upstream's (k8s.io/component-helpers/resource): scheduler, quota and kubelet must agree on them.
import type { Container, Pod, PodSpec } from '../../../../openapi/types/core/v1.ts'
import { setOwn } from '../../../apimachinery/json.ts'
import type { Quantity } from '../../../apimachinery/quantity.ts'
import { addQuantities, compareQuantities, quantity, quantityText as textOf } from '../../../apimachinery/quantity.ts'
import { isOvercommitAllowed, isPodLevelResource } from '../resource-names.ts'

/** Amounts by resource name. */
export type ResourceAmounts = Record<string, Quantity>

type Texts = Readonly<Record<string, string>> | undefined

/**
 * Requests of the pod: pod-level ones where set, else those of the containers; plus overhead.
 * `useStatus`: while a resize is under way a container counts as the most of what it asks for, has been granted and has.
 */
export function podRequests(pod: Pod, options: { useStatus?: boolean } = {}): ResourceAmounts {
  const spec = pod.spec
  const amounts = spec === undefined ? noAmounts() : aggregate(spec, options.useStatus ? requestsWithStatus(pod) : specRequests)
  override(amounts, spec?.resources?.requests)
  add(amounts, spec?.overhead)
  return amounts
}

/** Limits of the pod; overhead is added only to resources that have a limit. */
export function podLimits(pod: Pod): ResourceAmounts {
  const spec = pod.spec
  const amounts = spec === undefined ? noAmounts() : aggregateContainerLimits(spec)
  override(amounts, spec?.resources?.limits)
  for (const [name, value] of Object.entries(spec?.overhead ?? {})) {
    const limit = amounts[name]
    if (limit !== undefined) amounts[name] = addQuantities(limit, value)
  }
  return amounts
}

/** The sum over containers, or what the init phase needs at its peak, whichever is more; sidecars count in both. */
export function aggregateContainerRequests(spec: PodSpec): ResourceAmounts {
  return aggregate(spec, specRequests)
}

function specRequests({ resources }: Container): Texts {
  return resources?.requests
}

function requestsWithStatus({ status }: Pod): (container: Container) => Texts {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const infeasible = status?.conditions?.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible') ?? false
  return (container) => {
    const seen = statuses.find(({ name }) => name === container.name)
    if (seen?.resources === undefined) return container.resources?.requests
    const amounts = noAmounts()
    for (const list of [infeasible ? undefined : container.resources?.requests, seen.resources.requests, seen.allocatedResources]) {
      raise(amounts, parsed(list))
    }
    return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, textOf(amount)]))
  }
}

function parsed(texts: Texts): ResourceAmounts {
  const amounts = noAmounts()
  add(amounts, texts)
  return amounts
}

/** Without prototype: resource names come from users. */
function noAmounts(): ResourceAmounts {
  return Object.create(null)
}

/** The same for limits. */
export function aggregateContainerLimits(spec: PodSpec): ResourceAmounts {
  return aggregate(spec, ({ resources }) => resources?.limits)
}

function aggregate(spec: PodSpec, of: (container: Container) => Texts): ResourceAmounts {
  const sum = noAmounts()
  for (const container of spec.containers ?? []) add(sum, of(container))
  const sidecars = noAmounts()
  const peak = noAmounts()
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(sum, of(container))
      add(sidecars, of(container))
      raise(peak, sidecars)
    } else {
      const during = parsed(of(container))
      for (const [name, value] of Object.entries(sidecars)) during[name] = addQuantities(during[name], value)
      raise(peak, during)
    }
  }
  raise(sum, peak)
  return sum
}

function add(amounts: ResourceAmounts, more: Texts): void {
  for (const [name, value] of Object.entries(more ?? {})) amounts[name] = addQuantities(amounts[name], value)
}

function raise(amounts: ResourceAmounts, floor: ResourceAmounts): void {
  for (const [name, value] of Object.entries(floor)) {
    const amount = amounts[name]
    if (amount === undefined || compareQuantities(value, amount) > 0) amounts[name] = value
  }
}

function override(amounts: ResourceAmounts, podLevel: Texts): void {
  for (const [name, value] of Object.entries(podLevel ?? {})) if (isPodLevelResource(name)) amounts[name] = quantity(value)
}

/** Guaranteed, Burstable or BestEffort: the class stored in the status, else computed. */
export function qosClass(pod: Pod): string {
  return pod.status?.qosClass || computeQosClass(pod.spec)
}

const qosResources = ['cpu', 'memory']

/** The class that follows from requests and limits of cpu and memory (of the pod where set, else of its containers). */
export function computeQosClass(spec: PodSpec | undefined): string {
  const podLevel = spec?.resources
  const units = podLevel === undefined ? [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])] : [{ resources: podLevel }]
  const requests = noAmounts()
  const limits = noAmounts()
  let guaranteed = true
  for (const { resources } of units) {
    add(requests, positive(resources?.requests))
    const limited = positive(resources?.limits)
    add(limits, limited)
    if (qosResources.some((name) => !Object.hasOwn(limited, name))) guaranteed = false
  }
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return 'BestEffort'
  const equal = Object.keys(requests).every((name) => limits[name] !== undefined && compareQuantities(requests[name], limits[name]) === 0)
  return guaranteed && equal && Object.keys(requests).length === Object.keys(limits).length ? 'Guaranteed' : 'Burstable'
}

function positive(amounts: Texts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts ?? {}).filter(([name, value]) => qosResources.includes(name) && compareQuantities(value, 0) > 0),
  )
}

/** Pod-level requests and limits that follow from others, once the pod sets any (defaults of v1.34 and later). Mutates. */
export function defaultPodLevelResources(spec: PodSpec): void {
  const resources = spec.resources
  if (resources === undefined) return
  const hasLimits = Object.keys(resources.limits ?? {}).length > 0
  if (hasLimits || Object.keys(resources.requests ?? {}).length > 0) defaultHugePagesLimits(spec)
  const limits = resources.limits ?? {}
  if (Object.keys(limits).length === 0) return
  const requests = { ...resources.requests }
  for (const [name, amount] of Object.entries(aggregateContainerRequests(spec))) {
    if (!Object.hasOwn(requests, name) && isPodLevelResource(name) && isOvercommitAllowed(name)) setOwn(requests, name, textOf(amount))
  }
  for (const [name, limit] of Object.entries(limits))
    if (!Object.hasOwn(requests, name) && isPodLevelResource(name)) setOwn(requests, name, limit)
  if (Object.keys(requests).length > 0) resources.requests = requests
}

function defaultHugePagesLimits(spec: PodSpec): void {
  const resources = spec.resources ?? {}
  const limits = { ...resources.limits }
  for (const [name, amount] of Object.entries(aggregateContainerLimits(spec))) {
    if (!name.startsWith('hugepages-') || resources.requests?.[name] !== undefined) continue
    if (!Object.hasOwn(limits, name)) setOwn(limits, name, textOf(amount))
  }
  if (Object.keys(limits).length > 0) resources.limits = limits
}

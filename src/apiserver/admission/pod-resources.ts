// What a pod asks for as a whole: sums over containers, the maximum over init containers, overhead. Pure.
// Rules: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
import type { Container, Pod } from '../../../openapi/types/core/v1.ts'
import { addQuantities, compareQuantities, type Quantity, quantity } from '../../apimachinery/quantity.ts'

/** Amounts by resource name. */
export type Amounts = Map<string, Quantity>

export interface PodResourceOptions {
  /** Count the larger of what is asked and what the node has given (in-place resize). */
  fromStatus?: boolean
  withoutOverhead?: boolean
}

/** Requests of a whole pod. */
export function podRequests(pod: Pod, options: PodResourceOptions = {}): Amounts {
  const sum = aggregate(pod, (container) => requestsOf(pod, container, options))
  override(sum, pod.spec?.resources?.requests)
  if (options.withoutOverhead !== true) add(sum, amounts(pod.spec?.overhead))
  return sum
}

/** Limits of a whole pod. Overhead counts only towards limits that exist. */
export function podLimits(pod: Pod, options: PodResourceOptions = {}): Amounts {
  const sum = aggregate(pod, (container) => amounts(container.resources?.limits))
  override(sum, pod.spec?.resources?.limits)
  if (options.withoutOverhead === true) return sum
  for (const [name, amount] of amounts(pod.spec?.overhead)) {
    const limit = sum.get(name)
    if (limit !== undefined && limit.nano !== 0n) sum.set(name, addQuantities(limit, amount))
  }
  return sum
}

/** The amounts of a resource list. */
export function amounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, quantity(text)]))
}

/** Adds `more` to `sum`. */
export function add(sum: Amounts, more: Amounts): void {
  for (const [name, amount] of more) {
    const present = sum.get(name)
    sum.set(name, present === undefined ? amount : addQuantities(present, amount))
  }
}

function raise(sum: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const present = sum.get(name)
    if (present === undefined || compareQuantities(amount, present) > 0) sum.set(name, amount)
  }
}

function aggregate({ spec }: Pod, of: (container: Container) => Amounts): Amounts {
  const sum: Amounts = new Map()
  const sidecars: Amounts = new Map()
  const peak: Amounts = new Map()
  for (const container of spec?.containers ?? []) add(sum, of(container))
  for (const container of spec?.initContainers ?? []) {
    const own = of(container)
    if (container.restartPolicy === 'Always') {
      add(sum, own)
      add(sidecars, own)
      raise(peak, sidecars)
    } else {
      const together = new Map(own)
      add(together, sidecars)
      raise(peak, together)
    }
  }
  raise(sum, peak)
  return sum
}

function requestsOf(pod: Pod, container: Container, options: PodResourceOptions): Amounts {
  const asked = amounts(container.resources?.requests)
  if (options.fromStatus !== true) return asked
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  const status = statuses.find(({ name }) => name === container.name)
  raise(asked, amounts(status?.allocatedResources))
  raise(asked, amounts(status?.resources?.requests))
  return asked
}

/** Pod-level resources replace the sums (cpu, memory, hugepages). */
function override(sum: Amounts, list: Readonly<Record<string, string>> | undefined): void {
  for (const [name, amount] of amounts(list)) {
    if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) sum.set(name, amount)
  }
}

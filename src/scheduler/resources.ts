// Amounts as plain numbers: milli-CPUs, bytes, pieces. Parsed once per object revision; all arithmetic of a cycle is on these.
import type { Container, Pod } from '../../openapi/types/core/v1.ts'
import { podRequests } from '../api/core/pod/resources.ts'
import { isExtendedResource, isHugePages, isNativeResource } from '../api/core/resource-names.ts'
import { asInteger, milliValue, type Quantity } from '../apimachinery/quantity.ts'

/** What a pod asks for, or what a node has. `pods` is only set for what a node allows. */
export interface Resources {
  milliCpu: number
  memory: number
  ephemeralStorage: number
  pods: number
  /** Extended resources, huge pages, attachable volumes. */
  scalars: Map<string, number> | undefined
}

/** What a container without a request counts as in scores, so that such pods spread (upstream's DefaultMilliCPURequest …). */
export const defaultMilliCpuRequest = 100
export const defaultMemoryRequest = 200 * 1024 * 1024

/** Nothing of anything. */
export function noResources(): Resources {
  return { milliCpu: 0, memory: 0, ephemeralStorage: 0, pods: 0, scalars: undefined }
}

/** Whether a resource beyond cpu, memory and ephemeral-storage is one the scheduler counts. */
export function isScalarResource(name: string): boolean {
  if (isHugePages(name) || name.startsWith('attachable-volumes-')) return true
  return isExtendedResource(name) || (name.includes('kubernetes.io/') && isNativeResource(name))
}

/** A resource list as numbers; unknown names are left out. */
export function resourcesOf(amounts: Readonly<Record<string, Quantity | string>> | undefined): Resources {
  const result = noResources()
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    if (name === 'cpu') result.milliCpu = milliValue(amount)
    else if (name === 'memory') result.memory = asInteger(amount)
    else if (name === 'ephemeral-storage') result.ephemeralStorage = asInteger(amount)
    else if (name === 'pods') result.pods = asInteger(amount)
    else if (isScalarResource(name)) {
      result.scalars ??= new Map()
      result.scalars.set(name, asInteger(amount))
    }
  }
  return result
}

/** Adds `more` times `sign` (1 or -1) into `total`. */
export function addResources(total: Resources, more: Resources, sign: 1 | -1): void {
  total.milliCpu += sign * more.milliCpu
  total.memory += sign * more.memory
  total.ephemeralStorage += sign * more.ephemeralStorage
  if (more.scalars === undefined) return
  total.scalars ??= new Map()
  for (const [name, amount] of more.scalars) total.scalars.set(name, (total.scalars.get(name) ?? 0) + sign * amount)
}

/** A copy that may be changed. */
export function copyResources(resources: Resources): Resources {
  return { ...resources, scalars: resources.scalars === undefined ? undefined : new Map(resources.scalars) }
}

/** The amount of one resource by its name. */
export function amountOf(resources: Resources, name: string): number {
  if (name === 'cpu') return resources.milliCpu
  if (name === 'memory') return resources.memory
  if (name === 'ephemeral-storage') return resources.ephemeralStorage
  return resources.scalars?.get(name) ?? 0
}

/** True when nothing is asked for. */
export function asksNothing({ milliCpu, memory, ephemeralStorage, scalars }: Resources): boolean {
  return milliCpu === 0 && memory === 0 && ephemeralStorage === 0 && (scalars === undefined || scalars.size === 0)
}

/** Requests where each container that names no cpu or memory counts with the default. */
export function nonZeroRequests(pod: Pod, requests: Resources): Resources {
  const podLevel = pod.spec?.resources?.requests
  const cpu = podLevel?.['cpu'] === undefined
  const memory = podLevel?.['memory'] === undefined
  const lacks = ({ resources }: Container) =>
    (cpu && resources?.requests?.['cpu'] === undefined) || (memory && resources?.requests?.['memory'] === undefined)
  const spec = pod.spec
  if (spec === undefined || ![...spec.containers, ...(spec.initContainers ?? [])].some(lacks)) return requests
  const defaults = { ...(cpu ? { cpu: `${defaultMilliCpuRequest}m` } : {}), ...(memory ? { memory: `${defaultMemoryRequest}` } : {}) }
  const filled = (container: Container): Container => ({
    ...container,
    resources: { ...container.resources, requests: { ...defaults, ...container.resources?.requests } },
  })
  const initContainers = spec.initContainers?.map(filled)
  const containers = spec.containers.map(filled)
  const changed: Pod = { ...pod, spec: { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) } }
  return resourcesOf(podRequests(changed, { useStatus: true }))
}

// How endpoints are spread over EndpointSlices so that few slices change. Shared by endpointslice and endpointslice-mirroring. Pure.
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#distribution-of-endpointslices
import type { Endpoint, EndpointPort, EndpointSlice as EndpointSliceObject } from '../../openapi/types/discovery/v1.ts'
import { EndpointSlice } from '../../src/api/discovery/endpointslice.ts'
import { semanticEqual } from '../../src/apimachinery/equal.ts'
import { create, type Outcome, type Plan, plan, recordedStep, remove, update, type Write } from '../../src/controller/plan.ts'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const maxEndpoints = 100

export interface SliceChanges {
  create: EndpointSliceObject[]
  update: EndpointSliceObject[]
  delete: EndpointSliceObject[]
}

/** What makes slices of one service carry the same ports. */
export function portsKey(ports: readonly EndpointPort[] | undefined): string {
  return JSON.stringify(sortedPorts(ports ?? []).map(({ name, port, protocol, appProtocol }) => [name, port, protocol, appProtocol]))
}

/** Ports by name, with what the API fills in. */
export function sortedPorts(ports: readonly EndpointPort[]): EndpointPort[] {
  return ports
    .map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      ...(port === undefined ? {} : { port }),
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** What makes two endpoints the same one, whatever their state. */
export function endpointKey({ addresses, hostname = '', targetRef }: Endpoint): string {
  return JSON.stringify([[...addresses].sort(), hostname, targetRef?.namespace, targetRef?.name, targetRef?.uid])
}

/**
 * Slices of one set of ports: endpoints stay where they are; new ones go first into slices that change anyway, the fullest first; a rest that
 * fits goes into the one unchanged slice it fills best; what is left goes into new slices (`make`).
 */
export function distributed(
  existing: readonly EndpointSliceObject[],
  wanted: readonly Endpoint[],
  labels: Readonly<Record<string, string>>,
  make: () => EndpointSliceObject,
): SliceChanges {
  const open = new Map(wanted.map((endpoint) => [endpointKey(endpoint), endpoint]))
  const changes: SliceChanges = { create: [], update: [], delete: [] }
  const unchanged: { slice: EndpointSliceObject; endpoints: Endpoint[] }[] = []
  const changed: typeof unchanged = []
  for (const slice of existing) {
    const before = slice.endpoints ?? []
    const endpoints = before.flatMap((endpoint) => {
      const key = endpointKey(endpoint)
      const fresh = open.get(key)
      open.delete(key)
      return fresh === undefined ? [] : [fresh]
    })
    if (semanticEqual(before, endpoints) && semanticEqual(slice.metadata?.labels ?? {}, labels)) unchanged.push({ slice, endpoints })
    else if (endpoints.length === 0) changes.delete.push(slice)
    else changed.push({ slice, endpoints })
  }
  const rest = [...open.values()]
  const fill = (endpoints: Endpoint[]) => endpoints.push(...rest.splice(0, maxEndpoints - endpoints.length))
  for (const { endpoints } of [...changed].sort((a, b) => b.endpoints.length - a.endpoints.length)) fill(endpoints)
  while (rest.length > 0) {
    const best = rest.length < maxEndpoints ? roomiest(unchanged, rest.length) : undefined
    if (best === undefined) {
      const slice = make()
      fill((slice.endpoints = []))
      changes.create.push(slice)
    } else {
      unchanged.splice(unchanged.indexOf(best), 1)
      changed.push(best)
      fill(best.endpoints)
    }
  }
  for (const { slice, endpoints } of changed)
    changes.update.push({ ...slice, metadata: { ...slice.metadata, labels: { ...labels } }, endpoints })
  return changes
}

/** The slice that will be nearest to full once `count` endpoints are in it. */
function roomiest<T extends { endpoints: readonly Endpoint[] }>(slices: readonly T[], count: number): T | undefined {
  return slices
    .filter(({ endpoints }) => endpoints.length + count <= maxEndpoints)
    .reduce<T | undefined>((best, one) => (best === undefined || one.endpoints.length > best.endpoints.length ? one : best), undefined)
}

/** Slices that would be deleted take up what would be created: readers see no gap. `reusable` tells whose may. */
export function recycled(changes: SliceChanges, reusable: (slice: EndpointSliceObject) => boolean): SliceChanges {
  const created = [...changes.create]
  const updated = [...changes.update]
  const deleted = changes.delete.filter((old) => {
    const fresh = created.at(-1)
    if (fresh === undefined || fresh.addressType !== old.addressType || !reusable(old)) return true
    created.pop()
    const { labels = {}, annotations, ownerReferences } = fresh.metadata ?? {}
    const metadata = {
      ...old.metadata,
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    }
    updated.push({ ...fresh, metadata })
    return false
  })
  return { create: created, update: updated, delete: deleted }
}

/** Creates, then updates, then deletes, so that no endpoint is missing in between. */
export function slicePlan(changes: SliceChanges, outcome: Outcome = {}): Plan {
  const step = (slices: readonly EndpointSliceObject[], write: (slice: EndpointSliceObject) => Write) =>
    recordedStep(slices.map((slice) => ({ write: write(slice), outcome })))
  return plan(
    step(changes.create, (slice) => create(EndpointSlice, slice)),
    step(changes.update, (slice) => update(EndpointSlice, slice)),
    step(changes.delete, (slice) => remove(EndpointSlice, slice)),
  )
}

/** "name-", or the bare name when that would be too long for a generated name. */
export function slicePrefix(name: string): string {
  return name.length < 253 ? `${name}-` : name
}

// Mirrors Endpoints that users write by hand (for services without selector) to EndpointSlices, which proxies read.
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring
import type { EndpointAddress, Endpoints as EndpointsObject, Service as ServiceObject } from '../openapi/types/core/v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice as EndpointSliceObject } from '../openapi/types/discovery/v1.ts'
import { Endpoints } from '../src/api/core/endpoints.ts'
import { Service } from '../src/api/core/service/index.ts'
import { EndpointSlice } from '../src/api/discovery/endpointslice.ts'
import { isAlreadyExists, isConflict } from '../src/apimachinery/api-error.ts'
import { addressText, parseAddress } from '../src/apimachinery/cidr.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { objectKey, splitKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { controllerReference } from '../src/controller/owners.ts'
import { event, type PlannedEvent, plan, remove } from '../src/controller/plan.ts'
import {
  endpointKey,
  managedByLabel,
  portsKey,
  recycled,
  type SliceChanges,
  serviceNameLabel,
  slicePlan,
  slicePrefix,
  sortedPorts,
} from './shared/endpoint-slices.ts'
import { triggerAnnotation } from './shared/service-pods.ts'

const manager = 'endpointslicemirroring-controller.k8s.io'
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror'
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader'
const notMirrored = new Set([triggerAnnotation, 'kubectl.kubernetes.io/last-applied-configuration'])
const maxPerSubset = 1000

export const endpointsliceMirroring = defineController({
  name: 'endpointslice-mirroring',
  for: Endpoints,
  reads: { services: Service, slices: EndpointSlice },
  indexes: {
    service: {
      kind: EndpointSlice,
      values: (slice: EndpointSliceObject) => [`${slice.metadata?.namespace}/${slice.metadata?.labels?.[serviceNameLabel]}`],
    },
  },
  watches: [
    { kind: Service, map: (service: ServiceObject) => [objectKey(service)] },
    {
      kind: EndpointSlice,
      map: (slice: EndpointSliceObject) =>
        isMirror(slice) ? [`${slice.metadata?.namespace}/${slice.metadata?.labels?.[serviceNameLabel]}`] : [],
    },
  ],
  reconcile(one, { services, slices }) {
    const key = objectKey(one)
    const existing = slices.by('service', key).filter(isMirror)
    const { namespace, name } = splitKey(key)
    const service = services.get(name, namespace)
    const handMade = service !== undefined && Object.keys(service.spec?.selector ?? {}).length === 0
    if (!handMade || !isMirrored(one)) return plan(existing.map((slice) => remove(EndpointSlice, slice)))
    const { groups, invalid, skipped } = desired(one)
    const changes: SliceChanges = { create: [], update: [], delete: existing.filter((slice) => !groups.has(groupKey(slice))) }
    for (const [group, wanted] of groups)
      mirror(
        one,
        wanted,
        existing.filter((slice) => groupKey(slice) === group),
        changes,
      )
    const settled = recycled(changes, () => true)
    if (one.metadata?.deletionTimestamp !== undefined) settled.create = []
    return plan(
      invalid === 0
        ? undefined
        : event('Warning', 'InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`),
      skipped <= invalid ? undefined : event('Warning', 'TooManyAddressesToMirror', tooMany(skipped)),
      slicePlan(settled, { failure: (error) => failure(one, error) }),
    )
  },
  absent(key, { slices }) {
    const existing = slices.by('service', key).filter(isMirror)
    return plan(existing.map((slice) => remove(EndpointSlice, slice)))
  },
})

function isMirror(slice: EndpointSliceObject): boolean {
  return slice.metadata?.labels?.[managedByLabel] === manager
}

/** Endpoints may ask to be left alone; those that served as a lock of leader election are none. */
function isMirrored({ metadata }: EndpointsObject): boolean {
  return metadata?.labels?.[skipLabel] !== 'true' && metadata?.annotations?.[leaderAnnotation] === undefined
}

function tooMany(skipped: number): string {
  return `A max of ${maxPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`
}

function failure(one: EndpointsObject, error: Error): PlannedEvent | undefined {
  if (isConflict(error) || isAlreadyExists(error)) return undefined
  const message = `Error updating Endpoint Slices for Endpoints ${objectKey(one)}: ${error.message}`
  return { type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message }
}

interface Group {
  addressType: 'IPv4' | 'IPv6'
  ports: EndpointPort[]
  endpoints: Map<string, Endpoint>
}

function groupKey(slice: { addressType: string; ports?: EndpointPort[] }): string {
  return `${slice.addressType} ${portsKey(slice.ports)}`
}

/** Endpoints by family and ports: one slice each. */
function desired(one: EndpointsObject): { groups: Map<string, Group>; invalid: number; skipped: number } {
  const groups = new Map<string, Group>()
  let [invalid, skipped] = [0, 0]
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of one.subsets ?? []) {
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ]
    let added = 0
    for (const { address, ready } of all) {
      if (added >= maxPerSubset) break
      const found = mirrored(address, ready)
      if (found === undefined) invalid++
      else {
        added++
        const slicePorts = sortedPorts(ports)
        const group = { addressType: found.addressType, ports: slicePorts, endpoints: new Map<string, Endpoint>() }
        const key = groupKey(group)
        if (!groups.has(key)) groups.set(key, group)
        groups.get(key)!.endpoints.set(endpointKey(found.endpoint), found.endpoint)
      }
    }
    skipped += all.length - added
  }
  return { groups, invalid, skipped }
}

function mirrored(address: EndpointAddress, ready: boolean): { endpoint: Endpoint; addressType: 'IPv4' | 'IPv6' } | undefined {
  const ip = parseAddress(address.ip)
  if (ip === undefined) return undefined
  const endpoint: Endpoint = {
    addresses: [addressText(ip)],
    conditions: { ready },
    ...(address.hostname ? { hostname: address.hostname } : {}),
    ...(address.targetRef === undefined ? {} : { targetRef: address.targetRef }),
    ...(address.nodeName === undefined ? {} : { nodeName: address.nodeName }),
  }
  return { endpoint, addressType: ip.family === 6 ? 'IPv6' : 'IPv4' }
}

/** The first slice of a group is kept and brought in line, others go. */
function mirror(one: EndpointsObject, group: Group, existing: readonly EndpointSliceObject[], changes: SliceChanges): void {
  const [first, ...others] = existing
  changes.delete.push(...others)
  const { name = '', namespace = '', labels = {}, annotations = {} } = one.metadata ?? {}
  const metadata = {
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: manager },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !notMirrored.has(key))),
    ownerReferences: [controllerReference(one, Endpoints)],
  }
  const endpoints = [...group.endpoints.values()].slice(0, maxPerSubset)
  const body = { addressType: group.addressType, endpoints, ports: group.ports }
  if (first === undefined) {
    const fresh = { ...metadata, generateName: slicePrefix(name), namespace }
    changes.create.push({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: fresh, ...body })
    return
  }
  const same =
    sameEndpoints(first.endpoints ?? [], group.endpoints) &&
    semanticEqual(first.metadata?.labels ?? {}, metadata.labels) &&
    semanticEqual(first.metadata?.annotations ?? {}, metadata.annotations)
  if (!same) changes.update.push({ ...first, metadata: { ...first.metadata, ...metadata }, ...body })
}

/** In any order. */
function sameEndpoints(present: readonly Endpoint[], wanted: ReadonlyMap<string, Endpoint>): boolean {
  return present.length === wanted.size && present.every((endpoint) => semanticEqual(endpoint, wanted.get(endpointKey(endpoint))))
}

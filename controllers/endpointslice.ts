// Lists the pods behind each service in EndpointSlices of at most 100, changing as few slices as can be.
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
import type { Node as NodeObject, Pod as PodObject, Service as ServiceObject } from '../openapi/types/core/v1.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice as EndpointSliceObject } from '../openapi/types/discovery/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodReady } from '../src/api/core/pod/queries.ts'
import { Service } from '../src/api/core/service/index.ts'
import { EndpointSlice } from '../src/api/discovery/endpointslice.ts'
import { isAlreadyExists, isConflict } from '../src/apimachinery/api-error.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { objectKey } from '../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { controllerReference } from '../src/controller/owners.ts'
import { nothing, type PlannedEvent, plan, remove } from '../src/controller/plan.ts'
import {
  distributed,
  managedByLabel,
  portsKey,
  recycled,
  type SliceChanges,
  serviceNameLabel,
  slicePlan,
  slicePrefix,
  sortedPorts,
} from './shared/endpoint-slices.ts'
import {
  endpointHostname,
  hasSelector,
  headlessLabel,
  isHeadless,
  podAddress,
  podReference,
  podsOfService,
  serviceFamilies,
  servicesOfPod,
  targetPort,
  triggerAnnotation,
  triggerTime,
} from './shared/service-pods.ts'

const manager = 'endpointslice-controller.k8s.io'

export const endpointslice = defineController({
  name: 'endpointslice',
  for: Service,
  reads: { pods: Pod, nodes: Node, slices: EndpointSlice, services: Service },
  indexes: {
    service: {
      kind: EndpointSlice,
      values: (slice: EndpointSliceObject) => [`${slice.metadata?.namespace}/${slice.metadata?.labels?.[serviceNameLabel]}`],
    },
    node: { kind: Pod, values: (pod: PodObject) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) },
  },
  watches: [
    { kind: Pod, map: (pod: PodObject, { services }, previous: PodObject | undefined) => servicesOfPod(pod, previous, services) },
    {
      // pods of a node that is not known are left out until it is
      kind: Node,
      map: (node: NodeObject, { pods, services }, previous: NodeObject | undefined) =>
        previous === undefined ? pods.by('node', node.metadata?.name ?? '').flatMap((pod) => servicesOfPod(pod, undefined, services)) : [],
    },
    {
      kind: EndpointSlice,
      map: (slice: EndpointSliceObject) =>
        slice.metadata?.labels?.[managedByLabel] === manager
          ? [`${slice.metadata.namespace}/${slice.metadata.labels[serviceNameLabel]}`]
          : [],
    },
  ],
  reconcile(service, { pods, nodes, slices }, { memory }) {
    if (!hasSelector(service) || service.metadata?.deletionTimestamp !== undefined) return nothing
    const behind = podsOfService(service, pods)
    const time = triggerTime(memory, service, behind)
    const own = slices
      .by('service', objectKey(service))
      .filter(({ metadata }) => metadata?.labels?.[managedByLabel] === manager && metadata.deletionTimestamp === undefined)
    const families = serviceFamilies(service)
    const changes: SliceChanges = { create: [], update: [], delete: [] }
    for (const family of families) {
      const present = own.filter(({ addressType }) => addressType === family)
      const part = familyChanges(service, family, behind, nodes, present)
      changes.create.push(...part.create.map((slice) => annotated(slice, time)))
      changes.update.push(...part.update.map((slice) => annotated(slice, time)))
      changes.delete.push(...part.delete)
    }
    changes.delete.push(...own.filter(({ addressType }) => !families.includes(addressType as 'IPv4')))
    return slicePlan(changes, { failure: (error) => failure(service, error) })
  },
  // the slices go with their owner; this is for those whose service went while nobody looked
  absent(key, { slices }, { memory }) {
    memory.delete(key)
    const own = slices.by('service', key).filter(({ metadata }) => metadata?.labels?.[managedByLabel] === manager)
    return plan(own.map((slice) => remove(EndpointSlice, slice)))
  },
})

type AddressType = 'IPv4' | 'IPv6'

function failure(service: ServiceObject, error: Error): PlannedEvent | undefined {
  if (isConflict(error) || isAlreadyExists(error)) return undefined
  const message = `Error updating Endpoint Slices for Service ${objectKey(service)}: ${error.message}`
  return { type: 'Warning', reason: 'FailedToUpdateEndpointSlices', message }
}

/** Changes that bring the slices of one address family in line. */
function familyChanges(
  service: ServiceObject,
  family: AddressType,
  pods: readonly PodObject[],
  nodes: Lister<NodeObject>,
  existing: readonly EndpointSliceObject[],
): SliceChanges {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>()
  for (const pod of pods) {
    const address = podAddress(pod, family)
    const node = nodes.get(pod.spec?.nodeName ?? '')
    // a pod of a node that is gone will be collected; unready addresses are published on the user's own word
    if (address === undefined || (node === undefined && service.spec?.publishNotReadyAddresses !== true)) continue
    const ports = endpointPorts(service, pod)
    const key = portsKey(ports)
    let group = groups.get(key)
    if (group === undefined) groups.set(key, (group = { ports, endpoints: [] }))
    group.endpoints.push(endpoint(service, pod, address, node))
  }
  const labels = sliceLabels(service)
  const [mine, others] = [existing.filter((slice) => isOwned(slice, service)), existing.filter((slice) => !isOwned(slice, service))]
  const changes: SliceChanges = { create: [], update: [], delete: [...others] }
  for (const [key, { ports, endpoints }] of groups) {
    const same = mine.filter((slice) => portsKey(slice.ports) === key)
    const part = distributed(same, endpoints, labels, () => newSlice(service, family, ports))
    changes.create.push(...part.create)
    changes.update.push(...part.update)
    changes.delete.push(...part.delete)
  }
  changes.delete.push(...mine.filter((slice) => !groups.has(portsKey(slice.ports))))
  if (groups.size === 0) placeholder(service, family, mine, changes)
  return recycled(changes, (slice) => isOwned(slice, service))
}

/** One empty slice tells a service without pods from one not yet looked at. */
function placeholder(service: ServiceObject, family: AddressType, mine: readonly EndpointSliceObject[], changes: SliceChanges): void {
  const right = mine.find(
    ({ endpoints = [], ports = [], metadata }) =>
      (endpoints ?? []).length + (ports ?? []).length === 0 && semanticEqual(metadata?.labels, sliceLabels(service)),
  )
  if (right === undefined) changes.create.push(newSlice(service, family, []))
  else changes.delete.splice(changes.delete.indexOf(right), 1)
}

function isOwned(slice: EndpointSliceObject, service: ServiceObject): boolean {
  return (slice.metadata?.ownerReferences ?? []).some(({ uid }) => uid === service.metadata?.uid)
}

function newSlice(service: ServiceObject, addressType: AddressType, ports: EndpointPort[]): EndpointSliceObject {
  const { name = '', namespace = '' } = service.metadata ?? {}
  const metadata = {
    generateName: slicePrefix(name),
    namespace,
    labels: sliceLabels(service),
    ownerReferences: [controllerReference(service, Service)],
  }
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType, endpoints: [], ports }
}

function annotated(slice: EndpointSliceObject, time: string | undefined): EndpointSliceObject {
  const { [triggerAnnotation]: _, ...kept } = slice.metadata?.annotations ?? {}
  const annotations = time === undefined ? kept : { ...kept, [triggerAnnotation]: time }
  return { ...slice, metadata: { ...slice.metadata, annotations } }
}

function sliceLabels(service: ServiceObject): Record<string, string> {
  const { [headlessLabel]: _, ...own } = service.metadata?.labels ?? {}
  return {
    ...own,
    [serviceNameLabel]: service.metadata?.name ?? '',
    [managedByLabel]: manager,
    ...(isHeadless(service) ? { [headlessLabel]: '' } : {}),
  }
}

function endpointPorts(service: ServiceObject, pod: PodObject): EndpointPort[] {
  const ports = (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod)
    if (number === undefined) return []
    return [
      {
        name: port.name ?? '',
        port: number,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      },
    ]
  })
  return sortedPorts(ports)
}

function endpoint(service: ServiceObject, pod: PodObject, address: string, node: NodeObject | undefined): Endpoint {
  const ending = pod.metadata?.deletionTimestamp !== undefined
  const serving = isPodReady(pod)
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !ending)
  const hostname = endpointHostname(service, pod)
  const nodeName = pod.spec?.nodeName
  const zone = node?.metadata?.labels?.['topology.kubernetes.io/zone']
  const hints = ready ? trafficHints(service.spec?.trafficDistribution, zone, nodeName) : undefined
  return {
    addresses: [address],
    conditions: { ready, serving, terminating: ending },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: podReference(pod),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints === undefined ? {} : { hints }),
  }
}

/** https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-distribution */
function trafficHints(distribution: string | undefined, zone: string | undefined, nodeName: string | undefined): EndpointHints | undefined {
  const forZones = zone ? { forZones: [{ name: zone }] } : {}
  const forNodes = distribution === 'PreferSameNode' && nodeName ? { forNodes: [{ name: nodeName }] } : {}
  const wanted = distribution === 'PreferClose' || distribution === 'PreferSameZone' || distribution === 'PreferSameNode'
  return wanted && (zone || forNodes.forNodes !== undefined) ? { ...forZones, ...forNodes } : undefined
}

// Lists the pods behind each service in EndpointSlices of at most 100, changing as few slices as can be.
// https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
import type { Node as NodeObject, Pod as PodObject, Service as ServiceObject } from '../openapi/types/core/v1.ts'
import type { Endpoint, EndpointPort, EndpointSlice as EndpointSliceObject } from '../openapi/types/discovery/v1.ts'
import { Node } from '../src/api/core/node.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodReady } from '../src/api/core/pod/queries.ts'
import { Service } from '../src/api/core/service/index.ts'
import { EndpointSlice } from '../src/api/discovery/endpointslice.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { controllerReference } from '../src/controller/owners.ts'
import { create, nothing, plan, remove, update, type Write } from '../src/controller/plan.ts'
import {
  endpointHostname,
  hasSelector,
  headlessLabel,
  isHeadless,
  podReference,
  podsOfService,
  servicesOfPod,
  targetPort,
  triggerAnnotation,
  triggerTime,
} from './shared/service-pods.ts'

const serviceNameLabel = 'kubernetes.io/service-name'
const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
const manager = 'endpointslice-controller.k8s.io'
const maxEndpoints = 100

export const endpointslice = defineController({
  name: 'endpointslice',
  for: Service,
  reads: { pods: Pod, nodes: Node, slices: EndpointSlice, services: Service },
  indexes: {
    service: {
      kind: EndpointSlice,
      values: (slice: EndpointSliceObject) => [`${slice.metadata?.namespace}/${slice.metadata?.labels?.[serviceNameLabel]}`],
    },
  },
  watches: [
    { kind: Pod, map: (pod: PodObject, { services }, previous: PodObject | undefined) => servicesOfPod(pod, previous, services) },
    {
      kind: EndpointSlice,
      map: (slice: EndpointSliceObject) =>
        slice.metadata?.labels?.[managedByLabel] === manager
          ? [`${slice.metadata.namespace}/${slice.metadata.labels[serviceNameLabel]}`]
          : [],
    },
  ],
  reconcile(service, { pods, nodes, slices }) {
    if (!hasSelector(service) || service.metadata?.deletionTimestamp !== undefined) return nothing
    const key = `${service.metadata?.namespace}/${service.metadata?.name}`
    const own = slices
      .by('service', key)
      .filter(({ metadata }) => metadata?.labels?.[managedByLabel] === manager && metadata.deletionTimestamp === undefined)
    const behind = podsOfService(service, pods)
    const families = addressTypes(service)
    const foreign = own.filter(({ addressType }) => !families.includes(addressType as 'IPv4'))
    const writes = families.flatMap((family) =>
      familyWrites(
        service,
        family,
        behind,
        nodes,
        own.filter(({ addressType }) => addressType === family),
      ),
    )
    return plan([...writes, ...foreign.map((slice) => remove(EndpointSlice, slice))])
  },
  // the slices go with their owner; this is for those whose service went while nobody looked
  absent(key, { slices }) {
    const own = slices.by('service', key).filter(({ metadata }) => metadata?.labels?.[managedByLabel] === manager)
    return plan(own.map((slice) => remove(EndpointSlice, slice)))
  },
})

type AddressType = 'IPv4' | 'IPv6'

function addressTypes(service: ServiceObject): AddressType[] {
  const families = service.spec?.ipFamilies ?? []
  return families.length === 0 ? ['IPv4'] : (families as AddressType[])
}

/** Writes that bring the slices of one address family in line. */
function familyWrites(
  service: ServiceObject,
  family: AddressType,
  pods: readonly PodObject[],
  nodes: Lister<NodeObject>,
  existing: readonly EndpointSliceObject[],
): Write[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Map<string, Endpoint> }>()
  for (const pod of pods) {
    const address = pod.status?.podIPs?.map(({ ip }) => ip).find((ip) => ip.includes(':') === (family === 'IPv6'))
    if (address === undefined) continue
    const ports = endpointPorts(service, pod)
    const id = JSON.stringify(ports)
    let group = groups.get(id)
    if (group === undefined) groups.set(id, (group = { ports, endpoints: new Map() }))
    group.endpoints.set(pod.metadata?.uid ?? address, endpoint(service, pod, address, nodes))
  }
  const writes: Write[] = []
  const left = new Map(existing.map((slice) => [slice.metadata?.name, slice]))
  for (const [id, group] of groups) {
    const same = existing.filter((slice) => JSON.stringify(sortedPorts(slice.ports ?? [])) === id)
    for (const slice of same) left.delete(slice.metadata?.name)
    writes.push(...groupWrites(service, family, group.ports, group.endpoints, same, pods))
  }
  if (groups.size === 0) {
    // upstream keeps one empty slice, so that a service without pods is told from one not yet looked at
    const [placeholder] = existing
    if (placeholder === undefined) return [create(EndpointSlice, newSlice(service, family, [], [], pods))]
    left.delete(placeholder.metadata?.name)
    writes.push(...rewritten(service, placeholder, [], [], pods))
  }
  return [...writes, ...[...left.values()].map((slice) => remove(EndpointSlice, slice))]
}

/** Endpoints stay in the slice they are in; new ones fill slices with room; what is left goes into new slices. */
function groupWrites(
  service: ServiceObject,
  family: AddressType,
  ports: EndpointPort[],
  wanted: ReadonlyMap<string, Endpoint>,
  existing: readonly EndpointSliceObject[],
  pods: readonly PodObject[],
): Write[] {
  const open = new Map(wanted)
  const kept = existing.map((slice) => {
    const endpoints: Endpoint[] = []
    for (const { targetRef } of slice.endpoints ?? []) {
      const fresh = open.get(targetRef?.uid ?? '')
      if (fresh === undefined) continue
      endpoints.push(fresh)
      open.delete(targetRef!.uid!)
    }
    return { slice, endpoints }
  })
  const rest = [...open.values()]
  // the fullest first: fewer slices change
  for (const { endpoints } of [...kept].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    if (rest.length > 0) endpoints.push(...rest.splice(0, maxEndpoints - endpoints.length))
  }
  const writes = kept.flatMap(({ slice, endpoints }) =>
    endpoints.length === 0 && kept.length + rest.length > 1
      ? [remove(EndpointSlice, slice)]
      : rewritten(service, slice, ports, endpoints, pods),
  )
  while (rest.length > 0) writes.push(create(EndpointSlice, newSlice(service, family, ports, rest.splice(0, maxEndpoints), pods)))
  return writes
}

function rewritten(
  service: ServiceObject,
  slice: EndpointSliceObject,
  ports: EndpointPort[],
  endpoints: Endpoint[],
  pods: readonly PodObject[],
): Write[] {
  const labels = sliceLabels(service)
  const present = slice.metadata?.labels ?? {}
  const labelled = semanticEqual(labels, present)
  if (labelled && semanticEqual(slice.endpoints ?? [], endpoints) && semanticEqual(slice.ports ?? [], ports)) return []
  return [update(EndpointSlice, { ...slice, metadata: { ...slice.metadata, labels, ...annotated(service, pods) }, endpoints, ports })]
}

function newSlice(
  service: ServiceObject,
  addressType: AddressType,
  ports: EndpointPort[],
  endpoints: Endpoint[],
  pods: readonly PodObject[],
): EndpointSliceObject {
  const { name = '', namespace = '' } = service.metadata ?? {}
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: sliceLabels(service),
      ...annotated(service, pods),
      ownerReferences: [controllerReference(service, Service)],
    },
    addressType,
    endpoints,
    ports,
  }
}

function annotated(service: ServiceObject, pods: readonly PodObject[]): { annotations?: Record<string, string> } {
  const time = triggerTime(service, pods)
  return time === undefined ? {} : { annotations: { [triggerAnnotation]: time } }
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

function sortedPorts(ports: readonly EndpointPort[]): EndpointPort[] {
  return [...ports]
    .map(({ name, port, protocol, appProtocol }) => ({
      name: name ?? '',
      port: port ?? 0,
      protocol: protocol ?? 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function endpoint(service: ServiceObject, pod: PodObject, address: string, nodes: Lister<NodeObject>): Endpoint {
  const ending = pod.metadata?.deletionTimestamp !== undefined
  const serving = isPodReady(pod)
  const hostname = endpointHostname(service, pod)
  const nodeName = pod.spec?.nodeName
  const zone = nodeName === undefined ? undefined : nodes.get(nodeName)?.metadata?.labels?.['topology.kubernetes.io/zone']
  return {
    addresses: [address],
    conditions: { ready: service.spec?.publishNotReadyAddresses === true || (serving && !ending), serving, terminating: ending },
    ...(hostname === undefined ? {} : { hostname }),
    targetRef: podReference(pod),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  }
}

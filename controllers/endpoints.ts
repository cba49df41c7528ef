// Lists the pods behind each service in one Endpoints object: the older form of EndpointSlices, which many clients still read.
// https://kubernetes.io/docs/concepts/services-networking/service/#endpoints
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Endpoints as EndpointsObject,
  Pod as PodObject,
  Service as ServiceObject,
} from '../openapi/types/core/v1.ts'
import { Endpoints } from '../src/api/core/endpoints.ts'
import { Pod } from '../src/api/core/pod/index.ts'
import { isPodReady } from '../src/api/core/pod/queries.ts'
import { Service } from '../src/api/core/service/index.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { defineController } from '../src/controller/define.ts'
import { create, nothing, plan, remove, update } from '../src/controller/plan.ts'
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

const managedByLabel = 'endpoints.kubernetes.io/managed-by'
const manager = 'endpoint-controller'
const overCapacityAnnotation = 'endpoints.kubernetes.io/over-capacity'
const maxAddresses = 1000

export const endpoints = defineController({
  name: 'endpoints',
  for: Service,
  reads: { pods: Pod, endpoints: Endpoints, services: Service },
  watches: [
    { kind: Pod, map: (pod: PodObject, { services }, previous: PodObject | undefined) => servicesOfPod(pod, previous, services) },
    {
      kind: Endpoints,
      map: (one: EndpointsObject) =>
        one.metadata?.labels?.[managedByLabel] === manager ? [`${one.metadata.namespace}/${one.metadata.name}`] : [],
    },
  ],
  reconcile(service, reads) {
    if (!hasSelector(service) || service.metadata?.deletionTimestamp !== undefined) return nothing
    const { name = '', namespace = '' } = service.metadata ?? {}
    const publishAll = service.spec?.publishNotReadyAddresses === true
    const pods = podsOfService(service, reads.pods).filter((pod) => publishAll || pod.metadata?.deletionTimestamp === undefined)
    const { subsets, truncated } = withinCapacity(repacked(service, pods))
    const { [headlessLabel]: _, ...own } = service.metadata?.labels ?? {}
    const labels = { ...own, [managedByLabel]: manager, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}) }
    const present = reads.endpoints.get(name, namespace)
    const marked = present?.metadata?.annotations?.[overCapacityAnnotation] === 'truncated'
    if (
      present !== undefined &&
      semanticEqual(present.subsets ?? [], subsets) &&
      semanticEqual(present.metadata?.labels ?? {}, labels) &&
      marked === truncated
    )
      return nothing
    const { [overCapacityAnnotation]: __, [triggerAnnotation]: ___, ...kept } = present?.metadata?.annotations ?? {}
    const time = triggerTime(service, pods)
    const annotations = {
      ...kept,
      ...(time === undefined ? {} : { [triggerAnnotation]: time }),
      ...(truncated ? { [overCapacityAnnotation]: 'truncated' } : {}),
    }
    if (present !== undefined)
      return plan(update(Endpoints, { ...present, metadata: { ...present.metadata, labels, annotations }, subsets }))
    return plan(create(Endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels, annotations }, subsets }))
  },
  // Endpoints have no owner reference: they go with their service by name
  absent(key, reads) {
    const [namespace, name = ''] = key.split('/')
    const present = reads.endpoints.get(name, namespace)
    return present?.metadata?.labels?.[managedByLabel] === manager ? plan(remove(Endpoints, present)) : nothing
  },
})

/** Groups addresses that have the same ports, as upstream repacks subsets: addresses by ip, ports by name. */
function repacked(service: ServiceObject, pods: readonly PodObject[]): EndpointSubset[] {
  const ipv6 = service.spec?.ipFamilies?.[0] === 'IPv6'
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>()
  for (const pod of pods) {
    const ip = pod.status?.podIPs?.map((one) => one.ip).find((one) => one.includes(':') === ipv6)
    if (ip === undefined) continue
    const ports = portsOf(service, pod)
    if (ports.length === 0 && !isHeadless(service)) continue
    const id = JSON.stringify(ports)
    let group = groups.get(id)
    if (group === undefined) groups.set(id, (group = { ports, ready: [], notReady: [] }))
    const ready = service.spec?.publishNotReadyAddresses === true || isPodReady(pod)
    ;(ready ? group.ready : group.notReady).push(address(service, pod, ip))
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length === 0 ? {} : { addresses: ready.sort(byIp) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports.length === 0 ? {} : { ports }),
    }))
}

function portsOf(service: ServiceObject, pod: PodObject): EndpointPort[] {
  return (service.spec?.ports ?? [])
    .flatMap((port) => {
      const number = targetPort(port, pod)
      if (number === undefined) return []
      return [
        {
          ...(port.name ? { name: port.name } : {}),
          port: number,
          protocol: port.protocol ?? 'TCP',
          ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
        },
      ]
    })
    .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
}

function address(service: ServiceObject, pod: PodObject, ip: string): EndpointAddress {
  const hostname = endpointHostname(service, pod)
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: podReference(pod),
  }
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0
}

/** At most 1000 addresses; ready ones are kept before others. */
function withinCapacity(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const total = subsets.reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0)
  if (total <= maxAddresses) return { subsets, truncated: false }
  let room = maxAddresses
  const take = <T>(list: readonly T[] | undefined): T[] => {
    const part = (list ?? []).slice(0, room)
    room -= part.length
    return part
  }
  const ready = subsets.map(({ addresses }) => take(addresses))
  const cut = subsets.map(({ notReadyAddresses, ports }, i) => {
    const notReady = take(notReadyAddresses)
    return {
      ...(ready[i]!.length === 0 ? {} : { addresses: ready[i]! }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ...(ports === undefined ? {} : { ports }),
    }
  })
  return {
    subsets: cut.filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined),
    truncated: true,
  }
}

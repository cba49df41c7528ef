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
import { isAlreadyExists, isConflict } from '../src/apimachinery/api-error.ts'
import { semanticEqual } from '../src/apimachinery/equal.ts'
import { objectKey, splitKey } from '../src/apimachinery/meta.ts'
import { defineController } from '../src/controller/define.ts'
import { create, nothing, type Plan, plan, recordedStep, remove, update, type Write } from '../src/controller/plan.ts'
import {
  endpointHostname,
  hasSelector,
  headlessLabel,
  isHeadless,
  needsNoPorts,
  podAddress,
  podReference,
  podsOfService,
  serviceFamilies,
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
  reconcile(service, reads, { memory }) {
    if (!hasSelector(service) || service.metadata?.deletionTimestamp !== undefined) return nothing
    const { name = '', namespace = '' } = service.metadata ?? {}
    const publishAll = service.spec?.publishNotReadyAddresses === true
    const pods = podsOfService(service, reads.pods).filter((pod) => publishAll || pod.metadata?.deletionTimestamp === undefined)
    const time = triggerTime(memory, service, pods)
    const { subsets, truncated } = withinCapacity(repacked(service, pods))
    const { [headlessLabel]: _, ...own } = service.metadata?.labels ?? {}
    const labels = { ...own, [managedByLabel]: manager, ...(isHeadless(service) ? { [headlessLabel]: '' } : {}) }
    const present = reads.endpoints.get(name, namespace)
    if (present !== undefined && isRight(present, subsets, labels, truncated)) return nothing
    const { [overCapacityAnnotation]: __, [triggerAnnotation]: ___, ...kept } = present?.metadata?.annotations ?? {}
    const annotations = {
      ...kept,
      ...(time === undefined ? {} : { [triggerAnnotation]: time }),
      ...(truncated ? { [overCapacityAnnotation]: 'truncated' } : {}),
    }
    const metadata = { ...(present?.metadata ?? { name, namespace }), labels, annotations }
    if (present !== undefined) return written(update(Endpoints, { ...present, metadata, subsets }), service, 'update')
    return written(create(Endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }), service, 'create')
  },
  // Endpoints have no owner reference: they go with their service by name
  absent(key, reads, { memory }) {
    memory.delete(key)
    const { namespace, name } = splitKey(key)
    const present = reads.endpoints.get(name, namespace)
    return present?.metadata?.labels?.[managedByLabel] === manager ? plan(remove(Endpoints, present)) : nothing
  },
})

function isRight(present: EndpointsObject, subsets: EndpointSubset[], labels: Record<string, string>, truncated: boolean): boolean {
  const marked = present.metadata?.annotations?.[overCapacityAnnotation] === 'truncated'
  return marked === truncated && semanticEqual(present.subsets ?? [], subsets) && semanticEqual(present.metadata?.labels ?? {}, labels)
}

/** The write, with upstream's event for its failure. */
function written(write: Write, service: ServiceObject, verb: 'create' | 'update'): Plan {
  const words = verb === 'create' ? 'create endpoint for service' : 'update endpoint'
  const failure = (error: Error) =>
    isConflict(error) || isAlreadyExists(error)
      ? undefined
      : {
          type: 'Warning' as const,
          reason: verb === 'create' ? 'FailedToCreateEndpoint' : 'FailedToUpdateEndpoint',
          message: `Failed to ${words} ${objectKey(service)}: ${error.message}`,
          regarding: { apiVersion: 'v1', kind: 'Endpoints', metadata: service.metadata ?? {} },
        }
  return recordedStep([{ write, outcome: { failure } }])
}

/** Groups addresses that have the same ports, as upstream repacks subsets: addresses by ip, ports by name. */
function repacked(service: ServiceObject, pods: readonly PodObject[]): EndpointSubset[] {
  const family = service.spec?.ipFamilies?.[0] ?? serviceFamilies(service)[0]
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>()
  for (const pod of pods) {
    const ip = podAddress(pod, family as 'IPv4')
    if (ip === undefined) continue
    const ports = portsOf(service, pod)
    if (ports.length === 0 && !needsNoPorts(service)) continue
    const id = JSON.stringify(ports)
    let group = groups.get(id)
    if (group === undefined) groups.set(id, (group = { ports, ready: [], notReady: [] }))
    const ready = service.spec?.publishNotReadyAddresses === true || isPodReady(pod)
    ;(ready ? group.ready : group.notReady).push(address(service, pod, ip))
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => subsetOf(ready.sort(byIp), notReady.sort(byIp), ports))
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
  const [x, y] = [`${a.ip} ${a.targetRef?.uid}`, `${b.ip} ${b.targetRef?.uid}`]
  return x < y ? -1 : x > y ? 1 : 0
}

/** At most 1000 addresses: ready ones before others, from each subset in proportion. */
function withinCapacity(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const count = (key: 'addresses' | 'notReadyAddresses') => subsets.reduce((sum, subset) => sum + (subset[key]?.length ?? 0), 0)
  const [ready, notReady] = [count('addresses'), count('notReadyAddresses')]
  if (ready + notReady <= maxAddresses) return { subsets, truncated: false }
  const cutReady = ready > maxAddresses
  const room = cutReady ? maxAddresses : maxAddresses - ready
  let left = room
  const cut = subsets.map((subset) => {
    const { addresses = [], notReadyAddresses = [], ports } = subset
    const list = cutReady ? addresses : notReadyAddresses
    const share = Math.min(left, Math.ceil((list.length / (cutReady ? ready : notReady)) * room))
    left -= share
    const kept = list.slice(0, share)
    return subsetOf(cutReady ? kept : addresses, cutReady ? [] : kept, ports)
  })
  return { subsets: cut.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses), truncated: true }
}

function subsetOf(ready: EndpointAddress[], notReady: EndpointAddress[], ports: EndpointPort[] | undefined): EndpointSubset {
  return {
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports === undefined || ports.length === 0 ? {} : { ports }),
  }
}

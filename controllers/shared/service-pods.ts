// Which pods stand behind a service, and at which ports. Shared by endpoints and endpointslice. Pure.
import type { Pod, Service, ServicePort } from '../../openapi/types/core/v1.ts'
import { isPodTerminal, podCondition } from '../../src/api/core/pod/queries.ts'
import { isIpv6 } from '../../src/apimachinery/cidr.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import type { Lister } from '../../src/controller/define.ts'

/** True when the controllers, not the user, fill the service's endpoints. */
export function hasSelector(service: Service): boolean {
  return service.spec?.type !== 'ExternalName' && Object.keys(service.spec?.selector ?? {}).length > 0
}

export function selectsPod(service: Service, pod: Pod): boolean {
  return Object.entries(service.spec?.selector ?? {}).every(([key, value]) => pod.metadata?.labels?.[key] === value)
}

/** Keys of the services a pod stands or stood behind. */
export function servicesOfPod(pod: Pod, previous: Pod | undefined, services: Lister<Service>): string[] {
  if (previous !== undefined && !relevantChange(pod, previous)) return []
  return services
    .list(pod.metadata?.namespace)
    .filter((service) => hasSelector(service) && (selectsPod(service, pod) || (previous !== undefined && selectsPod(service, previous))))
    .map(objectKey)
}

function relevantChange(pod: Pod, previous: Pod): boolean {
  const view = ({ metadata, spec, status }: Pod) =>
    JSON.stringify([
      metadata?.labels,
      metadata?.deletionTimestamp,
      spec?.nodeName,
      spec?.hostname,
      spec?.subdomain,
      status?.phase,
      status?.podIPs,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ])
  return view(pod) !== view(previous)
}

/** Pods behind the service that have an address and have not ended. */
export function podsOfService(service: Service, pods: Lister<Pod>): Pod[] {
  return pods
    .list(service.metadata?.namespace)
    .filter((pod) => selectsPod(service, pod) && !isPodTerminal(pod) && (pod.status?.podIPs?.length || pod.status?.podIP))
}

/** The pod's first address of a family. */
export function podAddress({ status }: Pod, family: 'IPv4' | 'IPv6'): string | undefined {
  const all = status?.podIPs?.length ? status.podIPs.map(({ ip }) => ip) : [status?.podIP ?? '']
  return all.find((ip) => ip !== '' && isIpv6(ip) === (family === 'IPv6'))
}

/** Address families in the order of the service; those of its IP for one that has not been given any. */
export function serviceFamilies(service: Service): ('IPv4' | 'IPv6')[] {
  const { ipFamilies = [], clusterIP = '' } = service.spec ?? {}
  if (ipFamilies.length > 0) return ipFamilies as 'IPv4'[]
  return clusterIP === 'None' ? ['IPv4', 'IPv6'] : [isIpv6(clusterIP) ? 'IPv6' : 'IPv4']
}

/** The number of a service port's target in this pod; undefined when a named port is not there. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target === 0 ? port.port : target
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ]
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .find(({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.containerPort
}

/** The host name under which a headless service's DNS knows the pod. */
export function endpointHostname(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {}
  return hostname && subdomain === service.metadata?.name ? hostname : undefined
}

/** Without an address of its own. */
export function isHeadless(service: Service): boolean {
  return ['None', '', undefined].includes(service.spec?.clusterIP)
}

/** True when pods are listed though no port leads to them. */
export function needsNoPorts(service: Service): boolean {
  return service.spec?.clusterIP === 'None' && (service.spec.ports ?? []).length === 0
}

/** Reference from an endpoint to its pod. */
export function podReference(pod: Pod): { kind: string; namespace: string; name: string; uid: string } {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {}
  return { kind: 'Pod', namespace, name, uid }
}

export const headlessLabel = 'service.kubernetes.io/headless'
export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

interface Times {
  service: string
  pods: ReadonlyMap<string, string>
}

/**
 * When the earliest of the changes since the last call happened, as upstream's latency annotation tells; undefined when nothing changed.
 * `memory` keeps the times seen under the service's key.
 */
export function triggerTime(memory: Map<string, unknown>, service: Service, pods: readonly Pod[]): string | undefined {
  const key = objectKey(service)
  const before = memory.get(key) as Times | undefined
  const times = pods.flatMap((pod): [string, string][] => {
    const time = podCondition(pod, 'Ready')?.lastTransitionTime
    return time === undefined ? [] : [[pod.metadata?.name ?? '', time]]
  })
  const created = service.metadata?.creationTimestamp ?? ''
  memory.set(key, { service: created, pods: new Map(times) } satisfies Times)
  const changed = times.filter(([name, time]) => time > (before?.pods.get(name) ?? '')).map(([, time]) => time)
  if (created > (before?.service ?? '')) changed.push(created)
  return changed.sort()[0]
}

// Which pods stand behind a service, and at which ports. Shared by endpoints and endpointslice. Pure.
import type { Pod, Service, ServicePort } from '../../openapi/types/core/v1.ts'
import { isPodTerminal } from '../../src/api/core/pod/queries.ts'
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
    .filter((pod) => selectsPod(service, pod) && !isPodTerminal(pod) && (pod.status?.podIPs?.length ?? 0) > 0)
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

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None'
}

/** Reference from an endpoint to its pod. */
export function podReference(pod: Pod): { kind: string; namespace: string; name: string; uid: string } {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {}
  return { kind: 'Pod', namespace, name, uid }
}

export const headlessLabel = 'service.kubernetes.io/headless'
export const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** When the youngest change among service and pods happened, as upstream's latency annotation tells. */
export function triggerTime(service: Service, pods: readonly Pod[]): string | undefined {
  const times = [
    service.metadata?.creationTimestamp,
    ...pods.map(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime),
  ].filter((time) => time !== undefined)
  return times.sort().at(-1)
}

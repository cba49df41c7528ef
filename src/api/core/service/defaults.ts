// Defaults of services: SetDefaults_Service upstream. Addresses, families and node ports are allocated by the server, not here.
import type { Service, ServiceSpec } from '../../../../openapi/types/core/v1.ts'

export const serviceDefaults: Readonly<Record<string, unknown>> = {
  'spec.sessionAffinity': 'None',
  'spec.type': 'ClusterIP',
  'spec.ports[*].protocol': 'TCP',
}

const affinitySeconds = 10800

/** Target ports, affinity timeout and traffic policies, as the type asks. Mutates. */
export function computeServiceDefaults(service: Service): void {
  const spec = (service.spec ??= {})
  spec.sessionAffinity ||= 'None'
  spec.type ||= 'ClusterIP'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } }
  }
  for (const port of spec.ports ?? []) if (!port.targetPort) port.targetPort = port.port
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster'
  if (['ClusterIP', 'NodePort', 'LoadBalancer'].includes(spec.type)) spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}

/** Whether traffic from outside the cluster can reach it: by node port, load balancer or external address. */
export function isExternallyAccessible({ type, externalIPs }: ServiceSpec): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs?.length ?? 0) > 0)
}

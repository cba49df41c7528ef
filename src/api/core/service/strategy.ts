// What a client may leave out of a service, and what goes when its type changes: pkg/registry/core/service upstream.
// The server's allocator of addresses and ports works between this and validation.
import type { Service, ServiceSpec } from '../../../../openapi/types/core/v1.ts'
import { semanticEqual } from '../../../apimachinery/equal.ts'
import type { WriteContext } from '../../../apimachinery/kind.ts'
import { isExternallyAccessible } from './defaults.ts'

/** The one address of old clients begins the list of addresses. Mutates. */
export function prepareServiceForCreate(service: Service): void {
  service.status = { loadBalancer: {} }
  const spec = (service.spec ??= {})
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
}

/** Allocated values that the client left out are kept; those that the new type does not have are dropped. Mutates. */
export function prepareServiceForUpdate(service: Service, old: Service, context: WriteContext): void {
  if (context.subresource === 'status') return
  const spec = (service.spec ??= {})
  const before = old.spec ?? {}
  keepAllocatedValues(spec, before)
  syncClusterIPs(spec, before)
  dropTypeDependentFields(spec, before)
}

/** So that the manifest of the create can be sent again. */
function keepAllocatedValues(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && needsClusterIP(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP
    if (!spec.clusterIPs?.length && old.clusterIPs?.length) spec.clusterIPs = [...old.clusterIPs]
  }
  if (needsNodePort(old) && needsNodePort(spec)) keepNodePorts(spec, old)
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && !spec.healthCheckNodePort && old.healthCheckNodePort) {
    spec.healthCheckNodePort = old.healthCheckNodePort
  }
}

function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const nodePorts = ({ ports }: ServiceSpec) => (ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0)
  const used = nodePorts(spec).filter((port) => nodePorts(old).includes(port))
  const byName = new Map((old.ports ?? []).map(({ name = '', nodePort }) => [name, nodePort ?? 0]))
  for (const port of spec.ports ?? []) {
    const before = byName.get(port.name ?? '') ?? 0
    if (!port.nodePort && before > 0 && !used.includes(before)) port.nodePort = before
  }
}

/** clusterIP and clusterIPs say the same; who changes only the one means both. */
function syncClusterIPs(spec: ServiceSpec, old: ServiceSpec): void {
  const [ip, oldIP] = [spec.clusterIP ?? '', old.clusterIP ?? '']
  if (old.clusterIPs?.length && !spec.clusterIPs?.length && ip === oldIP) spec.clusterIPs = [...old.clusterIPs]
  if (ip === oldIP || !sameList(spec.clusterIPs, old.clusterIPs)) return
  if (oldIP !== '' && ip === '') delete spec.clusterIPs
  else spec.clusterIPs = [ip]
}

/** Fields that no longer apply, may have been assigned by the server, and were not changed by the client. */
function dropTypeDependentFields(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIP(old) && !needsClusterIP(spec)) {
    if (sameList(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    if (sameList(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy
  }
  if (needsNodePort(old) && !needsNodePort(spec) && sameNodePorts(spec, old)) for (const port of spec.ports ?? []) delete port.nodePort
  dropIfSame(spec, old, 'healthCheckNodePort', needsHealthCheckPort)
  dropIfSame(spec, old, 'allocateLoadBalancerNodePorts', isLoadBalancer)
  dropIfSame(spec, old, 'loadBalancerClass', isLoadBalancer)
  dropIfSame(spec, old, 'externalTrafficPolicy', isExternallyAccessible)
}

function dropIfSame(spec: ServiceSpec, old: ServiceSpec, field: keyof ServiceSpec, applies: (spec: ServiceSpec) => boolean): void {
  if (applies(old) && !applies(spec) && spec[field] === old[field]) delete spec[field]
}

/** Nil and empty are the same, order counts. */
export function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return semanticEqual(a ?? [], b ?? [])
}

function sameNodePorts(spec: ServiceSpec, old: ServiceSpec): boolean {
  const ports = ({ ports: list }: ServiceSpec) => new Set((list ?? []).map(({ nodePort }) => nodePort ?? 0).filter((port) => port > 0))
  return [...ports(spec)].every((port) => ports(old).has(port))
}

function isLoadBalancer({ type }: ServiceSpec): boolean {
  return type === 'LoadBalancer'
}

/** All but ExternalName. */
export function needsClusterIP({ type }: ServiceSpec): boolean {
  return type !== 'ExternalName'
}

/** NodePort, and LoadBalancer unless it does without. */
export function needsNodePort({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}

/** A load balancer that keeps traffic local asks each node for its health. */
export function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

/** clusterIP None: names resolve to the pods themselves. */
export function isHeadless({ clusterIPs }: ServiceSpec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === 'None'
}

// From Services and EndpointSlices to what a node must know of each service port. Pure.
// https://kubernetes.io/docs/reference/networking/virtual-ips/
import type { Service, ServicePort } from '../../openapi/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../openapi/types/discovery/v1.ts'

export interface Backend {
  address: string
  port: number
}

/** One port of one service, as seen from one node, in one address family. */
export interface ServicePortView {
  /** namespace/name:port for comments and chain names. */
  id: string
  protocol: 'tcp' | 'udp' | 'sctp'
  port: number
  clusterIps: readonly string[]
  externalIps: readonly string[]
  nodePort: number | undefined
  /** Session affinity by client address. */
  affinitySeconds: number | undefined
  /** Endpoints for traffic from the cluster and, apart, for traffic from outside. */
  internal: readonly Backend[]
  external: readonly Backend[]
  /** externalTrafficPolicy Local: the client's address is kept. */
  keepsSource: boolean
  /** Local policy, and endpoints exist elsewhere but not here: drop instead of refuse. */
  externalElsewhere: boolean
  internalElsewhere: boolean
}

export interface NodePlace {
  name: string
  zone?: string
}

export type Family = 'IPv4' | 'IPv6'

const serviceNameLabel = 'kubernetes.io/service-name'
const defaultAffinitySeconds = 10_800

/** Every service port of a family, sorted by id. Headless and ExternalName services have none. */
export function servicePorts(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  node: NodePlace,
  family: Family,
): ServicePortView[] {
  const slicesOf = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const name = slice.metadata?.labels?.[serviceNameLabel]
    if (name === undefined || slice.addressType !== family) continue
    const key = `${slice.metadata?.namespace}/${name}`
    const list = slicesOf.get(key)
    if (list === undefined) slicesOf.set(key, [slice])
    else list.push(slice)
  }
  const views: ServicePortView[] = []
  for (const service of services) {
    const key = `${service.metadata?.namespace}/${service.metadata?.name}`
    if (ignored(service)) continue
    for (const port of service.spec?.ports ?? []) views.push(view(service, port, key, slicesOf.get(key) ?? [], node, family))
  }
  return views.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function ignored(service: Service): boolean {
  const { spec, metadata } = service
  if (metadata?.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined) return true
  return spec?.type === 'ExternalName' || spec?.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None'
}

function view(
  service: Service,
  port: ServicePort,
  key: string,
  slices: readonly EndpointSlice[],
  node: NodePlace,
  family: Family,
): ServicePortView {
  const spec = service.spec ?? {}
  const ofFamily = (address: string) => address.includes(':') === (family === 'IPv6')
  const candidates = endpointsOf(slices, port.name ?? '')
  const usable = usableEndpoints(candidates)
  const localOnes = usableEndpoints(candidates.filter(({ endpoint }) => endpoint.nodeName === node.name))
  const near = zoneEndpoints(usable, node)
  const internalLocal = spec.internalTrafficPolicy === 'Local'
  const externalLocal = spec.externalTrafficPolicy === 'Local' && spec.type !== 'ClusterIP'
  const loadBalancerIps = (service.status?.loadBalancer?.ingress ?? [])
    .filter(({ ip, ipMode }) => ip !== undefined && ipMode !== 'Proxy')
    .map(({ ip }) => ip!)
  return {
    id: `${key}:${port.name ?? ''}`,
    protocol: (port.protocol ?? 'TCP').toLowerCase() as 'tcp',
    port: port.port,
    clusterIps: (spec.clusterIPs ?? [spec.clusterIP!]).filter(ofFamily),
    externalIps: [...new Set([...(spec.externalIPs ?? []), ...loadBalancerIps])].filter(ofFamily),
    nodePort: port.nodePort === 0 ? undefined : port.nodePort,
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? defaultAffinitySeconds) : undefined,
    internal: backends(internalLocal ? localOnes : near),
    external: backends(externalLocal ? localOnes : near),
    keepsSource: externalLocal,
    internalElsewhere: internalLocal && localOnes.length === 0 && usable.length > 0,
    externalElsewhere: externalLocal && localOnes.length === 0 && usable.length > 0,
  }
}

interface Candidate {
  endpoint: Endpoint
  port: number
}

function endpointsOf(slices: readonly EndpointSlice[], portName: string): Candidate[] {
  return slices.flatMap((slice) => {
    const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port
    return port === undefined ? [] : (slice.endpoints ?? []).map((endpoint) => ({ endpoint, port }))
  })
}

/** The ready ones; when there is none, those that still serve while they end (KEP-1669). */
function usableEndpoints(candidates: readonly Candidate[]): Candidate[] {
  const ready = candidates.filter(({ endpoint }) => endpoint.conditions?.ready !== false)
  if (ready.length > 0) return ready
  return candidates.filter(({ endpoint: { conditions } }) => conditions?.serving === true && conditions.terminating === true)
}

/** Topology hints: those meant for our node, else for our zone, but only if every endpoint carries hints and one is for us. */
function zoneEndpoints(candidates: Candidate[], node: NodePlace): Candidate[] {
  const forNode = candidates.filter(({ endpoint }) => endpoint.hints?.forNodes?.some(({ name }) => name === node.name))
  if (forNode.length > 0 && candidates.every(({ endpoint }) => endpoint.hints?.forNodes !== undefined)) return forNode
  if (node.zone === undefined || candidates.some(({ endpoint }) => endpoint.hints?.forZones === undefined)) return candidates
  const here = candidates.filter(({ endpoint }) => endpoint.hints?.forZones?.some(({ name }) => name === node.zone))
  return here.length === 0 ? candidates : here
}

/** Sorted and without doubles, so that equal endpoints give equal rules. */
function backends(candidates: readonly Candidate[]): Backend[] {
  const byText = new Map<string, Backend>()
  for (const { endpoint, port } of candidates) {
    const address = endpoint.addresses[0]
    if (address !== undefined) byText.set(`${address} ${port}`, { address, port })
  }
  return [...byText.keys()].sort().map((text) => byText.get(text)!)
}

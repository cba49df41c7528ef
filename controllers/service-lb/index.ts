// Gives services of type LoadBalancer addresses out of a local pool, as a cloud's service controller would.
// https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer
import type { Node as NodeObject, Service as ServiceObject } from '../../openapi/types/core/v1.ts'
import { Node } from '../../src/api/core/node.ts'
import { Service } from '../../src/api/core/service/index.ts'
import { objectKey } from '../../src/apimachinery/meta.ts'
import { defineController, type Lister } from '../../src/controller/define.ts'
import { event, nothing, type Plan, patch, plan, requeueAfter, strategicPatch } from '../../src/controller/plan.ts'
import { grantedAddresses, poolRanges } from './pool.ts'

const finalizer = 'service.kubernetes.io/load-balancer-cleanup'
const excludedLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'
const leavingTaint = 'ToBeDeletedByClusterAutoscaler'

/** Pauses between attempts. */
const firstPauseMs = 5000
const longestPauseMs = 300_000

/** What was last seen of a service, and done for it. */
interface Known {
  uid: string
  /** undefined: it is no load balancer of ours. */
  wanted: string | undefined
  type: string
  loadBalancerIP: string
  hosts: string
  addresses: readonly string[]
  pauseMs: number
}

export const serviceLb = defineController({
  name: 'service-lb',
  for: Service,
  reads: { services: Service, nodes: Node },
  eventSource: 'service-controller',
  workers: 1,
  indexes: { wanted: { kind: Service, values: (service: ServiceObject) => (wantsLoadBalancer(service) ? ['yes'] : []) } },
  watches: [
    {
      kind: Node,
      map: (node: NodeObject, { services }, previous: NodeObject | undefined) =>
        previous !== undefined && isHost(node) === isHost(previous) ? [] : services.by('wanted', 'yes').map(objectKey),
    },
  ],
  /** CIDRs of the pool, with commas between; empty turns the controller off. --load-balancer-pool. */
  options: { pool: '' },
  reconcile(service, { services, nodes }, { key, memory, options }) {
    const pool = poolRanges(String(options['pool']))
    if (pool.length === 0) return nothing
    const before = memory.get(key) as Known | undefined
    const known = before?.uid === service.metadata?.uid ? before : undefined
    const now = seen(service, known)
    memory.set(key, now)
    const going = service.metadata?.deletionTimestamp !== undefined
    if (isGuarded(service) && (going || service.spec?.type !== 'LoadBalancer')) return plan(typeEvent(known, now), released(service, now))
    if (!wantsLoadBalancer(service) || going) return plan(typeEvent(known, now))
    now.hosts = hostNames(nodes)
    const settled = isGuarded(service) && settles(service, pool)
    const changes = plan(typeEvent(known, now), addressEvent(known, now))
    if (settled && (known?.wanted === undefined || known.wanted === now.wanted)) {
      now.addresses = addressesOf(service)
      return known === undefined || known.hosts === now.hosts ? changes : plan(changes, hostsEvent(now.hosts))
    }
    return plan(
      changes,
      event('Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer'),
      ensured(service, pool, now, takenBy(services, key, memory)),
    )
  },
  absent(key, _reads, { memory }) {
    memory.delete(key)
    return nothing
  },
})

/** A class names another controller. */
function wantsLoadBalancer({ spec }: ServiceObject): boolean {
  return spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined
}

function isGuarded({ metadata }: ServiceObject): boolean {
  return metadata?.finalizers?.includes(finalizer) ?? false
}

function addressesOf({ status }: ServiceObject): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
}

/** Whether the service has what it would be given. */
function settles(service: ServiceObject, pool: ReturnType<typeof poolRanges>): boolean {
  const present = addressesOf(service)
  try {
    return grantedAddresses(pool, wishOf(service, present), new Set()).join() === present.join() && present.length > 0
  } catch {
    return false
  }
}

function wishOf({ spec }: ServiceObject, present: readonly string[]) {
  return { families: spec?.ipFamilies ?? ['IPv4'], address: spec?.loadBalancerIP, present }
}

/** Fields whose change makes a cloud look at its load balancer again. */
function seen(service: ServiceObject, known: Known | undefined): Known {
  const { spec, metadata } = service
  const fields = [
    spec?.loadBalancerSourceRanges,
    spec?.ports,
    spec?.sessionAffinity,
    spec?.sessionAffinityConfig,
    spec?.loadBalancerIP,
    spec?.externalIPs,
    metadata?.annotations,
    spec?.externalTrafficPolicy,
    spec?.healthCheckNodePort,
  ]
  return {
    uid: metadata?.uid ?? '',
    wanted: wantsLoadBalancer(service) ? JSON.stringify(fields) : undefined,
    type: spec?.type ?? '',
    loadBalancerIP: spec?.loadBalancerIP ?? '',
    hosts: known?.hosts ?? '',
    addresses: known?.addresses ?? [],
    pauseMs: known?.pauseMs ?? firstPauseMs,
  }
}

function typeEvent(known: Known | undefined, now: Known) {
  if (known === undefined || (known.wanted === undefined) === (now.wanted === undefined)) return undefined
  return event('Normal', 'Type', `${known.type} -> ${now.type}`)
}

function addressEvent(known: Known | undefined, now: Known) {
  if (known?.wanted === undefined || known.loadBalancerIP === now.loadBalancerIP) return undefined
  return event('Normal', 'LoadbalancerIP', `${known.loadBalancerIP} -> ${now.loadBalancerIP}`)
}

function hostsEvent(hosts: string) {
  if (hosts === '') return event('Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer')
  return event('Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
}

/** Addresses that other services have, or have been promised a moment ago. */
function takenBy(services: Lister<ServiceObject>, key: string, memory: Map<string, unknown>): Set<string> {
  const others = services.by('wanted', 'yes').filter((service) => objectKey(service) !== key)
  const promised = [...(memory as Map<string, Known>)].flatMap(([name, { addresses }]) => (name === key ? [] : addresses))
  return new Set([...others.flatMap(addressesOf), ...promised])
}

function ensured(service: ServiceObject, pool: ReturnType<typeof poolRanges>, now: Known, taken: ReadonlySet<string>): Plan {
  const guarded = isGuarded(service) ? undefined : strategicPatch(Service, service, { metadata: { finalizers: [finalizer] } })
  try {
    now.addresses = grantedAddresses(pool, wishOf(service, addressesOf(service)), taken)
  } catch (error) {
    const pauseMs = now.pauseMs
    now.pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    const message = `Error syncing load balancer: failed to ensure load balancer: ${(error as Error).message}`
    return plan(guarded, event('Warning', 'SyncLoadBalancerFailed', message), requeueAfter(pauseMs))
  }
  now.pauseMs = firstPauseMs
  const ingress = now.addresses.map((ip) => ({ ip, ipMode: 'VIP' }))
  return plan(
    guarded,
    now.hosts === '' ? hostsEvent('') : undefined,
    patch(Service, service, { status: { loadBalancer: { ingress } } }, 'status'),
    event('Normal', 'EnsuredLoadBalancer', 'Ensured load balancer'),
  )
}

/** The address goes back to the pool with the finalizer. */
function released(service: ServiceObject, now: Known): Plan {
  const had = addressesOf(service).length > 0
  const going = service.metadata?.deletionTimestamp !== undefined
  now.addresses = []
  return plan(
    had ? event('Normal', 'DeletingLoadBalancer', 'Deleting load balancer') : undefined,
    had && !going ? patch(Service, service, { status: { loadBalancer: { ingress: null } } }, 'status') : undefined,
    strategicPatch(Service, service, { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } }),
    event('Normal', 'DeletedLoadBalancer', 'Deleted load balancer'),
  )
}

/** Nodes to which a load balancer may send: ready, not excluded, not about to go. */
function isHost({ metadata, spec, status }: NodeObject): boolean {
  if (metadata?.labels?.[excludedLabel] !== undefined) return false
  if (spec?.taints?.some(({ key }) => key === leavingTaint)) return false
  const conditions = status?.conditions ?? []
  return conditions.length > 0 && !conditions.some(({ type, status: state }) => type === 'Ready' && state !== 'True')
}

function hostNames(nodes: Lister<NodeObject>): string {
  return nodes
    .list()
    .filter(isHost)
    .map(({ metadata }) => metadata?.name ?? '')
    .sort()
    .join()
}

// Ranges of service addresses: ready as soon as they are there, and kept while an address in them would be left without a range.
// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
import type { Service as ServiceObject } from '../openapi/types/core/v1.ts'
import type { IPAddress as IPAddressObject, ServiceCIDR as ServiceCIDRObject } from '../openapi/types/networking/v1.ts'
import { Service } from '../src/api/core/service/index.ts'
import { IPAddress } from '../src/api/networking/ipaddress.ts'
import { ServiceCIDR } from '../src/api/networking/servicecidr.ts'
import { type Cidr, cidrSize, contains, overlaps, parseAddress, parseCidr } from '../src/apimachinery/cidr.ts'
import { timestamp } from '../src/apimachinery/clock.ts'
import { defineController, type Lister } from '../src/controller/define.ts'
import { nothing, plan, requeueAfter, strategicPatch, type Write } from '../src/controller/plan.ts'

const finalizer = 'networking.k8s.io/service-cidr-finalizer'
const managedBy = 'ipaddress.kubernetes.io/managed-by'
const allocator = 'ipallocator.k8s.io'
/** The allocators of all API servers are to learn first that the range is going. */
const graceMs = 10_000
const held = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

export const serviceCidr = defineController({
  name: 'service-cidr',
  for: ServiceCIDR,
  reads: { cidrs: ServiceCIDR, addresses: IPAddress, services: Service },
  watches: [
    {
      // a range that comes or goes decides about those that share addresses with it
      kind: ServiceCIDR,
      on: ['added', 'deleted'],
      map: (cidr: ServiceCIDRObject, { cidrs }) =>
        cidrs
          .list()
          .filter((other) => rangesOf(other).some((range) => rangesOf(cidr).some((own) => overlaps(own, range))))
          .map(({ metadata }) => metadata?.name ?? ''),
    },
    {
      kind: IPAddress,
      on: ['added', 'deleted'],
      map: (address: IPAddressObject, { cidrs }) => (isAllocated(address) ? holders(address.metadata?.name ?? '', cidrs) : []),
    },
    {
      kind: Service,
      on: ['added', 'deleted'],
      map: (service: ServiceObject, { cidrs }) => addressesOf(service).flatMap((address) => goingHolders(address, cidrs)),
    },
  ],
  reconcile(cidr, { cidrs, addresses, services }, { now }) {
    const guarded = cidr.metadata?.finalizers?.includes(finalizer) ?? false
    const deletedAt = cidr.metadata?.deletionTimestamp
    if (deletedAt === undefined) {
      const guard = guarded ? undefined : strategicPatch(ServiceCIDR, cidr, { metadata: { finalizers: [finalizer] } })
      return plan(guard, ready(cidr, 'True', '', 'Kubernetes Service CIDR is ready', now))
    }
    if (!guarded) return nothing
    const used = () => [
      ...addresses
        .list()
        .filter(isAllocated)
        .map(({ metadata }) => metadata?.name ?? ''),
      ...services.list().flatMap(addressesOf),
    ]
    if (!hasParents(cidr, cidrs) && used().some((address) => isOnlyHolder(cidr, address, cidrs)))
      return plan(ready(cidr, 'False', 'Terminating', held, now))
    const leftMs = Date.parse(deletedAt) + graceMs - now
    if (leftMs > 0) return plan(requeueAfter(leftMs))
    return plan(strategicPatch(ServiceCIDR, cidr, { metadata: { '$deleteFromPrimitiveList/finalizers': [finalizer] } }))
  },
})

/** The condition Ready, by server-side apply as this controller; nothing when it says so already. */
function ready(cidr: ServiceCIDRObject, state: string, reason: string, message: string, now: number): Write | undefined {
  const known = cidr.status?.conditions?.find(({ type }) => type === 'Ready')
  if (known?.status === state && known.message === message) return undefined
  const condition = { type: 'Ready', status: state, reason, message, lastTransitionTime: timestamp(now) }
  const object = {
    apiVersion: ServiceCIDR.apiVersion,
    kind: ServiceCIDR.kind,
    metadata: { name: cidr.metadata?.name ?? '' },
    status: { conditions: [condition] },
  }
  return { op: 'apply', kind: ServiceCIDR, object, subresource: 'status', fieldManager: 'service-cidr-controller' } as Write
}

function rangesOf({ spec }: ServiceCIDRObject): Cidr[] {
  return (spec?.cidrs ?? []).map(parseCidr).filter((range) => range !== undefined)
}

function isAllocated({ metadata }: IPAddressObject): boolean {
  return metadata?.labels?.[managedBy] === allocator
}

function addressesOf({ spec }: ServiceObject): string[] {
  return (spec?.clusterIPs ?? []).filter((address) => address !== '' && address !== 'None')
}

/** Names of the ranges that hold an address. */
function holders(text: string, cidrs: Lister<ServiceCIDRObject>): string[] {
  const address = parseAddress(text)
  if (address === undefined) return []
  const holding = cidrs.list().filter((cidr) => rangesOf(cidr).some((range) => contains(range, address)))
  return holding.map(({ metadata }) => metadata?.name ?? '')
}

function goingHolders(address: string, cidrs: Lister<ServiceCIDRObject>): string[] {
  return holders(address, cidrs).filter((name) => cidrs.get(name)?.metadata?.deletionTimestamp !== undefined)
}

function isOnlyHolder(cidr: ServiceCIDRObject, address: string, cidrs: Lister<ServiceCIDRObject>): boolean {
  const names = holders(address, cidrs)
  return names.length === 1 && names[0] === cidr.metadata?.name
}

/** Whether every range of it lies in one of another object: then no address is left behind. */
function hasParents(cidr: ServiceCIDRObject, cidrs: Lister<ServiceCIDRObject>): boolean {
  const others = cidrs.list().filter(({ metadata }) => metadata?.name !== cidr.metadata?.name)
  return rangesOf(cidr).every((range) => others.some((other) => rangesOf(other).some((wide) => isWithin(range, wide))))
}

function isWithin(range: Cidr, wide: Cidr): boolean {
  return contains(wide, { family: range.family, value: range.first }) && cidrSize(wide) >= cidrSize(range)
}

// Gives services their node ports out of --service-node-port-range, and load balancers their health check port.
import type { Service, ServicePort, ServiceSpec } from '../../../openapi/types/core/v1.ts'
import { needsHealthCheckPort } from '../../api/core/service/strategy.ts'
import { ApiError, invalid } from '../../apimachinery/api-error.ts'
import type { Random } from '../../apimachinery/clock.ts'
import { at, invalidValue } from '../../apimachinery/field-errors.ts'
import { numberPool } from './number-pool.ts'
import type { Reservation } from './store-hook.ts'

export interface NodePorts {
  /** Takes what a draft lacks and writes it into spec.ports[*].nodePort. Throws 422, and 500 when the range is full. */
  reserve: (service: Service, old: Service | undefined, dryRun: boolean) => Reservation
  adopt: (service: Service) => void
  release: (service: Service) => void
}

const band = { least: 16n, most: 128n, step: 32n }

/** One write's use of the ports: takes at once, frees when committed. A dry run only looks. */
interface Operation {
  take: (port: number) => string | undefined
  takeNext: () => number
  taken: number[]
}

/** The allocator of a range (both ends included). */
export function nodePorts({ from, to }: { from: number; to: number }, random: Random): NodePorts {
  const pool = numberPool(BigInt(from), BigInt(to), band, random)
  const release = (ports: readonly number[]): void => {
    for (const port of ports) pool.release(BigInt(port))
  }
  const operation = (): Operation => {
    const taken: number[] = []
    return {
      taken,
      take: (port) => {
        if (!pool.inRange(BigInt(port))) return `provided port is not in the valid range. The range of valid ports is ${from}-${to}`
        if (!pool.take(BigInt(port))) return 'provided port is already allocated'
        taken.push(port)
        return undefined
      },
      takeNext: () => {
        const found = pool.takeNext()
        if (found === undefined)
          throw new ApiError('InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full')
        taken.push(Number(found))
        return Number(found)
      },
    }
  }
  return {
    adopt: (service) => {
      for (const port of portsOf(service)) pool.take(BigInt(port))
    },
    release: (service) => release(portsOf(service)),
    reserve: (service, old, dryRun) => {
      const before = old === undefined ? [] : portsOf(old)
      const own = operation()
      try {
        if (hasNodePorts(service.spec)) assignPorts(service, before, own)
        if (needsHealthCheckPort(service.spec ?? {})) assignHealthCheckPort(service, before, own)
      } catch (error) {
        release(own.taken)
        throw error
      }
      const after = portsOf(service)
      if (dryRun) release(own.taken)
      if (dryRun) return { commit: () => {}, revert: () => {} }
      return { commit: () => release(before.filter((port) => !after.includes(port))), revert: () => release(own.taken) }
    },
  }
}

function hasNodePorts(spec: ServiceSpec | undefined): boolean {
  return spec?.type === 'NodePort' || spec?.type === 'LoadBalancer'
}

/** Node ports and health check port that a service holds. */
function portsOf({ spec }: Service): number[] {
  const ports = hasNodePorts(spec) ? (spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0) : []
  return [...new Set([...ports, needsHealthCheckPort(spec ?? {}) ? (spec?.healthCheckNodePort ?? 0) : 0])].filter((port) => port !== 0)
}

/** Ports of the same number (TCP and UDP 53) share a node port. */
function assignPorts(service: Service, before: readonly number[], own: Operation): void {
  const { spec } = service
  const mayAllocate = spec?.type === 'NodePort' || spec?.allocateLoadBalancerNodePorts !== false
  const ports = spec?.ports ?? []
  const byPort = new Map<number, number>()
  for (const port of ports) if (port.nodePort && !byPort.has(port.port)) byPort.set(port.port, port.nodePort)
  const held = new Set(before)
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !mayAllocate) continue
    port.nodePort ||= sharedPort(port, ports, byPort) ?? own.takeNext()
    byPort.set(port.port, port.nodePort)
    if (held.has(port.nodePort) || own.taken.includes(port.nodePort)) continue
    const fault = own.take(port.nodePort)
    if (fault === undefined) continue
    const error = invalidValue(at('spec', 'ports').index(index).child('nodePort'), port.nodePort, fault)
    throw invalid({ group: '', kind: 'Service' }, service.metadata?.name ?? '', [error])
  }
}

/** The node port of another protocol on the same port number; one protocol never has it twice. */
function sharedPort(port: ServicePort, ports: readonly ServicePort[], byPort: ReadonlyMap<number, number>): number | undefined {
  const known = byPort.get(port.port)
  const clash = ports.some((other) => other !== port && other.nodePort === known && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
  return clash ? undefined : known
}

function assignHealthCheckPort(service: Service, before: readonly number[], own: Operation): void {
  const spec = (service.spec ??= {})
  if (!spec.healthCheckNodePort) {
    spec.healthCheckNodePort = own.takeNext()
    return
  }
  if (before.includes(spec.healthCheckNodePort)) return
  const fault = own.take(spec.healthCheckNodePort)
  if (fault === undefined) return
  const text = `failed to allocate requested HealthCheck NodePort ${spec.healthCheckNodePort}: ${fault}`
  throw new ApiError('InternalError', `Internal error occurred: ${text}`)
}

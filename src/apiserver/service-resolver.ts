// Where a Service that a configuration names (APIService, webhook) is reached: a ready endpoint of it, as upstream's --enable-aggregator-routing
// does, since nothing routes cluster addresses to the API server. Pure but for the choice between endpoints.
import type { Service as ServiceObject } from '../../openapi/types/core/v1.ts'
import { Service } from '../api/core/service/index.ts'
import { EndpointSlice } from '../api/discovery/endpointslice.ts'
import { ApiError, notFound } from '../apimachinery/api-error.ts'
import type { Random } from '../apimachinery/clock.ts'
import type { Reader } from './admission/plugin.ts'

/** A service as configurations name it. */
export interface ServiceReference {
  namespace: string
  name: string
  /** One of the service's own ports; default 443. */
  port?: number | undefined
}

/** Where to connect to, and for whom the certificate must be. */
export interface ServiceLocation {
  host: string
  port: number
  /** Name that TLS verifies: `<name>.<namespace>.svc`. */
  serverName: string
}

/** An address at which the service answers now. Throws 404 for an unknown service, 503 for one without the port or without ready endpoints. */
export function resolveService(read: Reader, random: Random, reference: ServiceReference): ServiceLocation {
  const { namespace, name, port = 443 } = reference
  const service = read.get(Service, namespace, name)
  if (service === undefined) throw notFound({ group: '', resource: 'service' }, name)
  const serverName = serverNameOf(reference)
  const { type = 'ClusterIP', externalName = '' } = service.spec ?? {}
  if (type === 'ExternalName') return { host: externalName, port, serverName }
  const portName = servicePortName(service, port)
  if (portName === undefined) throw unavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  const choices = serviceEndpoints(read, namespace, name, portName)
  const chosen = choices[Math.floor(random() * choices.length)]
  if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return { ...chosen, serverName }
}

/** The name that the service's certificate must be for. */
export function serverNameOf({ namespace, name }: ServiceReference): string {
  return `${name}.${namespace}.svc`
}

/** Name ('' for the only one) of the service's port with this number; undefined: it has none. */
export function servicePortName({ spec }: ServiceObject, port: number): string | undefined {
  const found = spec?.ports?.find((candidate) => candidate.port === port)
  return found === undefined ? undefined : (found.name ?? '')
}

/** Slices of a service's endpoints. */
export function slicesOf(read: Reader, namespace: string, name: string) {
  return read.list(EndpointSlice, namespace).filter(({ metadata }) => metadata?.labels?.['kubernetes.io/service-name'] === name)
}

/** Addresses of the ready endpoints behind a named port. */
export function serviceEndpoints(read: Reader, namespace: string, name: string, portName: string): { host: string; port: number }[] {
  return slicesOf(read, namespace, name).flatMap(({ endpoints, ports }) => {
    const port = ports?.find((candidate) => (candidate.name ?? '') === portName)?.port
    if (port === undefined) return []
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false)
    return ready.flatMap(({ addresses }) => addresses.slice(0, 1).map((host) => ({ host, port })))
  })
}

function unavailable(message: string): ApiError {
  return new ApiError('ServiceUnavailable', message)
}

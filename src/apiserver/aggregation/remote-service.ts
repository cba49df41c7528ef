// A group version that another API server serves, as its APIService says: who that is, and how it is trusted.
import { Agent } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { APIService as APIServiceObject } from '../../../openapi/types/apiregistration/v1.ts'
import type { ServiceReference } from '../service-resolver.ts'

/** What this server shows to those behind it (--proxy-client-cert-file, --proxy-client-key-file; PEM). */
export interface ProxyClient {
  cert: string
  key: string
}

export interface RemoteService {
  /** Of the APIService. */
  name: string
  group: string
  version: string
  service: Required<ServiceReference>
  groupPriority: number
  versionPriority: number
  /** Its condition Available is True. */
  available: boolean
  /** Whether the server's certificate must be for the service's name, by `trust`. */
  verifies: boolean
  /** Why there can be no connection: a CA bundle or a client certificate that nobody can read. */
  unusable?: string
  trust?: SecureContext
  /** Keeps connections to the service for the next requests. */
  agent: Agent
  /** What the connection is made of; the same text: the same trust and the same agent. */
  made: string
}

const keptConnections = 8
const idleMs = 90_000

/** True for an APIService that names another server. */
export function isRemote({ spec }: APIServiceObject): boolean {
  return spec?.service !== undefined
}

/** The state of its condition Available. */
export function isAvailable({ status }: APIServiceObject): boolean {
  return status?.conditions?.some(({ type, status: state }) => type === 'Available' && state === 'True') === true
}

/** What an APIService with a service says; connections of `before` are kept when they are still the right ones. */
export function remoteService(
  apiService: APIServiceObject,
  client: ProxyClient | undefined,
  before: RemoteService | undefined,
): RemoteService {
  const { metadata, spec } = apiService
  const { service, caBundle = '', insecureSkipTLSVerify: insecure = false } = spec ?? {}
  const reference = { namespace: service?.namespace ?? '', name: service?.name ?? '', port: service?.port ?? 443 }
  const made = JSON.stringify([reference, caBundle, insecure])
  return {
    name: metadata?.name ?? '',
    group: spec?.group ?? '',
    version: spec?.version ?? '',
    service: reference,
    groupPriority: spec?.groupPriorityMinimum ?? 0,
    versionPriority: spec?.versionPriority ?? 0,
    available: isAvailable(apiService),
    verifies: !insecure,
    ...connectionOf(caBundle, client, made, before),
  }
}

type Connection = Pick<RemoteService, 'unusable' | 'trust' | 'agent' | 'made'>

function connectionOf(caBundle: string, client: ProxyClient | undefined, made: string, before: RemoteService | undefined): Connection {
  if (before?.made === made) {
    const { agent, trust, unusable } = before
    return { made, agent, ...(trust === undefined ? {} : { trust }), ...(unusable === undefined ? {} : { unusable }) }
  }
  const agent = new Agent({ keepAlive: true, maxFreeSockets: keptConnections, timeout: idleMs })
  try {
    const ca = caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64') }
    return { made, agent, trust: createSecureContext({ ...ca, ...client }) }
  } catch (error) {
    return { made, agent, unusable: error instanceof Error ? error.message : String(error) }
  }
}

/** Gives idle connections back; requests under way end by themselves. */
export function forget({ agent }: RemoteService): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

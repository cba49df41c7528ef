// Finds the kubelet of a node, and the container that a request means.
import type { Node as NodeObject, Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { ApiError, badRequest, notFound } from '../../apimachinery/api-error.ts'
import type { RequestContext, ServerContext } from '../context.ts'
import type { Backend } from './backend.ts'

/** How this server proves itself to kubelets, and whom it believes. */
export interface KubeletClientOptions {
  /** --kubelet-client-certificate, --kubelet-client-key (PEM). */
  cert?: string
  key?: string
  /** --kubelet-certificate-authority (PEM). Absent: serving certificates are not verified, as upstream without the flag. */
  ca?: string
  /** --kubelet-preferred-address-types. */
  preferredAddressTypes?: readonly string[]
}

const defaultPort = 10250
const defaultAddressTypes = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP']

/** The kubelet's address for a path. Throws 404 for an unknown node, 500 for one without an address. */
export function kubeletBackend(
  server: ServerContext,
  nodeName: string,
  path: string,
  options: KubeletClientOptions,
  insecure = false,
): Backend {
  const node = server.read.get(Node, undefined, nodeName)
  if (node === undefined) throw notFound(Node, nodeName)
  const { cert, key, ca } = options
  return {
    scheme: 'https',
    host: nodeAddress(node, options),
    port: kubeletPort(node),
    path,
    tls: {
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: ca !== undefined && !insecure,
    },
  }
}

/** The port that the kubelet says. */
export function kubeletPort({ status }: NodeObject): number {
  return status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultPort
}

/** The first address of the best type. Throws 500. */
export function nodeAddress({ status }: NodeObject, { preferredAddressTypes = defaultAddressTypes }: KubeletClientOptions): string {
  const addresses = status?.addresses ?? []
  for (const wanted of preferredAddressTypes) {
    const found = addresses.find(({ type, address }) => type === wanted && address !== '')
    if (found !== undefined) return found.address
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ')
  throw new ApiError('', `no preferred addresses found; known addresses: [${known}]`)
}

/** The pod of a request, fresh. Throws 404. */
export async function podOf(server: ServerContext, { info }: RequestContext): Promise<PodObject> {
  const name = info.parts[1] ?? ''
  await server.read.refresh()
  const pod = server.read.get(Pod, info.namespace, name)
  if (pod === undefined) throw notFound(Pod, name)
  return pod
}

/** The container asked for, or the only one. Throws 400 in upstream's words. */
export function containerOf({ metadata, spec }: PodObject, asked: string): string {
  const main = (spec?.containers ?? []).map(({ name }) => name)
  const init = (spec?.initContainers ?? []).map(({ name }) => name)
  const debug = (spec?.ephemeralContainers ?? []).map(({ name }) => name)
  if (asked !== '') {
    if ([...main, ...init, ...debug].includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${metadata?.name}`)
  }
  if (main.length === 1) return main[0]!
  let text = `a container name must be specified for pod ${metadata?.name}`
  if (main.length > 0) {
    text += `, choose one of: [${main.join(' ')}]`
    if (init.length > 0) text += ` or one of the init containers: [${init.join(' ')}]`
    if (debug.length > 0) text += ` or one of the ephemeral containers: [${debug.join(' ')}]`
  }
  throw badRequest(text)
}

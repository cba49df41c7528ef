// nodes/proxy, pods/proxy, services/proxy: HTTP to a kubelet, a pod or an endpoint of a service.
import type { Pod as PodObject } from '../../../openapi/types/core/v1.ts'
import { Endpoints } from '../../api/core/endpoints.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod/index.ts'
import { Service } from '../../api/core/service/index.ts'
import { ApiError, badRequest, notFound } from '../../apimachinery/api-error.ts'
import { contains, parseAddress, parseCidr } from '../../apimachinery/cidr.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { type Backend, forward } from './backend.ts'
import { type KubeletClientOptions, kubeletBackend, kubeletPort, nodeAddress } from './kubelet.ts'

const verbs = ['create', 'delete', 'get', 'patch', 'update']
/** Addresses that only this machine or this link means: never a pod (CVE-2020-8562). */
const local = ['127.0.0.0/8', '::1/128', '169.254.0.0/16', 'fe80::/10', '224.0.0.0/4', 'ff00::/8', '0.0.0.0/32', '::/128'].map(
  (text) => parseCidr(text)!,
)

/** The three handlers; `kubelet` says how to reach kubelets. */
export function proxies(kubelet: KubeletClientOptions): Subresource[] {
  const proxy = (kind: string, locate: Locate): Subresource => ({
    name: 'proxy',
    kinds: [kind],
    verbs,
    takesPath: true,
    handle: (request, server) => handle(request, server, locate),
  })
  return [
    proxy('nodes', (target, server) => nodeLocation(target, server, kubelet)),
    proxy('pods', podLocation),
    proxy('services', serviceLocation),
  ]
}

/** `[scheme:]name[:port]` of the URL, and the namespace. */
interface ProxyTarget {
  scheme: 'http' | 'https'
  name: string
  port: string
  namespace: string
  /** As it stands in the URL. */
  id: string
}

type Locate = (target: ProxyTarget, server: ServerContext) => Omit<Backend, 'path'>

async function handle(request: RequestContext, server: ServerContext, locate: Locate): Promise<Answer> {
  const { info, connection } = request
  const rawPath = (connection.request.url ?? '').split('?')[0] ?? ''
  const rest = rawPath.split('/proxy').slice(1).join('/proxy')
  const search = query(connection.request.url ?? '')
  if (rest === '' && (request.method === 'GET' || request.method === 'HEAD') && connection.upgrade === undefined) {
    return { type: 'raw', code: 301, contentType: 'text/html; charset=utf-8', body: '', headers: { Location: `${rawPath}/${search}` } }
  }
  await server.read.refresh()
  const target = parsed(info.parts[1] ?? '', info.namespace)
  return forward({ ...locate(target, server), path: `${rest === '' ? '/' : rest}${search}` }, request)
}

function query(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark)
}

function parsed(id: string, namespace: string): ProxyTarget {
  const words = id.split(':')
  const [scheme, name, port] = words.length === 3 ? words : ['', words[0], words[1] ?? '']
  if (words.length > 3 || !name || !['', 'http', 'https'].includes(scheme ?? '')) throw badRequest(`invalid request ${JSON.stringify(id)}`)
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port: port ?? '', namespace, id }
}

function nodeLocation(
  { scheme, name, port, id }: ProxyTarget,
  server: ServerContext,
  kubelet: KubeletClientOptions,
): Omit<Backend, 'path'> {
  const node = server.read.get(Node, undefined, name)
  if (node === undefined) throw notFound(Node, name)
  if (port === '' || port === String(kubeletPort(node))) return kubeletBackend(server, name, '/', kubelet)
  const host = nodeAddress(node, kubelet)
  return { scheme, host: proxyable(host), port: portNumber(port, id), tls: { rejectUnauthorized: false } }
}

function podLocation({ scheme, name, port, namespace, id }: ProxyTarget, server: ServerContext): Omit<Backend, 'path'> {
  const pod = server.read.get(Pod, namespace, name)
  if (pod === undefined) throw notFound(Pod, name)
  const first = pod.spec?.containers?.find(({ ports }) => (ports ?? []).length > 0)?.ports?.[0]?.containerPort
  const fallback = first ?? (scheme === 'https' ? 443 : 80)
  return {
    scheme,
    host: proxyable(pod.status?.podIP ?? ''),
    port: port === '' ? fallback : portNumber(port, id),
    tls: { rejectUnauthorized: false },
  }
}

function serviceLocation({ scheme, name, port, namespace, id }: ProxyTarget, server: ServerContext): Omit<Backend, 'path'> {
  const service = server.read.get(Service, namespace, name)
  if (service === undefined) throw notFound(Service, name)
  const numbered = /^\d+$/.test(port)
  const named = numbered ? service.spec?.ports?.find((candidate) => candidate.port === Number(port)) : undefined
  if (numbered && named === undefined) throw unavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  const wanted = numbered ? (named?.name ?? '') : port
  const endpoints = server.read.get(Endpoints, namespace, name)
  if (endpoints === undefined) throw notFound(Endpoints, name)
  if ((endpoints.subsets ?? []).length === 0) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  const choices = (endpoints.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    const found = ports.find((candidate) => (candidate.name ?? '') === wanted)
    const pods = addresses.filter(({ ip, targetRef }) => isAddressOf(server.read.get(Pod, namespace, targetRef?.name ?? ''), ip))
    return found === undefined ? [] : pods.map(({ ip }) => ({ ip, port: found.port }))
  })
  const chosen = choices[Math.floor(server.random() * choices.length)]
  if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(id)}`)
  return { scheme, host: proxyable(chosen.ip), port: chosen.port, tls: { rejectUnauthorized: false } }
}

/** Only addresses that really are pods: endpoints can be written by users. */
function isAddressOf(pod: PodObject | undefined, ip: string): boolean {
  return pod?.status?.podIPs?.some((own) => own.ip === ip) ?? false
}

function proxyable(host: string): string {
  const address = parseAddress(host)
  if (address === undefined || local.some((range) => contains(range, address))) throw badRequest('address not allowed')
  return host
}

function portNumber(port: string, id: string): number {
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw badRequest(`invalid request ${JSON.stringify(id)}`)
  return number
}

function unavailable(message: string): ApiError {
  return new ApiError('ServiceUnavailable', message)
}

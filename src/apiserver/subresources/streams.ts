// pods/exec, attach and portforward: an upgraded connection to the kubelet, joined with the client's. The protocol (WebSocket or SPDY) is theirs.
import { badRequest } from '../../apimachinery/api-error.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from '../context.ts'
import { isTrue } from '../request-info.ts'
import { upgrade } from './backend.ts'
import { containerOf, type KubeletClientOptions, kubeletBackend, podOf } from './kubelet.ts'

/** Our names of the streams → the kubelet's. */
const flags = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' }

/** The three handlers; `kubelet` says how to reach kubelets. */
export function podStreams(kubelet: KubeletClientOptions): Subresource[] {
  return (['attach', 'exec', 'portforward'] as const).map((name) => ({
    name,
    kinds: ['pods'],
    verbs: ['get', 'create'],
    handle: (request, server) => handle(name, request, server, kubelet),
  }))
}

async function handle(
  what: 'attach' | 'exec' | 'portforward',
  request: RequestContext,
  server: ServerContext,
  kubelet: KubeletClientOptions,
): Promise<Answer> {
  const { query, info, connection } = request
  const pod = await podOf(server, request)
  const name = pod.metadata?.name ?? ''
  const container = what === 'portforward' ? '' : containerOf(pod, query.get('container') ?? '')
  const nodeName = pod.spec?.nodeName
  if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`)
  if (connection.upgrade === undefined) throw badRequest('Upgrade request required')
  const words = [what === 'portforward' ? 'portForward' : what, info.namespace, name, ...(container === '' ? [] : [container])]
  const path = `/${words.map(encodeURIComponent).join('/')}?${what === 'portforward' ? portParameters(query) : streamParameters(query)}`
  return upgrade(kubeletBackend(server, nodeName, path, kubelet), request, connection.upgrade)
}

function streamParameters(query: URLSearchParams): URLSearchParams {
  const parameters = new URLSearchParams()
  // Output is wanted unless it is refused: upstream's defaults for exec and attach.
  const wanted = { stdin: false, stdout: true, stderr: true, tty: false }
  for (const [flag, word] of Object.entries(flags)) {
    const given = query.has(flag) ? isTrue(query.get(flag)) : wanted[flag as keyof typeof wanted]
    if (given) parameters.set(word, '1')
  }
  for (const command of query.getAll('command')) parameters.append('command', command)
  return parameters
}

function portParameters(query: URLSearchParams): URLSearchParams {
  const ports = query.getAll('ports').flatMap((value) => value.split(','))
  return new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(',') })
}

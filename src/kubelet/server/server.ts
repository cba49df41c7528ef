// The HTTPS server of kubelets. One process may host many nodes: each has a port of its own, all share one TLS server, and the port that
// a connection came in by says which node is meant.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createListener, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ComponentContext } from '../../component.ts'
import { createCertificateAuthority, issueCertificate } from '../../pki/certificate.ts'
import { type Access, kubeletAccess } from './access.ts'
import { type KubeletAnswer, kubeletAnswer } from './answers.ts'
import { forbiddenText, requestAttributes } from './attributes.ts'
import type { ServedNode } from './served-node.ts'

/** Upstream's flags of the server. */
export interface KubeletServerOptions {
  /** --address. */
  address: string
  /** --port of the first node, the others follow; 0: any free one for each. */
  port: number
  /** --read-only-port, without TLS and without questions; 0: none. Only with one node. */
  readOnlyPort?: number
  /** PEM of --tls-cert-file and --tls-private-key-file; absent: self-signed. */
  cert?: string
  key?: string
  /** PEM of --client-ca-file. */
  clientCa?: string
  anonymousAuth: boolean
  authorizationMode: 'AlwaysAllow' | 'Webhook'
  tokenWebhook: boolean
}

export interface KubeletServer {
  /** Opens a node's port (the `index`th of the process); resolves with it. Rejects when it is taken. */
  open(node: ServedNode, index: number): Promise<number>
  close(): void
}

const limits = { headersTimeout: 32_000, requestTimeout: 60_000, keepAliveTimeout: 90_000, maxHeaderSize: 64 * 1024 }
const maxConnectionsOfNode = 1000
const followMs = 1000

/** Makes the server; nothing listens yet. */
export function kubeletServer(options: KubeletServerOptions, context: ComponentContext): KubeletServer {
  const { client, clock, log } = context
  const access = kubeletAccess({
    ...{ client, clock },
    anonymous: options.anonymousAuth,
    tokens: options.tokenWebhook,
    mode: options.authorizationMode,
  })
  const nodes = new Map<number, ServedNode>()
  const listeners = new Set<Server>()
  const handler = (guard: Access | undefined) => (request: IncomingMessage, response: ServerResponse) => {
    const node = nodes.get(request.socket.localPort ?? 0)
    if (node === undefined) return void request.socket.destroy()
    respond(node, request, response, guard, context).catch((err) => {
      log.warn({ err, node: node.name }, 'a request to the kubelet failed')
      if (response.headersSent) response.destroy()
      else send(response, { code: 500, contentType: 'text/plain; charset=utf-8', body: 'Internal Server Error' })
    })
  }
  const secure = createHttpsServer(
    {
      ...limits,
      ...(options.cert === undefined || options.key === undefined ? selfSigned(clock.now()) : { cert: options.cert, key: options.key }),
      ...(options.clientCa === undefined ? {} : { ca: options.clientCa, requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      // streams need a runtime that has them: an upgrade is answered as a plain request
      shouldUpgradeCallback: () => false,
    },
    handler(access),
  )
  const listen = async (port: number, node: ServedNode, server: Server): Promise<number> => {
    server.maxConnections = maxConnectionsOfNode
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, options.address, resolve))
    server.on('error', (err) => log.warn({ err, node: node.name }, 'the port of a kubelet failed'))
    listeners.add(server)
    const taken = (server.address() as AddressInfo).port
    nodes.set(taken, node)
    return taken
  }
  return {
    async open(node, index) {
      const port = options.port === 0 ? 0 : options.port + index
      const taken = await listen(
        port,
        node,
        createListener((socket: Duplex) => void secure.emit('connection', socket)),
      )
      if (index === 0 && (options.readOnlyPort ?? 0) > 0)
        await listen(options.readOnlyPort!, node, createHttpServer({ ...limits, shouldUpgradeCallback: () => false }, handler(undefined)))
      return taken
    },
    close() {
      for (const listener of listeners) listener.close()
      secure.closeAllConnections()
      secure.close()
    },
  }
}

/** `guard` absent: the read-only port, where only what is harmless is served. */
async function respond(
  node: ServedNode,
  request: IncomingMessage,
  response: ServerResponse,
  guard: Access | undefined,
  context: ComponentContext,
): Promise<void> {
  const { clock } = context
  const method = request.method ?? 'GET'
  const url = new URL(`http://kubelet/${(request.url ?? '/').replace(/^\/+/, '')}`)
  request.resume()
  const refused = guard === undefined ? readOnlyRefusal(url.pathname) : await refusal(node, request, method, url.pathname, guard)
  const answer = refused ?? kubeletAnswer(node, method, url, clock.now())
  if (answer.next === undefined) return send(response, answer, method)
  response.writeHead(answer.code, { 'Content-Type': answer.contentType })
  response.flushHeaders()
  if (answer.body !== '') response.write(answer.body)
  const more = () => {
    // a reader that does not keep up is not written for: the lines stay where they are
    const text = context.signal.aborted || response.destroyed ? undefined : response.writableNeedDrain ? '' : answer.next!()
    if (text === undefined) return void response.end()
    if (text !== '') response.write(text)
    clock.after(followMs, more)
  }
  more()
}

async function refusal(
  node: ServedNode,
  request: IncomingMessage,
  method: string,
  path: string,
  guard: Access,
): Promise<KubeletAnswer | undefined> {
  const contentType = 'text/plain; charset=utf-8'
  const caller = await guard.caller(request.socket as TLSSocket, request.headers.authorization)
  if (caller === undefined) return { code: 401, contentType, body: 'Unauthorized' }
  const { verb, subresources } = requestAttributes(method, path)
  for (const subresource of subresources) {
    let allowed: boolean
    try {
      allowed = await guard.allowed(caller, node.name, verb, subresource)
    } catch {
      const body = `Authorization error (user=${caller.name}, verb=${verb}, resource=nodes, subresource=${subresource})`
      return { code: 500, contentType, body }
    }
    if (allowed) return undefined
  }
  return { code: 403, contentType, body: forbiddenText(caller.name, verb, subresources) }
}

function readOnlyRefusal(path: string): KubeletAnswer | undefined {
  if (/^\/(healthz|pods|stats|metrics)(\/|$)/.test(path)) return undefined
  return { code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' }
}

function send(response: ServerResponse, { code, contentType, body }: KubeletAnswer, method = 'GET'): void {
  const bytes = Buffer.from(body)
  response.writeHead(code, { 'Content-Type': contentType, 'Content-Length': bytes.length })
  response.end(method === 'HEAD' ? undefined : bytes)
}

/** Good for one run, for clients that do not verify: as upstream without --tls-cert-file. */
function selfSigned(now: number): { cert: string; key: string } {
  const validity = { notBefore: now - 60_000, notAfter: now + 365 * 86_400_000 }
  const ca = createCertificateAuthority({ commonName: 'k8ts-kubelet-ca', ...validity })
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }
  const issued = issueCertificate({ ca, commonName: 'k8ts-kubelet', usages: ['server'], ...names, ...validity })
  return { cert: issued.certificatePem, key: issued.privateKeyPem }
}

// A small API server of the group wardle.example.com behind the API server under test: HTTPS with a CA of its own, and it believes only
// whom the front proxy's certificate speaks for.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import pino from 'pino'
import type { Clock } from '../../../src/apimachinery/clock.ts'
import { requestHeaderDefaults } from '../../../src/apiserver/authentication/request-header.ts'
import type { ApiServer } from '../../../src/apiserver/component.ts'
import { openApiServer, type RunOptions } from '../../../src/apiserver/run.ts'
import { createCertificateAuthority, issueCertificate } from '../../../src/pki/certificate.ts'
import { openEmbedded } from '../../../src/storage/embedded/embedded.ts'
import type { Reply } from '../core/harness.ts'

export const group = 'wardle.example.com'
export const version = 'v1alpha1'
export const flunders = `/apis/${group}/${version}/namespaces/default/flunders`
const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }

export const frontProxyCa = createCertificateAuthority({ commonName: 'front-proxy-ca', ...validity })
const servingCa = createCertificateAuthority({ commonName: 'wardle-ca', ...validity })
export const proxyClient = (() => {
  const { certificatePem, privateKeyPem } = issueCertificate({
    ca: frontProxyCa,
    commonName: 'front-proxy-client',
    usages: ['client'],
    ...validity,
  })
  return { cert: certificatePem, key: privateKeyPem }
})()
export const caBundle = Buffer.from(servingCa.certificatePem).toString('base64')

export interface SeenRequest {
  method: string
  url: string
  /** Names in lower case; values of headers that came several times, each. */
  headers: Record<string, string[]>
  body: string
  commonName: string
}

export interface ExtensionServer {
  port: number
  /** Requests of clients: not the API server's own questions. */
  seen: SeenRequest[]
  /** What it can do; may be changed meanwhile. */
  offers: { aggregatedDiscovery: boolean; openApi: boolean; healthy: boolean }
  close: () => Promise<void>
}

const resource = { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs: ['create', 'get', 'list', 'watch'] }
const status = { ...resource, name: 'flunders/status', singularName: '', verbs: ['get'] }

/** Starts it; its certificate is for `names`, and it believes proxies of `proxyCa`. */
export async function startExtension(names = ['wardle.default.svc'], proxyCa = frontProxyCa.certificatePem): Promise<ExtensionServer> {
  const serving = issueCertificate({ ca: servingCa, commonName: 'wardle', usages: ['server'], dnsNames: names, ...validity })
  const server = createServer({
    cert: serving.certificatePem,
    key: serving.privateKeyPem,
    ca: proxyCa,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const seen: SeenRequest[] = []
  const offers = { aggregatedDiscovery: true, openApi: true, healthy: true }
  server.on('request', (request, response) => void answer(request, response, seen, offers))
  server.on('upgrade', (request, socket) => {
    seen.push(seenOf(request, ''))
    if (request.url?.includes('refused'))
      return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno')
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('data', (piece) => socket.write(`echo ${piece}`))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { port: (server.address() as AddressInfo).port, seen, offers, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function seenOf(request: IncomingMessage, body: string): SeenRequest {
  const headers: Record<string, string[]> = {}
  for (let i = 0; i < request.rawHeaders.length; i += 2)
    (headers[request.rawHeaders[i]!.toLowerCase()] ??= []).push(request.rawHeaders[i + 1]!)
  const socket = request.socket as TLSSocket
  const commonName = socket.authorized ? [socket.getPeerCertificate().subject?.CN ?? ''].flat()[0]! : ''
  return { method: request.method ?? '', url: request.url ?? '', headers, body, commonName }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  seen: SeenRequest[],
  offers: ExtensionServer['offers'],
): Promise<void> {
  let body = ''
  for await (const piece of request) body += piece
  const one = seenOf(request, body)
  const url = new URL(one.url, 'https://x')
  if (one.headers['x-remote-user']?.[0] !== 'system:kube-aggregator') seen.push(one)
  const send = (code: number, value: unknown, contentType = 'application/json') => {
    response.writeHead(code, { 'content-type': contentType }).end(typeof value === 'string' ? value : JSON.stringify(value))
  }
  if (one.commonName !== 'front-proxy-client') return send(401, { kind: 'Status', code: 401 })
  if (!offers.healthy) return send(500, 'broken', 'text/plain')
  const described = document(url.pathname, offers)
  if (described !== undefined) return send(200, described.value, described.contentType)
  if (url.pathname.endsWith('/moved')) return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
  if (url.pathname === flunders && url.searchParams.get('watch') === 'true') return watch(response)
  if (url.pathname.startsWith(flunders)) {
    response.setHeader('x-wardle', 'yes')
    response.setHeader('audit-id', 'its-own')
    return send(request.method === 'POST' ? 201 : 200, one)
  }
  send(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 })
}

function document(path: string, offers: ExtensionServer['offers']): { value: unknown; contentType: string } | undefined {
  const json = (value: unknown, contentType = 'application/json') => ({ value, contentType })
  const gv = `/apis/${group}/${version}`
  if (path === gv)
    return json({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources: [resource, status] })
  if (path === '/apis' && offers.aggregatedDiscovery) {
    const { name, singularName: singularResource, verbs, kind } = resource
    const flunder = {
      resource: name,
      responseKind: { group, version, kind },
      scope: 'Namespaced',
      singularResource,
      verbs,
      shortNames: ['fl'],
    }
    const versions = [{ version, resources: [flunder], freshness: 'Current' }]
    return json(
      { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items: [{ metadata: { name: group }, versions }] },
      v2,
    )
  }
  if (!offers.openApi) return undefined
  if (path === '/openapi/v3') {
    return json({
      paths: { [gv.slice(1)]: { serverRelativeURL: `/openapi/v3${gv}?hash=1` }, 'apis/apps/v1': { serverRelativeURL: '/evil' } },
    })
  }
  if (path === `/openapi/v3${gv}`) return json({ openapi: '3.0.0', info: { title: 'wardle' }, paths: {} })
  if (path === '/openapi/v2') {
    const reference = { schema: { $ref: '#/definitions/io.k8s.api.core.v1.Pod' } }
    const definitions = { 'io.k8s.api.core.v1.Pod': { type: 'string' }, unused: { type: 'string' } }
    return json({ swagger: '2.0', paths: { [`${gv}/flunders`]: reference, '/apis/apps/v1/deployments': {} }, definitions })
  }
  return undefined
}

function watch(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const event = (name: string) => response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`)
  event('first')
  const timer = setInterval(() => event('next'), 20)
  response.on('close', () => clearInterval(timer))
}

/** The wall clock: sockets do not wait for a clock that stands still. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

export interface AggregatingServer {
  server: ApiServer
  call: (method: string, url: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>
  /** Creates the service and the APIService of the extension server. */
  register: (port: number, spec?: object) => Promise<void>
  /** Waits for a state of the condition Available. */
  untilAvailable: (name: string, want: string) => Promise<{ status: string; reason: string; message: string }>
  close: () => Promise<void>
}

/** The whole API server, in memory; requests are an administrator's. */
export async function startAggregating(options: Partial<RunOptions> = {}): Promise<AggregatingServer> {
  const storage = await openEmbedded({ path: undefined })
  const server = await openApiServer({
    bindAddress: '127.0.0.1',
    securePort: 0,
    advertiseAddress: '192.0.2.1',
    aggregation: { proxyClient },
    requestHeader: requestHeaderDefaults,
    ...options,
    storage,
    clock: wallClock,
    random: Math.random,
    log: pino({ level: 'silent' }),
    tokenFileText: 'admin-token,admin,u-1,"system:masters,übung"\n',
  })
  await server.listen()
  const call: AggregatingServer['call'] = async (method, url, body, headers = {}) => {
    const reply = await server.fastify.inject({
      method: method as 'GET',
      url,
      headers: { authorization: 'Bearer admin-token', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const json = String(reply.headers['content-type']).includes('json') && reply.body !== ''
    return { code: reply.statusCode, headers: reply.headers, text: reply.body, body: json ? JSON.parse(reply.body) : undefined }
  }
  const name = `${version}.${group}`
  return {
    server,
    call,
    register: async (port, spec = {}) => {
      const service = { namespace: 'default', name: 'wardle', port }
      await call('POST', '/api/v1/namespaces/default/services', {
        metadata: { name: 'wardle' },
        spec: { type: 'ExternalName', externalName: 'localhost' },
      })
      const whole = { group, version, service, groupPriorityMinimum: 2000, versionPriority: 10, caBundle, ...spec }
      const made = await call('POST', '/apis/apiregistration.k8s.io/v1/apiservices', { metadata: { name }, spec: whole })
      if (made.code !== 201) throw new Error(made.text)
    },
    untilAvailable: async (which, want) => {
      return until(async () => {
        const { body } = await call('GET', `/apis/apiregistration.k8s.io/v1/apiservices/${which}`)
        const condition = body?.status?.conditions?.[0]
        return condition?.status === want || condition?.reason === want ? condition : undefined
      })
    },
    close: async () => {
      await server.close()
      await storage.close()
    },
  }
}

/** Asks again until there is an answer; what never comes is the test runner's affair. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  while (true) {
    const found = await ask()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

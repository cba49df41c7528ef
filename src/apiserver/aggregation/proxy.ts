// Passes a request on to the server that an APIService names, and its answer back: bodies as streams both ways, so that nothing is kept.
// Redirects are never followed (and by default not passed on); refusals are plain text, as the aggregator of kube-apiserver writes them.
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connectionFault } from '../connection-fault.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { isLongRunning } from '../request-info.ts'
import { drained, writeHead } from '../respond.ts'
import { resolveService, type ServiceLocation } from '../service-resolver.ts'
import { endToEnd, forwardable, userHeaders } from './front-proxy.ts'
import type { RemoteService } from './remote-service.ts'

export interface ProxyOptions {
  /** --aggregator-reject-forwarding-redirect: a redirect becomes 502. Default true. */
  rejectForwardingRedirects?: boolean
}

const connectTimeoutMs = 30_000

/** Serves a request for a group version of another server. Never throws: what cannot be reached is 503. */
export async function proxy(server: ServerContext, remote: RemoteService, request: RequestContext, options: ProxyOptions): Promise<Answer> {
  if (!remote.available) return refusal(503, 'service unavailable')
  if (remote.unusable !== undefined) return refusal(500, remote.unusable)
  let location: ServiceLocation
  try {
    location = resolveService(server.read, server.random, remote.service)
  } catch (error) {
    server.log.warn({ err: error, apiService: remote.name }, 'Cannot resolve the service of an APIService')
    return refusal(503, 'service unavailable')
  }
  const { upgrade } = request.connection
  try {
    if (upgrade !== undefined) return await joined(server, connect(remote, location, request, true), request, upgrade, options)
    const answer = await answerOf(server, remote, location, request)
    return isRedirect(answer) && options.rejectForwardingRedirects !== false ? redirected(answer) : await passBack(server, answer, request)
  } catch (error) {
    const { host, port, serverName } = location
    const { response } = request.connection
    // what the other server's answer had, but not what flow control has said
    const theirs = response.headersSent ? [] : response.getHeaderNames().filter((name) => !name.startsWith('x-kubernetes-pf-'))
    for (const name of theirs) response.removeHeader(name)
    return refusal(503, `error trying to reach service: ${connectionFault(error as Error, host, port, serverName)}`)
  }
}

/** What the aggregator itself says: plain text. */
function refusal(code: number, text: string): Answer {
  const headers = { 'X-Content-Type-Options': 'nosniff' }
  return { type: 'raw', code, contentType: 'text/plain; charset=utf-8', body: `${text}\n`, headers }
}

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode <= 399 && headers.location !== undefined && headers.location !== ''
}

function redirected(answer: IncomingMessage): Answer {
  answer.destroy()
  const body = 'the backend attempted to redirect this request, which is not permitted'
  return { type: 'raw', code: 502, contentType: 'text/plain; charset=utf-8', body }
}

/** The options of a connection to a remote server. */
export function connectionOptions(remote: RemoteService, { host, port, serverName }: ServiceLocation, verifies = remote.verifies) {
  return {
    host,
    port,
    servername: isIP(serverName) === 0 ? serverName : '',
    rejectUnauthorized: verifies,
    ...(remote.trust === undefined ? {} : { secureContext: remote.trust }),
  }
}

function connect(remote: RemoteService, location: ServiceLocation, request: RequestContext, upgrade: boolean): ClientRequest {
  const { connection, method, headers } = request
  const raw = connection.request
  const forwarded = [headers['x-forwarded-for'] ?? [], raw.socket.remoteAddress ?? []].flat().join(', ')
  const sent: OutgoingHttpHeaders = {
    ...forwardable(raw.headers),
    ...userHeaders(request.user),
    'Audit-Id': request.auditId,
    ...(forwarded === '' ? {} : { 'X-Forwarded-For': forwarded }),
    'X-Forwarded-Host': raw.headers.host ?? '',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Uri': request.info.path,
    ...(upgrade ? { Connection: 'Upgrade', Upgrade: String(headers['upgrade'] ?? '') } : {}),
  }
  const outgoing = httpsRequest({
    ...connectionOptions(remote, location),
    method,
    path: raw.url ?? '/',
    headers: withoutTwins(sent),
    // an upgraded connection is not used again
    agent: upgrade ? false : remote.agent,
    setHost: false,
  })
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return
    const late = () => outgoing.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' }))
    socket.setTimeout(connectTimeoutMs, late)
    socket.once('secureConnect', () => {
      socket.off('timeout', late)
      socket.setTimeout(0)
    })
  })
  return outgoing
}

/** One header of each name, the last; names differ in case. */
function withoutTwins(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** The answer of the remote server to a request whose body it is sent as it comes. A kept connection that had ended is tried anew. */
async function answerOf(
  server: ServerContext,
  remote: RemoteService,
  location: ServiceLocation,
  request: RequestContext,
): Promise<IncomingMessage> {
  const raw = request.connection.request
  const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0
  for (let attempt = 0; ; attempt++) {
    const outgoing = connect(remote, location, request, false)
    try {
      return await sent(server, outgoing, request, hasBody)
    } catch (error) {
      const ended = outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (!ended || hasBody || attempt > 2 || request.signal.aborted) throw error
    }
  }
}

function sent(server: ServerContext, outgoing: ClientRequest, request: RequestContext, hasBody: boolean): Promise<IncomingMessage> {
  const stop = () => outgoing.destroy(new Error('context canceled'))
  // at shutdown what is short may end by itself
  const signals = isLongRunning(request.info) ? [request.signal, server.signal] : [request.signal]
  for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
  outgoing.once('close', () => {
    for (const signal of signals) signal.removeEventListener('abort', stop)
  })
  if (request.signal.aborted) stop()
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    // also after a protocol switch that nobody asked for
    outgoing.on('close', () => reject(new Error('EOF')))
    if (hasBody) {
      request.connection.request.on('error', stop)
      request.connection.request.pipe(outgoing)
    } else outgoing.end()
  })
}

/** Writes the answer to the client as it comes; a watch is flushed piece by piece. */
async function passBack(server: ServerContext, answer: IncomingMessage, request: RequestContext): Promise<Answer> {
  const { 'content-type': contentType = '', ...headers } = endToEnd(answer.headers)
  const { response } = request.connection
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && name !== 'audit-id') response.setHeader(name, value)
  const own: Record<string, string> = headers['cache-control'] === undefined ? {} : { 'Cache-Control': String(headers['cache-control']) }
  writeHead(request, answer.statusCode ?? 502, String(contentType), own)
  if (contentType === '') response.removeHeader('Content-Type')
  response.flushHeaders()
  request.initialized?.()
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      if (response.destroyed) break
      if (!response.write(piece)) await drained(response)
    }
    response.end()
  } catch {
    // at shutdown the end is a clean one; else the client must see that something is missing
    if (server.signal.aborted) response.end()
    else response.destroy()
  }
  return { type: 'hijacked' }
}

/** Joins the client's connection with the remote server's, once that speaks the new protocol. Refusals are passed on, redirects are not. */
function joined(
  server: ServerContext,
  outgoing: ClientRequest,
  request: RequestContext,
  client: { socket: Duplex; head: Buffer },
  options: ProxyOptions,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const end = () => client.socket.destroy()
  server.signal.addEventListener('abort', end, { once: true })
  client.socket.once('close', () => {
    server.signal.removeEventListener('abort', end)
    outgoing.destroy()
  })
  outgoing.on('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
    client.socket.write(headText(answer))
    client.socket.write(head)
    socket.write(client.head)
    for (const [one, other] of [
      [client.socket, socket],
      [socket, client.socket],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    resolve({ type: 'hijacked' })
  })
  outgoing.on('response', (answer) => {
    if ((answer.statusCode ?? 0) < 400) {
      answer.destroy()
      if (isRedirect(answer) && options.rejectForwardingRedirects !== false) return resolve(redirected(answer))
      return resolve(refusal(503, `invalid upgrade response: status code ${answer.statusCode}`))
    }
    resolve({ type: 'stream', body: answer, contentType: String(answer.headers['content-type'] ?? ''), code: answer.statusCode ?? 502 })
  })
  outgoing.on('error', reject)
  outgoing.on('close', () => reject(new Error('EOF')))
  request.signal.addEventListener('abort', () => outgoing.destroy(), { once: true })
  outgoing.end()
  return promise
}

function headText({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2) text += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  return `${text}\r\n`
}

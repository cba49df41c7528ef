// The real transport: HTTP/1.1 over TLS with keep-alive, by Node's own client. Watches hold a connection each, so connections are not capped low.
// undici would bring its WebAssembly parser along: 11 MB more in every worker process. node:http is imported only when it is needed, since its
// exports include a WebSocket, for which Node loads an undici of its own.
import type { ClientRequest, AgentOptions as HttpAgentOptions, IncomingMessage } from 'node:http'
import { Agent, type AgentOptions, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import type { Transport, TransportRequest, TransportResponse } from './transport.ts'

export interface TransportOptions {
  /** Base URL of the API server, e.g. https://127.0.0.1:6443. */
  server: string
  /** PEM texts. Without `ca` the system's roots are trusted. */
  ca?: string
  cert?: string
  key?: string
  insecureSkipTlsVerify?: boolean
  /** Checked name of the server certificate, when it differs from the URL's host. */
  serverName?: string
}

/** A transport and the way to end its connections. */
export interface ClosableTransport {
  transport: Transport
  close(): Promise<void>
}

const maxConnections = 256
/** After which an idle connection is closed. */
const idleMs = 60_000
const connectTimeoutMs = 10_000
const answerTimeoutMs = 90_000

/** Opens connections as they are needed; nothing is sent before the first request. */
export function openTransport(options: TransportOptions): ClosableTransport {
  const url = new URL(options.server)
  const prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '')
  // as many idle ones as there may be at all: a process of many nodes works in bursts, and a handshake costs more than most requests
  const pool = { keepAlive: true, maxSockets: maxConnections, maxFreeSockets: maxConnections, timeout: idleMs, scheduling: 'lifo' as const }
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const address = { host: url.hostname.replace(/^\[|\]$/g, ''), port }
  const opened = secure ? securely({ ...pool, ...tlsOptions(options) }) : plainly(pool)
  const transport: Transport = async ({ method, path, headers, body, signal }) => {
    const { send, agent } = await opened
    // Node sends the body of a DELETE, but no length for it, unless told
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const options = { ...address, agent, method, path: prefix + path, headers: { ...headers, ...length } }
    const request = send(signal === undefined ? options : { ...options, signal })
    return exchange(request, body)
  }
  return { transport, close: async () => (await opened).agent.destroy() }
}

function securely(options: AgentOptions) {
  return { send: httpsRequest, agent: new Agent(options) }
}

async function plainly(options: HttpAgentOptions) {
  const http = await import('node:http')
  return { send: http.request, agent: new http.Agent(options) }
}

function tlsOptions(options: TransportOptions) {
  return {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.serverName === undefined ? {} : { servername: options.serverName }),
    rejectUnauthorized: options.insecureSkipTlsVerify !== true,
  }
}

/** Resolves with the head of the answer; rejects when none comes in time. */
function exchange(request: ClientRequest, body: TransportRequest['body']): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    request.once('error', reject)
    request.once('socket', (socket) => limitConnect(request, socket))
    request.setTimeout(answerTimeoutMs, () => request.destroy(new Error('the server has not answered in time')))
    request.once('response', (response: IncomingMessage) => {
      request.setTimeout(0) // a watch may be silent for long
      // the request's error after this is the response's too, and its reader hears of it
      request.on('error', () => {})
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
    })
    request.end(body)
  })
}

function limitConnect(request: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return
  const late = () => request.destroy(new Error('the server could not be reached in time'))
  socket.setTimeout(connectTimeoutMs, late)
  socket.once('connect', () => {
    socket.off('timeout', late)
    socket.setTimeout(answerTimeoutMs)
  })
}

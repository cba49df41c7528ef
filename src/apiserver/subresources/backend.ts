// Passes a request on to a kubelet, a pod or a service: plain answers as streams, upgraded connections as two pipes.
// Rules learnt the hard way: redirects are never followed, a failed upgrade closes both sides (CVE-2018-1002105, CVE-2020-8559).
import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { ApiError } from '../../apimachinery/api-error.ts'
import { connectionFault } from '../connection-fault.ts'
import type { Answer, RequestContext } from '../context.ts'

/** Where to, and how to prove who asks. */
export interface Backend {
  scheme: 'http' | 'https'
  host: string
  port: number
  /** With query. */
  path: string
  tls?: { cert?: string; key?: string; ca?: string; rejectUnauthorized: boolean }
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const connectTimeoutMs = 30_000

/** The backend's answer to this method, headers and body. Rejects with an Error in Go's words when it cannot be reached. */
export function ask(
  backend: Backend,
  method: string,
  headers: OutgoingHttpHeaders,
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = open(backend, method, headers, signal)
    outgoing.on('response', resolve)
    outgoing.on('error', (error) => reject(dialError(backend, error)))
    outgoing.end(body)
  })
}

/** Passes the client's request on and its answer back. */
export async function forward(backend: Backend, request: RequestContext): Promise<Answer> {
  if (request.connection.upgrade !== undefined) return upgrade(backend, request, request.connection.upgrade)
  const headers = forwarded(request.headers)
  const answer = await ask(backend, request.method, headers, request.body.length > 0 ? request.body : undefined, request.signal).catch(
    (error: Error) => {
      throw new ApiError('ServiceUnavailable', `error trying to reach service: ${error.message}`)
    },
  )
  const { 'content-type': contentType = '', ...rest } = forwarded(answer.headers)
  const kept = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))
  delete kept['content-length']
  return { type: 'stream', body: answer, contentType: String(contentType), code: answer.statusCode ?? 502, headers: kept }
}

/** Joins the client's connection with one to the backend once both speak the new protocol. */
export function upgrade(backend: Backend, request: RequestContext, client: { socket: Duplex; head: Buffer }): Promise<Answer> {
  const { connection, upgrade: protocol, ...rest } = request.headers
  const headers = { ...forwarded(rest), connection: connection ?? 'Upgrade', upgrade: protocol ?? '' }
  return new Promise((resolve, reject) => {
    const outgoing = open(backend, request.method, headers as OutgoingHttpHeaders, request.signal)
    outgoing.on('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      client.socket.write(headText(answer))
      client.socket.write(head)
      socket.write(client.head)
      joinStreams(client.socket, socket)
      resolve({ type: 'hijacked' })
    })
    outgoing.on('response', (answer) => {
      client.socket.write(headText(answer, true))
      answer.pipe(client.socket)
      answer.on('error', () => client.socket.destroy())
      resolve({ type: 'hijacked' })
    })
    outgoing.on('error', (error) =>
      reject(new ApiError('', `error dialing backend: ${dialError(backend, error).message.replace(/^\w+ "[^"]*": /, '')}`)),
    )
    outgoing.end()
  })
}

function open(backend: Backend, method: string, headers: OutgoingHttpHeaders, signal: AbortSignal): ClientRequest {
  const options = { host: backend.host, port: backend.port, path: backend.path, method, headers, signal, agent: false, ...backend.tls }
  const outgoing = backend.scheme === 'https' ? httpsRequest(options) : httpRequest(options)
  outgoing.on('socket', (socket) => {
    socket.setTimeout(connectTimeoutMs, () => outgoing.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })))
    socket.once(backend.scheme === 'https' ? 'secureConnect' : 'connect', () => socket.setTimeout(0))
  })
  return outgoing
}

/** Either end closes the other. */
function joinStreams(a: Duplex, b: Duplex): void {
  a.pipe(b)
  b.pipe(a)
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}

function headText({ statusCode, statusMessage, rawHeaders }: IncomingMessage, close = false): string {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (close && ['connection', 'transfer-encoding', 'keep-alive'].includes(name.toLowerCase())) continue
    text += `${name}: ${rawHeaders[index + 1]}\r\n`
  }
  return `${text}${close ? 'Connection: close\r\n' : ''}\r\n`
}

/** Without what concerns one connection only, and without the client's credentials for this server. */
function forwarded(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const named = new Set(
    [headers['connection'] ?? []].flat().flatMap((value) =>
      value
        .toLowerCase()
        .split(',')
        .map((word) => word.trim()),
    ),
  )
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string | string[]] =>
      entry[1] !== undefined &&
      !hopByHop.has(entry[0]) &&
      !named.has(entry[0]) &&
      !['host', 'authorization', 'content-length'].includes(entry[0]),
  )
  return Object.fromEntries(kept)
}

/** How Go's client words a request that failed. */
export function dialError({ scheme, host, port, path }: Backend, error: Error & { code?: string }): Error {
  return new Error(`Get "${scheme}://${hostPort(host, port)}${path}": ${connectionFault(error, host, port, host)}`)
}

function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

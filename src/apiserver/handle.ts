// The way of a request (docs/architecture.md): URL → user → allowed? → body → verb → answer. Every error ends as a Status, here.
import type { IncomingMessage } from 'node:http'
import { ApiError, badRequest } from '../apimachinery/api-error.ts'
import type { Timer } from '../apimachinery/clock.ts'
import type { Credentials, User } from './authentication/user.ts'
import { authorize } from './authorize.ts'
import { bodyTooLarge } from './body.ts'
import type { Connection, RequestContext, ServerContext, View } from './context.ts'
import { allottedMs, timedOut } from './deadline.ts'
import { answer } from './dispatch.ts'
import { impersonate } from './impersonation/index.ts'
import { negotiateView, wantsPretty } from './negotiate.ts'
import { prepareBody } from './prepare-body.ts'
import { isLongRunning, requestInfo, splitUrl } from './request-info.ts'
import { sendBytes, writeAnswer, writeError } from './respond.ts'
import { uuid } from './uuid.ts'

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
const jsonView: View = { encoding: 'json', pretty: false, contentType: 'application/json' }
/** Made once: a stack for each request that ends would cost more than the request. */
const clientGone = new Error('the client has gone')
const timeIsOver = new Error('the time of the request is over')
const noBody = Buffer.alloc(0)
const runsInPod = new Set(['exec', 'attach', 'portforward'])
const bodyMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Serves one request to its end, or to the end of its time. Never rejects. */
export async function handle(server: ServerContext, connection: Connection): Promise<void> {
  const gone = new AbortController()
  const request = contextOf(server, connection, gone)
  const { info, auditId } = request
  const longRunning = isLongRunning(info)
  const served = server.observe?.({ info, auditId, longRunning })
  const ended = Promise.withResolvers<void>()
  const limit = longRunning ? undefined : limitTime(server, request, gone, ended.resolve)
  void serve(server, request, gone.signal)
    .catch((error: unknown) => lose(server, request, error))
    .then(ended.resolve)
  await ended.promise
  limit?.cancel()
  request.audit?.end()
  served?.({
    user: request.user,
    code: connection.response.statusCode,
    seconds: (server.clock.now() - request.receivedAt) / 1000,
    dryRun: request.query.has('dryRun'),
  })
}

/** Answers 504 when the time is over; whatever still works on the request then is told to stop, and writes no more. */
function limitTime(server: ServerContext, request: RequestContext, gone: AbortController, over: () => void): Timer | undefined {
  try {
    return server.clock.after(allottedMs(request.query, server.options.requestTimeoutMs), () => {
      gone.abort(timeIsOver)
      request.connection.response.on('error', () => {})
      try {
        writeError(server, request, timedOut())
      } catch (error) {
        lose(server, request, error)
      }
      over()
    })
  } catch (error) {
    writeError(server, request, error)
    gone.abort(timeIsOver)
    return undefined
  }
}

/** Nothing can be said any more: the client sees the connection end. */
function lose(server: ServerContext, request: RequestContext, error: unknown): void {
  server.log.error({ err: error, path: request.info.path, auditId: request.auditId }, 'Cannot answer a request')
  request.connection.response.destroy()
}

async function serve(server: ServerContext, request: RequestContext, signal: AbortSignal): Promise<void> {
  const { info, connection } = request
  let release: (() => void) | undefined
  try {
    if (signal.aborted) return
    if (server.signal.aborted && !servedToTheEnd(request)) return refuseShutdown(request)
    if (request.info.path === '') throw badRequest('invalid URL escape in path')
    await identify(server, request)
    release = await seats(server, request)
    if (release === undefined) return
    await authorize(server, request.user, request.info, (decision, reason) => {
      request.audit?.annotate('authorization.k8s.io/decision', decision)
      request.audit?.annotate('authorization.k8s.io/reason', reason)
    })
    // Running commands needs the right to create, whatever the method of the upgrade (guarantees.md 5.2, 2).
    if (runsInPod.has(info.subresource) && info.verb === 'get') await authorize(server, request.user, { ...info, verb: 'create' })
    const remote = server.aggregation?.handlerOf(info.path)
    if (remote !== undefined) return await writeAnswer(server, request, await remote(request))
    request.view = viewOf(request)
    if (bodyMethods.has(request.method) && connection.upgrade === undefined) {
      request.body = await readBytes(connection.request, server.options.maxRequestBodyBytes)
      await prepareBody(request)
      if (request.method === 'PATCH') request.audit?.patch(request.body)
    }
    await writeAnswer(server, request, await answer(server, request))
  } catch (error) {
    if (signal.reason !== timeIsOver) writeError(server, request, error)
  } finally {
    release?.()
  }
}

/** Who asks, and as whom: from here on the request is audited. Throws 400, 401, 403. */
async function identify(server: ServerContext, request: RequestContext): Promise<void> {
  const { info, connection } = request
  const longRunning = isLongRunning(info)
  const audited = (user: User | undefined) => {
    const record = server.audit?.begin({ request, user, longRunning })
    if (record !== undefined) request.audit = record
  }
  try {
    request.user = await authenticate(server, connection.request, info.path)
  } catch (error) {
    audited(undefined)
    throw error
  }
  audited(request.user)
  const acting = await impersonate(server, connection.request, request.user, info)
  if (acting === undefined) return
  request.audit?.impersonated(acting.user, acting.constraint)
  request.user = acting.user
}

const noSeats = () => {}

/** Takes the request's seats; undefined: there were none, and the client has been told to come back. The result gives them back. */
async function seats(server: ServerContext, request: RequestContext): Promise<(() => void) | undefined> {
  const { info, connection } = request
  if (server.flowControl === undefined || (isLongRunning(info) && info.verb !== 'watch')) return noSeats
  const admission = await server.flowControl.admit(request)
  for (const name in admission.headers) connection.response.setHeader(name, admission.headers[name]!)
  if (!admission.admitted) {
    const text = Buffer.from('Too many requests, please try again later.\n')
    sendBytes(request, 429, 'text/plain; charset=utf-8', text, {
      'Retry-After': String(admission.retryAfterSeconds),
      'X-Content-Type-Options': 'nosniff',
    })
    return undefined
  }
  if (info.verb === 'watch') request.initialized = admission.release
  return admission.release
}

function contextOf(server: ServerContext, connection: Connection, gone: AbortController): RequestContext {
  const { request: raw, response } = connection
  const method = raw.method ?? 'GET'
  const url = splitUrl(raw.url ?? '/') ?? { path: '', query: new URLSearchParams() }
  const info = requestInfo(method, url.path, url.query)
  response.on('close', () => gone.abort(clientGone))
  const auditId = raw.headers['audit-id']
  return {
    info,
    method,
    headers: raw.headers,
    query: url.query,
    body: noBody,
    user: anonymous,
    resolved: info.isResourceRequest ? server.registry.byResource(info.group, info.version, info.resource) : undefined,
    view: jsonView,
    warnings: [],
    signal: gone.signal,
    auditId: typeof auditId === 'string' && /^[\w-]{1,64}$/.test(auditId) ? auditId : uuid(server.random),
    receivedAt: server.clock.now(),
    connection,
  }
}

/** Upstream's RBAC gives these to everybody: probes and load balancers have no credentials. */
const openPaths = /^\/(livez|readyz|healthz)(\/|$)|^\/version\/?$/

async function authenticate(server: ServerContext, raw: IncomingMessage, path: string): Promise<User> {
  const credentials: Credentials = { headers: raw.headers, rawHeaders: raw.rawHeaders, ...server.certificatesOf(raw) }
  for (const authenticator of server.authenticators) {
    const user = await authenticator(credentials)
    if (user !== undefined) return withGroup(user)
  }
  if (!server.options.anonymousAuth && !openPaths.test(path)) throw new ApiError('Unauthorized', 'Unauthorized')
  return anonymous
}

function withGroup(user: User): User {
  if (user.name === anonymous.name || user.groups.includes('system:authenticated')) return user
  return { ...user, groups: [...user.groups, 'system:authenticated'] }
}

/** Subresources and routes choose their form themselves (logs are text): what they cannot negotiate falls back to JSON. */
function viewOf({ info, headers, query }: RequestContext): View {
  const pretty = wantsPretty(query, headers['user-agent']?.toString() ?? '')
  const plain = !info.isResourceRequest || (info.subresource !== '' && info.subresource !== 'status')
  try {
    return negotiateView(headers.accept?.toString(), pretty, !plain || info.subresource === 'scale')
  } catch (error) {
    if (plain) return { ...jsonView, pretty }
    throw error
  }
}

/** The whole body. Throws 413 above the limit, 400 when the client breaks off. */
function readBytes(raw: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(raw.headers['content-length'] ?? 0) > limit) return Promise.reject(bodyTooLarge(limit))
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    raw.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= limit) return pieces.push(piece)
      raw.removeAllListeners('data')
      raw.resume()
      reject(bodyTooLarge(limit))
    })
    raw.on('end', () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)))
    raw.on('error', () => reject(badRequest('error reading the request body')))
    raw.on('close', () => raw.complete || reject(badRequest('error reading the request body')))
  })
}

/** Probes and metrics are answered until the end. */
function servedToTheEnd({ info, headers }: RequestContext): boolean {
  return /^\/(readyz|livez|healthz|metrics)/.test(info.path) || headers['user-agent']?.toString().startsWith('kube-apiserver/') === true
}

function refuseShutdown(request: RequestContext): void {
  const text = Buffer.from('The apiserver is shutting down, please try again later.\n')
  sendBytes(request, 429, 'text/plain; charset=utf-8', text, {
    'Retry-After': '5',
    Connection: 'close',
    'X-Content-Type-Options': 'nosniff',
  })
}

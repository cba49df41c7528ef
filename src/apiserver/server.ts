// The Fastify assembly: the whole server, in order, on one page. CRDs need no new route: /api/* and /apis/* take everything.

import type { IncomingMessage, Server } from 'node:http'
import { createServer as createHttpServer, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import type { ServerContext } from './context.ts'
import { handle } from './handle.ts'

/** Go's limits: ReadHeaderTimeout 32 s, IdleTimeout 90 s; a whole request must arrive within a minute. */
const limits = { headersTimeout: 32_000, requestTimeout: 60_000, keepAliveTimeout: 90_000, maxHeaderSize: 128 * 1024 }
const upgradable = new Set(['websocket', 'spdy/3.1'])

export interface AssembledServer {
  fastify: FastifyInstance
  /** Resolves when no request is being served, or after `timeoutMs`. */
  drain: (timeoutMs: number) => Promise<void>
}

/** Builds the server around a context; nothing listens yet. Requests also come in by `fastify.inject`. */
export function assemble(server: ServerContext): AssembledServer {
  const active = new Set<Promise<void>>()
  const serve = (request: IncomingMessage, response: ServerResponse, upgrade?: { socket: Duplex; head: Buffer }) => {
    const done: Promise<void> = handle(server, { request, response, ...(upgrade === undefined ? {} : { upgrade }) }).finally(() =>
      active.delete(done),
    )
    active.add(done)
  }
  const fastify = Fastify({
    serverFactory: (handler) => {
      const listener = listenerOf(server, handler)
      listener.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        serve(request, responseOn(request, socket), { socket, head })
      })
      return listener
    },
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (_error, request, reply) => {
      reply.hijack()
      serve(request.raw, reply.raw)
    },
  })
  // Everything is taken before Fastify reads the body or looks for a route: known and unknown paths and methods get Kubernetes' own answers.
  fastify.addHook('onRequest', (request, reply) => {
    reply.hijack()
    serve(request.raw, reply.raw)
  })
  for (const url of ['/api/*', '/apis/*', '/*']) fastify.all(url, () => {})
  return {
    fastify,
    drain: async (timeoutMs) => {
      const timer = Promise.withResolvers<void>()
      const limit = server.clock.after(timeoutMs, timer.resolve)
      await Promise.race([Promise.all(active), timer.promise])
      limit.cancel()
    },
  }
}

/** No route has a schema of Fastify's: without this, Fastify loads its compilers (ajv and more, 5 MB) all the same. */
function noCompiler(): never {
  throw new Error('routes have no schemas')
}

/** Go's answers to what is no HTTP, or too much of it. */
function refuseGarbage({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return
  const text = { HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large', ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout' }[code ?? '']
  const status = text ?? '400 Bad Request'
  const head = `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n`
  if (socket.writable) socket.write(head + status)
  socket.destroySoon()
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

function listenerOf({ options }: ServerContext, handler: Handler): Server {
  const shouldUpgradeCallback = (request: IncomingMessage) => upgradable.has((request.headers.upgrade ?? '').toLowerCase())
  const { tls } = options
  if (tls === undefined) return createHttpServer({ ...limits, shouldUpgradeCallback }, handler)
  const authorities = [tls.clientCa, tls.requestHeaderCa].filter((ca) => ca !== undefined)
  const client = authorities.length === 0 ? {} : { ca: authorities, requestCert: true, rejectUnauthorized: false }
  return createHttpsServer(
    { ...limits, shouldUpgradeCallback, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'], ...client },
    handler,
  )
}

/** A response on the raw socket of an upgrade request, for refusals. */
function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
  response.on('finish', () => socket.end())
  socket.on('error', () => socket.destroy())
  return response
}

// The API server as a component: options and dependencies in, a server that listens, injects and closes out.
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { CustomResourceDefinition } from '../api/apiextensions/customresourcedefinition.ts'
import type { Clock, Random } from '../apimachinery/clock.ts'
import { sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { Registry } from '../apimachinery/kind.ts'
import type { Storage } from '../storage/storage.ts'
import type { AdmissionPlugin } from './admission/plugin.ts'
import type { Aggregation } from './aggregation/index.ts'
import type { StoreHook } from './allocators/store-hook.ts'
import type { Authenticator } from './authentication/user.ts'
import { certificateReader } from './client-certificates.ts'
import type { Route, ServerContext, ServerOptions, Subresource } from './context.ts'
import { serveCustomResources } from './crd/custom-resources.ts'
import { startExpiry } from './expiry.ts'
import type { HistoryLimits } from './history.ts'
import { assemble } from './server.ts'
import { resolveService } from './service-resolver.ts'
import { warm } from './warm.ts'
import { WatchCache } from './watch-cache.ts'
import type { WebhookClient } from './webhook/client.ts'
import { webhookClient } from './webhook/client.ts'

/** What the server is given; it opens nothing by itself but its listener. */
export interface ServerDependencies {
  storage: Storage
  kinds: readonly Kind[]
  clock: Clock
  random: Random
  log: Logger
  /** Parts that need the context are made by functions of it. */
  admission?: (server: ServerContext) => readonly AdmissionPlugin[]
  authenticators?: (server: ServerContext) => readonly Authenticator[]
  authorize?: (server: ServerContext) => NonNullable<ServerContext['authorize']>
  observe?: ServerContext['observe']
  audit?: ServerContext['audit']
  aggregation?: (server: ServerContext) => Aggregation
  flowControl?: (server: ServerContext) => NonNullable<ServerContext['flowControl']>
  hooks?: (server: ServerContext) => readonly StoreHook[]
  subresources?: readonly Subresource[] | ((server: ServerContext) => readonly Subresource[])
  routes?: readonly Route[]
  /** Calls webhooks; default: over the network. */
  webhooks?: WebhookClient
  /** How much recent history the watch cache keeps per kind. */
  history?: HistoryLimits
}

export interface ApiServer {
  context: ServerContext
  fastify: FastifyInstance
  /** Starts to listen; resolves with the URL. */
  listen: () => Promise<string>
  /** Fails /readyz, waits shutdownDelayMs, stops accepting, ends watches cleanly, waits for requests under way, closes connections. Storage stays open. */
  close: () => Promise<void>
}

const defaults: ServerOptions = {
  bindAddress: '0.0.0.0',
  securePort: 6443,
  advertiseAddress: '127.0.0.1',
  serviceClusterIpRange: ['10.96.0.0/12'],
  serviceNodePortRange: { from: 30000, to: 32767 },
  anonymousAuth: true,
  enableAdmissionPlugins: [],
  disableAdmissionPlugins: [],
  serviceAccountIssuer: 'https://kubernetes.default.svc.cluster.local',
  apiAudiences: [],
  legacyApis: false,
  minRequestTimeoutSeconds: 1800,
  requestTimeoutMs: 60_000,
  maxRequestBodyBytes: 3 * 1024 * 1024,
  shutdownDelayMs: 0,
}

const drainMs = 10_000

/** Decodes what was loaded, in the background: admission reads the cache synchronously. */
async function warmAll({ registry, cache, signal }: ServerContext): Promise<void> {
  for (const kind of registry.kinds()) {
    if (signal.aborted) return
    await warm(kind, cache.bucket(kind).entries.values())
  }
}

/** Makes the server and loads its cache. Rejects when storage cannot be read. */
export async function createServer(options: Partial<ServerOptions>, dependencies: ServerDependencies): Promise<ApiServer> {
  const { storage, clock, random, log } = dependencies
  const all = { ...defaults, ...options }
  const leaving = new AbortController()
  const closing = new AbortController()
  const cacheEnd = new AbortController()
  const registry = new Registry(dependencies.kinds, { legacyApis: all.legacyApis })
  const cache = new WatchCache({
    storage,
    clock,
    log,
    signal: cacheEnd.signal,
    ...(dependencies.history === undefined ? {} : { history: dependencies.history }),
  })
  const context: ServerContext = {
    registry,
    storage,
    cache,
    read: cache,
    clock,
    random,
    log,
    options: all,
    admission: [],
    authenticators: [],
    certificatesOf: certificateReader(all.tls),
    hooks: [],
    subresources: [],
    routes: dependencies.routes ?? [],
    webhooks: dependencies.webhooks ?? webhookClient(clock, (reference) => resolveService(cache, random, reference)),
    leaving: leaving.signal,
    signal: closing.signal,
    ...(dependencies.audit === undefined ? {} : { audit: dependencies.audit }),
    ...(dependencies.observe === undefined ? {} : { observe: dependencies.observe }),
  }
  context.admission = dependencies.admission?.(context) ?? []
  context.authenticators = dependencies.authenticators?.(context) ?? []
  const { subresources = [] } = dependencies
  context.subresources = typeof subresources === 'function' ? subresources(context) : subresources
  if (dependencies.authorize !== undefined) context.authorize = dependencies.authorize(context)
  await cache.start()
  context.hooks = dependencies.hooks?.(context) ?? []
  if (dependencies.flowControl !== undefined) context.flowControl = dependencies.flowControl(context)
  if (dependencies.aggregation !== undefined) context.aggregation = dependencies.aggregation(context)
  registry.onChange(() => cache.forgetIndexes())
  startExpiry(context)
  if (registry.kinds().includes(CustomResourceDefinition as unknown as Kind)) serveCustomResources(context)
  void warmAll(context)
  const { fastify, drain } = assemble(context)
  await fastify.ready()
  return {
    context,
    fastify,
    listen: async () => {
      await fastify.listen({ host: all.bindAddress, port: all.securePort })
      const { address, family, port } = fastify.server.address() as AddressInfo
      const host = family === 'IPv6' ? `[${address}]` : address
      return `${all.tls === undefined ? 'http' : 'https'}://${host}:${port}`
    },
    close: async () => {
      leaving.abort()
      if (all.shutdownDelayMs > 0) await sleep(clock, all.shutdownDelayMs)
      closing.abort()
      await drain(drainMs)
      cacheEnd.abort()
      context.webhooks.close()
      fastify.server.closeAllConnections?.()
      await fastify.close()
    },
  }
}

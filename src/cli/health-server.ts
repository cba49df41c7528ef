// The HTTPS server of a worker: /healthz, /livez and /readyz for everyone, /metrics for who may read it.
import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import { hostname } from 'node:os'
import { TokenReview } from '../api/authentication/tokenreview.ts'
import { SubjectAccessReview } from '../api/authorization/subjectaccessreview.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import type { Component } from '../component.ts'
import { createCertificateAuthority, issueCertificate } from '../pki/certificate.ts'
import { UsageError } from './flags.ts'

export interface HealthServerOptions {
  address: string
  port: number
  client: Client
  clock: Clock
  /** The text of /metrics. */
  metrics: () => string
}

const dayMs = 86_400_000
const keptMs = 10_000
const maxKept = 256

/** Listens, with a certificate of its own making as upstream's without --cert-dir. Rejects with a UsageError when the port is taken. */
export async function startHealthServer(options: HealthServerOptions): Promise<Server> {
  const now = options.clock.now()
  const validity = { notBefore: now - dayMs, notAfter: now + 365 * dayMs }
  const ca = createCertificateAuthority({ commonName: `${hostname()}-ca`, ...validity })
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }
  const own = issueCertificate({ ca, commonName: hostname(), usages: ['server'], ...names, ...validity })
  const mayRead = readers(options)
  const server = createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (request, response) => {
    const answer = (status: number, text: string) => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
      response.end(text)
    }
    const path = (request.url ?? '').split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'method not allowed\n')
    if (path === '/healthz' || path === '/livez' || path === '/readyz') return answer(200, 'ok')
    if (path !== '/metrics') return answer(404, '404 page not found\n')
    mayRead(request.headers.authorization).then(
      (status) => (status === 200 ? answer(200, options.metrics()) : answer(status, status === 401 ? 'Unauthorized\n' : 'Forbidden\n')),
      () => answer(503, 'the API server cannot be asked\n'),
    )
  })
  server.maxConnections = 100
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  server.on('tlsClientError', () => {})
  await new Promise<void>((done, fail) => {
    server.once('error', (error) => fail(new UsageError(`failed to create listener: ${error.message}`)))
    server.listen(options.port, options.address, done)
  })
  return server
}

/** The component with such a server beside it for as long as it runs; port 0: without. */
export function withHealthServer<O>(component: Component<O>, options: Omit<HealthServerOptions, 'client' | 'clock'>): Component<O> {
  if (options.port === 0) return component
  return async (settings, context) => {
    const server = await startHealthServer({ ...options, client: context.client, clock: context.clock })
    try {
      await component(settings, context)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  }
}

/** 200, 401 or 403 for an Authorization header; answers of the API server are kept for a while. */
function readers({ client, clock }: HealthServerOptions) {
  const kept = new Map<string, { until: number; status: number }>()
  return async (authorization: string | undefined): Promise<number> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return 401
    const key = createHash('sha256').update(token).digest('base64')
    const known = kept.get(key)
    if (known !== undefined && known.until > clock.now()) return known.status
    const status = await reviewed(client, token)
    kept.delete(key)
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
    kept.set(key, { until: clock.now() + keptMs, status })
    return status
  }
}

async function reviewed(client: Client, token: string): Promise<number> {
  const { status } = await client.create(TokenReview, { spec: { token } })
  if (status?.authenticated !== true || !status.user?.username) return 401
  const { username: user, uid, groups = [] } = status.user
  const nonResourceAttributes = { path: '/metrics', verb: 'get' }
  const spec = { user, groups, ...(uid === undefined ? {} : { uid }), nonResourceAttributes }
  const review = await client.create(SubjectAccessReview, { spec })
  return review.status?.allowed === true ? 200 : 403
}

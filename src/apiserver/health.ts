// /livez, /readyz, /healthz: named checks, one by one or all together, in upstream's text form.
import type { Answer, RequestContext, Route, ServerContext } from './context.ts'

/** Throws when the part is not well; the reason is logged, never shown. */
export interface HealthCheck {
  name: string
  /** Which endpoints ask it; default all three. */
  on?: readonly ('livez' | 'readyz' | 'healthz')[]
  check: (server: ServerContext) => void | Promise<void>
}

const storageTimeoutMs = 10_000

/** Asks storage for its revision, with a time limit. */
const storageCheck: HealthCheck = {
  name: 'etcd',
  check: async ({ storage, clock }) => {
    const late = Promise.withResolvers<never>()
    const timer = clock.after(storageTimeoutMs, () => late.reject(new Error('storage did not answer in time')))
    try {
      await Promise.race([storage.currentRevision(), late.promise])
    } finally {
      timer.cancel()
    }
  },
}

const readinessOnly: readonly HealthCheck[] = [
  { name: 'etcd-readiness', on: ['readyz'], check: storageCheck.check },
  {
    name: 'informer-sync',
    on: ['readyz'],
    check: ({ cache }) => {
      if (cache.revision <= 0) throw new Error('the watch cache has not been loaded')
    },
  },
]

const shutdown: HealthCheck = {
  name: 'shutdown',
  on: ['readyz'],
  check: ({ leaving }) => {
    if (leaving.aborted) throw new Error('process is shutting down')
  },
}

/** The routes of the three endpoints. `more` are checks of other parts (post-start hooks), placed as upstream places them. */
export function healthRoutes(more: readonly HealthCheck[] = []): Route[] {
  const fixed: HealthCheck[] = [{ name: 'ping', check: () => {} }, { name: 'log', check: () => {} }, storageCheck]
  const checks = [...fixed, ...readinessOnly, ...more, shutdown]
  return (['livez', 'readyz', 'healthz'] as const).flatMap((endpoint) => {
    const own = checks.filter(({ on }) => on === undefined || on.includes(endpoint))
    return [
      { path: `/${endpoint}`, handle: (request: RequestContext, server: ServerContext) => all(endpoint, own, request, server) },
      ...own.map((check) => ({
        path: `/${endpoint}/${check.name}`,
        handle: (_request: RequestContext, server: ServerContext) => single(check, server),
      })),
    ]
  })
}

async function all(endpoint: string, checks: readonly HealthCheck[], { query }: RequestContext, server: ServerContext): Promise<Answer> {
  const excluded = new Set(query.getAll('exclude').flatMap((value) => value.split(',')))
  excluded.delete('')
  const unknown = new Set(excluded)
  const failed: string[] = []
  let lines = ''
  for (const check of checks) {
    if (excluded.has(check.name)) {
      unknown.delete(check.name)
      lines += `[+]${check.name} excluded: ok\n`
      continue
    }
    const reason = await faultOf(check, server)
    lines += reason === undefined ? `[+]${check.name} ok\n` : `[-]${check.name} failed: reason withheld\n`
    if (reason !== undefined) failed.push(`${check.name}: ${reason}`)
  }
  if (unknown.size > 0) {
    const names = [...unknown].sort().map((name) => JSON.stringify(name))
    lines += `warn: some health checks cannot be excluded: no matches for ${names.join(',')}\n`
  }
  if (failed.length > 0) {
    server.log.warn({ endpoint, failed }, 'A health check failed')
    return text(`${lines}${endpoint} check failed\n`, 500)
  }
  return text(query.has('verbose') ? `${lines}${endpoint} check passed\n` : 'ok')
}

async function single(check: HealthCheck, server: ServerContext): Promise<Answer> {
  const reason = await faultOf(check, server)
  return reason === undefined ? text('ok') : text(`internal server error: ${reason}\n`, 500)
}

async function faultOf(check: HealthCheck, server: ServerContext): Promise<string | undefined> {
  try {
    await check.check(server)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function text(body: string, code = 200): Answer {
  return { type: 'raw', code, contentType: 'text/plain; charset=utf-8', body, headers: { 'X-Content-Type-Options': 'nosniff' } }
}

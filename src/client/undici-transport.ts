// A transport by undici's pool, for the scheduler's extenders: pooled connections with limits of time, at the price of 11 MB.
// Only undici's pool is imported: fetch, caches and mocks beside it would cost every worker 8 MB and 25 ms.
import request from 'undici/lib/api/api-request.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import type { ClosableTransport, TransportOptions } from './http-transport.ts'
import type { Transport } from './transport.ts'

/** Opens connections as they are needed; nothing is sent before the first request. */
export function openTransport(options: TransportOptions): ClosableTransport {
  const url = new URL(options.server)
  const prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '')
  const pool = new Pool(url.origin, {
    connections: 256,
    pipelining: 1,
    bodyTimeout: 0, // a watch may be silent for long
    headersTimeout: 90_000,
    keepAliveTimeout: 60_000,
    connect: {
      timeout: 10_000,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      ...(options.cert === undefined ? {} : { cert: options.cert }),
      ...(options.key === undefined ? {} : { key: options.key }),
      ...(options.serverName === undefined ? {} : { servername: options.serverName }),
      rejectUnauthorized: options.insecureSkipTlsVerify !== true,
    },
  })
  const transport: Transport = async ({ method, path, headers, body, signal }) => {
    const response = await request.call(pool, {
      method: method as 'GET',
      path: prefix + path,
      headers,
      body: body ?? null,
      signal: signal ?? null,
    })
    return { status: response.statusCode, headers: response.headers, body: response.body }
  }
  return { transport, close: () => pool.destroy() }
}

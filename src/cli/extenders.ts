// Reaches the scheduler's extenders over HTTP: POST of JSON, with the time limit and the TLS files that the configuration names.
import { readFileSync } from 'node:fs'
import { openTransport } from '../client/undici-transport.ts'
import type { Extender, Send } from '../scheduler/extender.ts'
import type { GivenExtender } from '../scheduler/extender-configuration.ts'
import { durationMs } from './flags.ts'

/** Answers name nodes of the cluster: none is larger than this. */
const maxAnswerBytes = 64 * 1024 * 1024

/** The extenders, each with its way to be asked. @throws Error when a file cannot be read or the URL is none */
export function connectExtenders(given: readonly GivenExtender[]): Extender[] {
  return given.map((extender) => ({ ...extender, send: sender(extender) }))
}

function sender({ urlPrefix, enableHTTPS, tlsConfig, httpTimeout }: GivenExtender): Send {
  const text = (data: string | undefined, file: string | undefined) => data || (file ? readFileSync(file, 'utf8') : '')
  const ca = text(tlsConfig?.caData, tlsConfig?.caFile)
  const cert = text(tlsConfig?.certData, tlsConfig?.certFile)
  const key = text(tlsConfig?.keyData, tlsConfig?.keyFile)
  const { transport } = openTransport({
    server: new URL(urlPrefix).origin,
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert, key }),
    ...(tlsConfig?.serverName ? { serverName: tlsConfig.serverName } : {}),
    insecureSkipTlsVerify: tlsConfig?.insecure === true || (enableHTTPS && ca === ''),
  })
  const timeoutMs = (httpTimeout === undefined ? 0 : durationMs(httpTimeout)) || 5000
  return async (url, body) => {
    const { pathname, search } = new URL(url)
    const response = await transport({
      method: 'POST',
      path: pathname + search,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > maxAnswerBytes) throw new Error(`answer of extender at URL ${url} is too large`)
      chunks.push(chunk)
    }
    if (response.status !== 200) {
      throw new Error(`failed ${pathname.split('/').pop()} with extender at URL ${url}, code ${response.status}`)
    }
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown
  }
}

// Calls webhooks: one POST of JSON over HTTPS, within a time, with an answer of limited size. Redirects are never followed, bodies never logged.
// Words: k8s.io/apiserver/pkg/util/webhook and k8s.io/client-go/rest.
import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Clock } from '../../apimachinery/clock.ts'
import { JsonError, parseJson, stringifyJson } from '../../apimachinery/json.ts'
import { connectionFault } from '../connection-fault.ts'
import { type ServiceLocation, type ServiceReference, serverNameOf } from '../service-resolver.ts'

/** clientConfig of a webhook or of a conversion: exactly one of `url` and `service`. */
export interface WebhookClientConfig {
  url?: string
  service?: { namespace: string; name: string; path?: string; port?: number }
  /** PEM in base64; absent: the system's roots. */
  caBundle?: string
}

export interface WebhookCall {
  timeoutMs: number
  /** Tells the webhook how long it has, as query parameter `timeout`. */
  tellTimeout?: boolean
  maxAnswerBytes: number
  signal: AbortSignal
}

/** Where a service is reached at this moment. Throws in upstream's words when it cannot be. */
export type ResolveService = (reference: ServiceReference) => ServiceLocation

export interface WebhookClient {
  /** The parsed answer. Rejects with an Error whose message is what upstream's client would say. */
  post: (config: WebhookClientConfig, body: unknown, call: WebhookCall) => Promise<unknown>
  close: () => void
}

interface Destination {
  url: URL
  options: RequestOptions & { servername?: string; ca?: string }
}

const maxFreeSockets = 32
const idleMs = 30_000
const defaultPort = 443

/** A client that keeps connections; `close` ends them. */
export function webhookClient(clock: Clock, resolveService: ResolveService): WebhookClient {
  const agent = new Agent({ keepAlive: true, maxFreeSockets, timeout: idleMs, scheduling: 'lifo' })
  return {
    post: async (config, body, call) => {
      const destination = destinationOf(config, call, resolveService)
      const bytes = Buffer.from(stringifyJson(body))
      const answer = await send(agent, clock, destination, bytes, call, true)
      return parsed(answer)
    },
    close: () => agent.destroy(),
  }
}

function destinationOf(config: WebhookClientConfig, call: WebhookCall, resolveService: ResolveService): Destination {
  const ca = config.caBundle ? { ca: Buffer.from(config.caBundle, 'base64').toString() } : {}
  const { service } = config
  if (service !== undefined) {
    const port = service.port ?? defaultPort
    const url = withTimeout(new URL(`https://${serverNameOf(service)}:${port}`), call)
    url.pathname = service.path ?? '/'
    const found = located(url, () => resolveService({ ...service, port }))
    return { url, options: { host: found.host, port: found.port, servername: found.serverName, headers: { host: url.host }, ...ca } }
  }
  if (config.url === undefined || !URL.canParse(config.url)) throw new Error('webhook configuration must have either service or URL')
  const url = withTimeout(new URL(config.url), call)
  if (url.protocol !== 'https:') throw new Error('webhook URL must use https')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { url, options: { host, port: Number(url.port || defaultPort), ...(isIP(host) ? {} : { servername: host }), ...ca } }
}

function located(url: URL, resolve: () => ServiceLocation): ServiceLocation {
  try {
    return resolve()
  } catch (error) {
    throw new Error(`Post ${JSON.stringify(url.href)}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function withTimeout(url: URL, { tellTimeout, timeoutMs }: WebhookCall): URL {
  if (tellTimeout === true) url.searchParams.set('timeout', `${Math.ceil(timeoutMs / 1000)}s`)
  return url
}

interface RawAnswer {
  code: number
  body: Buffer
}

function send(
  agent: Agent,
  clock: Clock,
  { url, options }: Destination,
  body: Buffer,
  call: WebhookCall,
  mayRepeat: boolean,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error & { code?: string }) => {
      done()
      // A kept connection that the other side had closed meanwhile: nothing was said on it.
      if (mayRepeat && outgoing.reusedSocket && error.code === 'ECONNRESET') {
        resolve(send(agent, clock, { url, options }, body, call, false))
      } else
        reject(
          new Error(
            `Post ${JSON.stringify(url.href)}: ${connectionFault(error, options.host ?? '', Number(options.port), options.servername ?? options.host ?? '')}`,
          ),
        )
    }
    const headers = {
      accept: 'application/json, */*',
      'content-type': 'application/json',
      'content-length': String(body.length),
      'user-agent': 'kube-apiserver-admission',
      ...options.headers,
    }
    const outgoing = httpsRequest({
      ...options,
      agent,
      method: 'POST',
      path: url.pathname + url.search,
      headers,
      ALPNProtocols: ['http/1.1'],
    } as RequestOptions)
    const late = clock.after(call.timeoutMs, () => outgoing.destroy(new Error('context deadline exceeded')))
    const gone = () => outgoing.destroy(new Error('context canceled'))
    const done = () => {
      late.cancel()
      call.signal.removeEventListener('abort', gone)
    }
    if (call.signal.aborted) gone()
    else call.signal.addEventListener('abort', gone, { once: true })
    outgoing.on('error', fail)
    outgoing.on('response', (incoming: IncomingMessage) => {
      read(incoming, call.maxAnswerBytes).then(
        (answer) => {
          done()
          resolve(answer)
        },
        (error: Error) => {
          outgoing.destroy()
          fail(error)
        },
      )
    })
    outgoing.end(body)
  })
}

function read(incoming: IncomingMessage, limit: number): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    incoming.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= limit) pieces.push(piece)
      else reject(new Error(`the answer is longer than ${limit} bytes`))
    })
    incoming.on('end', () => resolve({ code: incoming.statusCode ?? 0, body: Buffer.concat(pieces) }))
    incoming.on('error', reject)
    incoming.on('close', () => reject(new Error('unexpected EOF')))
  })
}

function parsed({ code, body }: RawAnswer): unknown {
  if (code < 200 || code > 206) throw new Error(refusal(code, body.toString('utf8', 0, 2048)))
  try {
    return parseJson(body)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Error(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

const refusals: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  403: 'the server does not allow access to the requested resource',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports',
  409: 'the server reported a conflict',
  415: 'the body of the request was in an unknown format - accepted media types include: ',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

/** What upstream's client says of an HTTP code. */
function refusal(code: number, text: string): string {
  const known = refusals[code]
  if (known !== undefined) return known
  if (code >= 500) return `an error on the server (${JSON.stringify(text.trim() || 'unknown')}) has prevented the request from succeeding`
  return `the server responded with the status code ${code} but did not return more information`
}

// Small questions of this server's own to the servers behind it (discovery, OpenAPI, probes): answers are read whole, up to a limit.
import type { OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { User } from '../authentication/user.ts'
import { connectionFault } from '../connection-fault.ts'
import type { ServerContext } from '../context.ts'
import { resolveService, type ServiceLocation } from '../service-resolver.ts'
import { userHeaders } from './front-proxy.ts'
import { connectionOptions } from './proxy.ts'
import type { RemoteService } from './remote-service.ts'

/** Who asks: whoever serves for this server lets it read its documents. */
export const aggregatorUser: User = { name: 'system:kube-aggregator', groups: ['system:masters'] }

export interface RemoteQuestion {
  path: string
  accept?: string
  etag?: string
  timeoutMs: number
  maxBytes: number
  /** A probe only wants to know that somebody answers. */
  insecure?: true
  /** Ends the question early. */
  signal?: AbortSignal
}

export interface RemoteAnswer {
  code: number
  contentType: string
  etag: string
  body: Buffer
}

/** Asks one of the service's endpoints. Rejects with ApiError when there is none, with Go's words when it does not answer. */
export async function askRemote(server: ServerContext, remote: RemoteService, question: RemoteQuestion): Promise<RemoteAnswer> {
  return askAt(server, remote, resolveService(server.read, server.random, remote.service), question)
}

/** Asks the endpoint at a location. */
export function askAt(
  server: ServerContext,
  remote: RemoteService,
  location: ServiceLocation,
  question: RemoteQuestion,
): Promise<RemoteAnswer> {
  const { path, accept = 'application/json', etag = '', timeoutMs, maxBytes } = question
  const { promise, resolve, reject } = Promise.withResolvers<RemoteAnswer>()
  const headers: OutgoingHttpHeaders = { ...userHeaders(aggregatorUser), accept, ...(etag === '' ? {} : { 'if-none-match': etag }) }
  // without an agent: a probe shall not find yesterday's connection
  const options = connectionOptions(remote, location, question.insecure === true ? false : remote.verifies)
  const outgoing = httpsRequest({ ...options, method: 'GET', path, headers, agent: false })
  const fail = (text: string) => outgoing.destroy(new Error(text))
  const timer = server.clock.after(timeoutMs, () => fail('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'))
  const stop = () => fail('context canceled')
  const signals = [server.signal, ...(question.signal === undefined ? [] : [question.signal])]
  for (const signal of signals) signal.aborted ? stop() : signal.addEventListener('abort', stop, { once: true })
  outgoing.on('response', (answer) => {
    const pieces: Buffer[] = []
    let bytes = 0
    answer.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (bytes > maxBytes) return fail(`the answer is larger than ${maxBytes} bytes`)
      pieces.push(piece)
    })
    answer.on('end', () => {
      const { 'content-type': contentType = '', etag: tag = '' } = answer.headers
      resolve({ code: answer.statusCode ?? 0, contentType, etag: tag, body: Buffer.concat(pieces) })
    })
    answer.on('error', reject)
  })
  outgoing.on('error', (error) => reject(new Error(connectionFault(error, location.host, location.port, location.serverName))))
  outgoing.on('close', () => {
    timer.cancel()
    for (const signal of signals) signal.removeEventListener('abort', stop)
    reject(new Error('EOF'))
  })
  outgoing.end()
  return promise
}

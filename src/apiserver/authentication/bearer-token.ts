// Finds the bearer token of a request: the Authorization header, or for browsers' WebSockets a subprotocol.
import type { Credentials } from './user.ts'

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

/** The token, or undefined when the request carries none. */
export function bearerToken({ headers }: Credentials): string | undefined {
  const header = single(headers['authorization'])
  const [, token] = /^ *bearer +(\S+) *$/i.exec(header ?? '') ?? []
  return token ?? protocolToken(headers)
}

function protocolToken(headers: Credentials['headers']): string | undefined {
  if (single(headers['upgrade'])?.toLowerCase() !== 'websocket') return undefined
  const offered = [headers['sec-websocket-protocol'] ?? []].flat().flatMap((line) => line.split(','))
  const found = offered.map((protocol) => protocol.trim()).filter((protocol) => protocol.startsWith(protocolPrefix))
  if (found.length !== 1) return undefined
  const token = Buffer.from(found[0]!.slice(protocolPrefix.length), 'base64url').toString('utf8')
  return token === '' ? undefined : token
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

// How this server speaks for its clients to the servers behind it: who asks goes as X-Remote-* headers, which they believe because of the
// front proxy's certificate. Pure. Rules: k8s.io/client-go/transport SetAuthProxyHeaders, k8s.io/apimachinery/pkg/util/proxy.
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { User } from '../authentication/user.ts'

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The headers that say who asks. Go's UTF-8 header values are what HTTP calls latin1. */
export function userHeaders({ name, uid, groups, extra = {} }: User): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'X-Remote-User': wire(name) }
  if (uid) headers['X-Remote-Uid'] = wire(uid)
  if (groups.length > 0) headers['X-Remote-Group'] = groups.map(wire)
  for (const [key, values] of Object.entries(extra)) headers[`X-Remote-Extra-${escaped(key)}`] = values.map(wire)
  return headers
}

function wire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Bytes that may not stand in a header's name, and %, are percent-encoded. */
function escaped(key: string): string {
  return Buffer.from(key, 'utf8')
    .toString('latin1')
    .replace(/[^!#$&'*+.^_`|~0-9A-Za-z-]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

/** Headers of a message that concern both ends of the way, not one connection. */
export function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(/\s*,\s*/),
  )
  const kept: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !named.has(name.trim())) kept[name] = value
  }
  return kept
}

/** A client's headers as they go on: without its credentials, without whom it says to be. */
export function forwardable(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept = endToEnd(headers)
  for (const name of Object.keys(kept)) {
    if (name === 'authorization' || name.startsWith('impersonate-') || name.startsWith('x-remote-')) delete kept[name]
  }
  return kept
}

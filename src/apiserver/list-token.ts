// The continue token of paged lists: base64url of {"v":"meta.k8s.io/v1","rv":N,"start":"key\0"}, as upstream's (wire.md 5). Pure.
import { badRequest } from '../apimachinery/api-error.ts'

const tokenVersion = 'meta.k8s.io/v1'

export interface ListToken {
  /** Revision of the first page; -1: whatever is current (an "inconsistent continue"). */
  revision: number
  /** Storage key at which the next page begins. */
  start: string
}

/** `lastKey` is the last key already sent; `prefix` the list's storage prefix, which the token leaves out. */
export function encodeToken(revision: number, lastKey: string, prefix: string): string {
  const start = `${lastKey.slice(prefix.length)}\0`
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: revision, start })).toString('base64url')
}

/** The inverse of {@link encodeToken}. Throws 400 for anything else; keys outside the prefix cannot be reached. */
export function decodeToken(text: string, prefix: string): ListToken {
  let token: { v?: unknown; rv?: unknown; start?: unknown }
  if (!/^[\w-]+={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw badRequest(`invalid continue token: continue key is not valid: illegal base64 data at input byte ${illegalByte(text)}`)
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as typeof token
  } catch {
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character ${goRune(Buffer.from(text, 'base64url')[0] ?? 0)} looking for beginning of value`,
    )
  }
  if (token === null || typeof token !== 'object' || token.v !== tokenVersion)
    throw badRequest('invalid continue token: continue key is not valid: server does not recognize this encoded version')
  const { rv, start } = token
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0 || rv < -1)
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '')
    throw badRequest('invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)')
  if (`/${start}/`.includes('/../') || start.startsWith('/'))
    throw badRequest(`invalid continue token: continue key is not valid: ${start}`)
  return { revision: rv, start: prefix + start }
}

/** A byte as Go's JSON reader names it. */
function goRune(byte: number): string {
  const hex = byte.toString(16)
  if (byte < 0x20 || byte === 0x7f) return `'\\x${hex.padStart(2, '0')}'`
  if ((byte > 0x7f && byte <= 0xa0) || byte === 0xad) return `'\\u${hex.padStart(4, '0')}'`
  return byte === 0x27 ? `'\\''` : `'${String.fromCharCode(byte)}'`
}

function illegalByte(text: string): number {
  const at = text.search(/[^\w-]/)
  return at < 0 ? text.length - (text.length % 4) : at
}

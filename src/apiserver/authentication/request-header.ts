// Users whom a proxy before this server has authenticated: it says who they are in headers, and proves itself by a certificate of
// --requestheader-client-ca-file. Rules: k8s.io/apiserver/pkg/authentication/request/headerrequest.
import { setOwn } from '../../apimachinery/json.ts'
import type { Authenticator, User } from './user.ts'

/** Which proxies are believed, and which headers they write; names as upstream's flags. */
export interface RequestHeaderOptions {
  /** Common names of the proxies' certificates; empty: every certificate of the authority. */
  allowedNames: readonly string[]
  usernameHeaders: readonly string[]
  uidHeaders: readonly string[]
  groupHeaders: readonly string[]
  extraHeadersPrefixes: readonly string[]
}

/** The headers' names where no flag says otherwise. */
export const requestHeaderDefaults: RequestHeaderOptions = {
  allowedNames: [],
  usernameHeaders: ['x-remote-user'],
  uidHeaders: [],
  groupHeaders: ['x-remote-group'],
  extraHeadersPrefixes: ['x-remote-extra-'],
}

/** The authenticator. Headers that it has used are taken off the request, so that no proxy of this server passes them on. */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const own = lowered(options)
  const used = [...own.usernameHeaders, ...own.uidHeaders, ...own.groupHeaders]
  return ({ headers, rawHeaders = [], proxyCertificate }) => {
    if (proxyCertificate === undefined) return undefined
    if (own.allowedNames.length > 0 && !own.allowedNames.includes(proxyCertificate.commonName)) return undefined
    const user = userOf(rawHeaders, own)
    if (user === undefined) return undefined
    for (const name of Object.keys(headers)) {
      if (used.includes(name) || own.extraHeadersPrefixes.some((prefix) => name.startsWith(prefix)))
        delete (headers as Record<string, unknown>)[name]
    }
    return user
  }
}

function lowered(options: RequestHeaderOptions): RequestHeaderOptions {
  const lower = (names: readonly string[]) => names.map((name) => name.trim().toLowerCase())
  return {
    allowedNames: options.allowedNames,
    usernameHeaders: lower(options.usernameHeaders),
    uidHeaders: lower(options.uidHeaders),
    groupHeaders: lower(options.groupHeaders),
    extraHeadersPrefixes: lower(options.extraHeadersPrefixes),
  }
}

/** Names and values, alternating (Node's rawHeaders) → the user they name. */
function userOf(rawHeaders: readonly string[], options: RequestHeaderOptions): User | undefined {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) pairs.push([rawHeaders[i]!.toLowerCase(), text(rawHeaders[i + 1]!)])
  const first = (names: readonly string[]) =>
    names.map((name) => pairs.find(([each]) => each === name)?.[1] ?? '').find((value) => value !== '')
  const name = first(options.usernameHeaders)
  if (name === undefined) return undefined
  const uid = first(options.uidHeaders)
  const groups = options.groupHeaders.flatMap((header) => pairs.filter(([each, value]) => each === header && value !== ''))
  const extra: Record<string, string[]> = {}
  for (const prefix of options.extraHeadersPrefixes) {
    for (const [header, value] of pairs) {
      if (!header.startsWith(prefix)) continue
      const key = unescaped(header.slice(prefix.length))
      if (Object.hasOwn(extra, key)) extra[key]!.push(value)
      else setOwn(extra, key, [value])
    }
  }
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: groups.map(([, value]) => value),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** Node reads header bytes as latin1; proxies write UTF-8. */
function text(value: string): string {
  return /[\u0080-\u00ff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
}

/** Keys are percent-encoded where HTTP needs it; what is not is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

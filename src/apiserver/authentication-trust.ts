// The content of kube-system/extension-apiserver-authentication: whom extension API servers may believe. Several API servers write it
// together, so what is there stays, but for certificates that have run out. Pure.
import type { RequestHeaderOptions } from './authentication/request-header.ts'
import { certificatesOf } from './client-certificates.ts'

/** Where it is. */
export const authenticationMap = { namespace: 'kube-system', name: 'extension-apiserver-authentication' }

type Data = Readonly<Record<string, string>>

const slackMs = 300_000

/** The ConfigMap's data; undefined: there is nothing to say. */
export function authenticationData(
  trust: { clientCa?: string; requestHeader?: RequestHeaderOptions & { ca: string } },
  before: Data = {},
  now: number,
): Data | undefined {
  const { clientCa, requestHeader } = trust
  if (clientCa === undefined && requestHeader === undefined) return undefined
  const bundle = (key: string, own: string | undefined) => {
    const text = bundled([before[key] ?? '', own ?? ''], now)
    return text === '' ? {} : { [key]: text }
  }
  const list = (key: string, own: readonly string[]) => ({ [key]: JSON.stringify([...new Set([...listOf(before[key]), ...own])]) })
  return {
    ...bundle('client-ca-file', clientCa),
    ...(requestHeader === undefined
      ? {}
      : {
          ...list('requestheader-allowed-names', requestHeader.allowedNames),
          ...bundle('requestheader-client-ca-file', requestHeader.ca),
          ...list('requestheader-extra-headers-prefix', requestHeader.extraHeadersPrefixes),
          ...list('requestheader-group-headers', requestHeader.groupHeaders),
          ...list('requestheader-uid-headers', requestHeader.uidHeaders),
          ...list('requestheader-username-headers', requestHeader.usernameHeaders),
        }),
  }
}

/** The certificates of several bundles that have not run out, each once. What cannot be read is left out. */
function bundled(texts: readonly string[], now: number): string {
  const found = new Map<string, string>()
  for (const text of texts) {
    try {
      for (const certificate of certificatesOf(text)) {
        if (Date.parse(certificate.validTo) > now - slackMs) found.set(certificate.fingerprint256, certificate.toString())
      }
    } catch {
      // somebody else's bundle is broken: ours goes on
    }
  }
  return [...found.values()].join('')
}

function listOf(text: string | undefined): string[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

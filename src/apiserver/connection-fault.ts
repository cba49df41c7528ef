// How Go's HTTP client words a connection that did not come about or broke: kubelets, webhooks, servers behind APIServices. Pure.

/** What Go's client says of a connection that did not come about or broke. */
export function connectionFault(error: Error & { code?: string }, host: string, port: number, serverName: string): string {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const code = error.code ?? ''
  if (Object.hasOwn(dialFaults, code)) return `dial tcp ${where}: ${dialFaults[code]}`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`
  if (Object.hasOwn(certificateFaults, code)) return `tls: failed to verify certificate: x509: ${certificateFaults[code]}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${nameFault(error, serverName)}`
  if (code === 'ECONNRESET') return error.message === 'socket hang up' ? 'EOF' : `read tcp ${where}: read: connection reset by peer`
  if (code === 'ERR_INVALID_CHAR') return 'net/http: invalid header field value'
  return error.message
}

/** Names are told of the sort that was looked for: crypto/x509 HostnameError. */
function nameFault(error: Error & { cert?: { subjectaltname?: string } }, serverName: string): string {
  const entries = (error.cert?.subjectaltname ?? '').split(', ').filter((entry) => entry !== '')
  if (entries.length === 0) return 'certificate relies on legacy Common Name field, use SANs instead'
  const prefix = isAddress(serverName) ? 'IP Address:' : 'DNS:'
  const names = entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length))
  if (names.length > 0) return `certificate is valid for ${names.join(', ')}, not ${serverName}`
  if (isAddress(serverName)) return `cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`
  return `certificate is not valid for any names, but wanted to match ${serverName}`
}

function isAddress(name: string): boolean {
  return name.includes(':') || /^[\d.]+$/.test(name)
}

const dialFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

const unknownAuthority = 'certificate signed by unknown authority'
const certificateFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  CERT_SIGNATURE_FAILURE: unknownAuthority,
  CERT_HAS_EXPIRED: 'certificate has expired or is not yet valid',
  CERT_NOT_YET_VALID: 'certificate has expired or is not yet valid',
}

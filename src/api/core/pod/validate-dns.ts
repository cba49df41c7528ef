// Rules of a pod's names and network: DNS settings, host aliases, hostname, host network.
import type { HostAlias, PodSpec } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { forbiddenField, invalidValue, required, tooLong } from '../../../apimachinery/field-errors.ts'
import { dns1123SubdomainWithUnderscore } from '../../../apimachinery/names.ts'
import { dnsLabel, dnsSubdomain, invalidFor } from '../../shared/checks.ts'
import { validateIP } from '../../shared/validate-ip.ts'

const nameserversMax = 3
const searchesMax = 32
const searchCharsMax = 2048
const hostnameOverrideMax = 64

/** spec.dnsConfig; with policy None it must name a server. */
export function validateDNSConfig({ dnsConfig, dnsPolicy }: PodSpec, path: Path): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (nameservers.length === 0) {
      return [required(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
    }
  }
  const errors: FieldError[] = []
  if (nameservers.length > nameserversMax) {
    errors.push(invalidValue(path.child('nameservers'), nameservers, `must not have more than ${nameserversMax} nameservers`))
  }
  for (const [index, server] of nameservers.entries()) errors.push(...validateIP(server, path.child('nameservers').index(index)))
  if (searches.length > searchesMax) {
    errors.push(invalidValue(path.child('searches'), searches, `must not have more than ${searchesMax} search paths`))
  }
  if (searches.join(' ').length > searchCharsMax) {
    const detail = `must not have more than ${searchCharsMax} characters (including spaces) in the search list`
    errors.push(invalidValue(path.child('searches'), searches, detail))
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    errors.push(...invalidFor(path.child('searches').index(index), name, dns1123SubdomainWithUnderscore(name)))
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(required(path.child('options').index(index), 'must not be empty'))
  }
  return errors
}

/** spec.hostAliases. */
export function validateHostAliases(aliases: readonly HostAlias[] | undefined, path: Path): FieldError[] {
  return (aliases ?? []).flatMap(({ ip, hostnames }, index) => [
    ...validateIP(ip ?? '', path.index(index).child('ip')),
    ...(hostnames ?? []).flatMap((name, i) => dnsSubdomain(name, path.index(index).child('hostnames').index(i))),
  ])
}

/** hostname, subdomain and hostnameOverride. */
export function validateHostnames(spec: PodSpec, path: Path): FieldError[] {
  const { hostname, subdomain, hostnameOverride } = spec
  const errors: FieldError[] = []
  if (hostname) errors.push(...dnsLabel(hostname, path.child('hostname')))
  if (subdomain) errors.push(...dnsLabel(subdomain, path.child('subdomain')))
  if (hostnameOverride === undefined) return errors
  const where = path.child('hostnameOverride')
  if (hostnameOverride.length > hostnameOverrideMax) errors.push(tooLong(where, hostnameOverride, hostnameOverrideMax))
  errors.push(...dnsSubdomain(hostnameOverride, where))
  if (spec.setHostnameAsFQDN) {
    errors.push(forbiddenField(where, 'may not be specified when `setHostnameAsFQDN` is true'))
  }
  if (spec.hostNetwork) errors.push(forbiddenField(where, 'may not be specified when `hostNetwork` is true'))
  return errors
}

/** In the host's network a port is the host's: in a pod both numbers are equal, in a template the host's may be left out. */
export function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, path: Path): FieldError[] {
  if (!spec.hostNetwork) return []
  return (spec.containers ?? []).flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ hostPort = 0, containerPort }, i) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return []
      const where = path.child('containers').index(index).child('ports').index(i).child('hostPort')
      return [invalidValue(where, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
    }),
  )
}

/** A user namespace of its own excludes the host's other namespaces. */
export function validateHostUsers(spec: PodSpec, path: Path): FieldError[] {
  if (spec.hostUsers !== false) return []
  const errors: FieldError[] = []
  if (spec.hostNetwork) errors.push(forbiddenField(path.child('hostNetwork'), 'when `pod.Spec.HostUsers` is false'))
  if (spec.hostPID) errors.push(forbiddenField(path.child('HostPID'), 'when `pod.Spec.HostUsers` is false'))
  if (spec.hostIPC) errors.push(forbiddenField(path.child('HostIPC'), 'when `pod.Spec.HostUsers` is false'))
  return errors
}

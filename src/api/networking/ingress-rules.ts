// Validation of Ingresses. Words: pkg/apis/networking/validation upstream.
import type { TypedLocalObjectReference } from '../../../openapi/types/core/v1.ts'
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../../openapi/types/networking/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, notSupported, required } from '../../apimachinery/field-errors.ts'
import { dns1123Subdomain, pathSegmentName, portName, portNumber, wildcardDns1123Subdomain } from '../../apimachinery/names.ts'
import { dnsLabel, dnsSubdomain, invalidFor, objectName } from '../shared/checks.ts'
import { parseIP } from '../shared/ip-addresses.ts'
import { validateIP } from '../shared/validate-ip.ts'

const classAnnotation = 'kubernetes.io/ingress.class'
const forbiddenInPath = ['//', '/./', '/../', '%2f', '%2F']
const forbiddenAtEnd = ['/..', '/.']

/** Rules of a new or changed Ingress. */
export function ingressErrors({ spec }: Ingress): FieldError[] {
  const path = at('spec')
  const rules = spec?.rules ?? []
  const errors: FieldError[] = []
  if (rules.length === 0 && spec?.defaultBackend === undefined) {
    errors.push(invalidValue(path, spec?.rules, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (spec?.defaultBackend !== undefined) errors.push(...backendErrors(spec.defaultBackend, path.child('defaultBackend')))
  errors.push(...rules.flatMap((rule, index) => ruleErrors(rule, path.child('rules').index(index))))
  errors.push(...(spec?.tls ?? []).flatMap((tls, index) => tlsErrors(tls, path.child('tls').index(index))))
  const className = spec?.ingressClassName
  return className === undefined ? errors : [...errors, ...objectName(className, path.child('ingressClassName'))]
}

/** The old annotation must agree with the field. */
export function ingressCreateErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata?.annotations?.[classAnnotation]
  const className = spec?.ingressClassName
  if (annotation === undefined || className === undefined || annotation === className) return []
  return [invalidValue(at('annotations', classAnnotation), annotation, 'must match `ingressClassName` when both are specified')]
}

function tlsErrors({ hosts = [], secretName }: IngressTLS, path: Path): FieldError[] {
  const errors = hosts.flatMap((host, index) => invalidFor(path.child('hosts').index(index), host, hostMessages(host)))
  return secretName ? [...errors, ...objectName(secretName, path.child('secretName'))] : errors
}

function hostMessages(host: string): string[] {
  return host.includes('*') ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host)
}

function ruleErrors({ host, http }: IngressRule, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (host) {
    if (parseIP(host) !== undefined) errors.push(invalidValue(path.child('host'), host, 'must be a DNS name, not an IP address'))
    errors.push(...invalidFor(path.child('host'), host, hostMessages(host)))
  }
  if (http === undefined) return errors
  const paths = path.child('http', 'paths')
  if ((http.paths?.length ?? 0) === 0) errors.push(required(paths))
  return [...errors, ...(http.paths ?? []).flatMap((each, index) => pathErrors(each, paths.index(index)))]
}

function pathErrors({ path: route = '', pathType, backend }: HTTPIngressPath, path: Path): FieldError[] {
  if (pathType === undefined) return [required(path.child('pathType'), 'pathType must be specified')]
  const where = path.child('path')
  const errors: FieldError[] = []
  const relative = !route.startsWith('/')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (relative) errors.push(invalidValue(where, route, 'must be an absolute path'))
    for (const part of forbiddenInPath) if (route.includes(part)) errors.push(invalidValue(where, route, `must not contain '${part}'`))
    for (const end of forbiddenAtEnd) if (route.endsWith(end)) errors.push(invalidValue(where, route, `cannot end with '${end}'`))
  } else if (pathType === 'ImplementationSpecific') {
    if (route !== '' && relative) errors.push(invalidValue(where, route, 'must be an absolute path'))
  } else {
    errors.push(notSupported(path.child('pathType'), pathType, ['Exact', 'ImplementationSpecific', 'Prefix']))
  }
  return [...errors, ...backendErrors(backend ?? {}, path.child('backend'))]
}

function backendErrors({ service, resource }: IngressBackend, path: Path): FieldError[] {
  if (resource !== undefined && service !== undefined) return [invalidValue(path, '', 'cannot set both resource and service backends')]
  if (resource !== undefined) return localReferenceErrors(resource, path.child('resource'))
  if (service === undefined) return [invalidValue(path, '', 'resource or service backend is required')]
  const namePath = path.child('service', 'name')
  const errors = service.name ? dnsLabel(service.name, namePath) : [required(namePath)]
  const { name, number } = service.port ?? {}
  const portPath = path.child('service', 'port')
  if (name && number) return [...errors, invalidValue(path, '', 'cannot set both port name & port number')]
  if (name) return [...errors, ...invalidFor(portPath.child('name'), name, portName(name))]
  if (number) return [...errors, ...invalidFor(portPath.child('number'), number, portNumber(number))]
  return [...errors, required(path, 'port name or number is required')]
}

/** Group, kind and name of a reference within the namespace. */
export function localReferenceErrors({ apiGroup, kind, name }: TypedLocalObjectReference, path: Path): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : dnsSubdomain(apiGroup, path.child('apiGroup'))),
    ...(kind ? invalidFor(path.child('kind'), kind, pathSegmentName(kind)) : [required(path.child('kind'))]),
    ...(name ? invalidFor(path.child('name'), name, pathSegmentName(name)) : [required(path.child('name'))]),
  ]
}

/** Rules of a status write: addresses of the load balancer; those already there are not judged again. */
export function ingressStatusErrors({ status }: Ingress, old: Ingress): FieldError[] {
  const known = new Set(old.status?.loadBalancer?.ingress?.map(({ ip }) => ip))
  const list = at('status', 'loadBalancer', 'ingress')
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, index) => {
    const path = list.index(index)
    const errors = ip && !known.has(ip) ? validateIP(ip, path.child('ip')) : []
    if (!hostname) return errors
    errors.push(...dnsSubdomain(hostname, path.child('hostname')))
    if (parseIP(hostname)) errors.push(invalidValue(path.child('hostname'), hostname, 'must be a DNS name, not an IP address'))
    return errors
  })
}

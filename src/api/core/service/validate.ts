// Rules of services: ValidateService upstream, in its order. Addresses and families: validate-addresses.ts.
import type { Service, ServicePort, ServiceSpec } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { portNumber } from '../../../apimachinery/names.ts'
import { validateLabels } from '../../../apimachinery/object-meta.ts'
import { dnsLabel, dnsSubdomain, invalidFor, oneOf, oneOfIfSet, qualified } from '../../shared/checks.ts'
import { validateCIDR, validateIP, validateNonSpecialIP } from '../../shared/validate-ip.ts'
import { validatePort } from '../pod/validate-probes.ts'
import { isExternallyAccessible } from './defaults.ts'
import { isHeadless, needsHealthCheckPort } from './strategy.ts'
import { validateClusterIPs } from './validate-addresses.ts'

const path = at('spec')
const protocols = ['SCTP', 'TCP', 'UDP']
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const loadBalancerOnly = "may only be used when `type` is 'LoadBalancer'"

/** A service, new or updated. */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {}
  const errors = topologyErrors(service)
  if (!spec.ports?.length && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required(path.child('ports')))
  errors.push(...typeErrors(spec))
  const names = new Set<string>()
  for (const [index, port] of (spec.ports ?? []).entries()) errors.push(...portErrors(port, spec, names, path.child('ports').index(index)))
  errors.push(...validateLabels(spec.selector, path.child('selector')), ...affinityErrors(spec))
  errors.push(...validateClusterIPs(spec))
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const where = path.child('externalIPs').index(index)
    const malformed = validateIP(ip, where)
    errors.push(...(malformed.length > 0 ? malformed : validateNonSpecialIP(ip, where)))
  }
  errors.push(...oneOf(spec.type, types, path.child('type')), ...portClashes(spec), ...sourceRangeErrors(service))
  return [...errors, ...loadBalancerErrors(spec), ...trafficErrors(spec)]
}

const hintsKey = 'service.kubernetes.io/topology-aware-hints'
const modeKey = 'service.kubernetes.io/topology-mode'

function topologyErrors({ metadata }: Service): FieldError[] {
  const [hints, mode] = [metadata?.annotations?.[hintsKey], metadata?.annotations?.[modeKey]]
  if (hints === undefined || mode === undefined || hints === mode) return []
  return [invalidValue(at('metadata', 'annotations').key(modeKey), mode, `must match annotations[${hintsKey}] when both are specified`)]
}

function typeErrors(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') {
    if (!isHeadless(spec)) return []
    return [invalidValue(path.child('clusterIPs').index(0), 'None', `may not be set to 'None' for ${spec.type} services`)]
  }
  if (spec.type !== 'ExternalName') return []
  const errors: FieldError[] = []
  const refused = (field: string) => forbiddenField(path.child(field), 'may not be set for ExternalName services')
  if (spec.clusterIPs?.length) errors.push(refused('clusterIPs'))
  if (spec.ipFamilies?.length) errors.push(refused('ipFamilies'))
  if (spec.ipFamilyPolicy !== undefined) errors.push(refused('ipFamilyPolicy'))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') return [...errors, required(path.child('externalName'))]
  return [...errors, ...dnsSubdomain(name, path.child('externalName'))]
}

function portErrors(port: ServicePort, { ports }: ServiceSpec, names: Set<string>, where: Path): FieldError[] {
  const errors: FieldError[] = []
  const namePath = where.child('name')
  if (!port.name) {
    if ((ports?.length ?? 0) > 1) errors.push(required(namePath))
  } else {
    errors.push(...dnsLabel(port.name, namePath))
    if (names.has(port.name)) errors.push(duplicate(namePath, port.name))
    names.add(port.name)
  }
  errors.push(...invalidFor(where.child('port'), port.port ?? 0, portNumber(port.port ?? 0)))
  errors.push(...oneOf(port.protocol, protocols, where.child('protocol')), ...validatePort(port.targetPort, where.child('targetPort')))
  if (port.appProtocol !== undefined) errors.push(...qualified(port.appProtocol, where.child('appProtocol')))
  return errors
}

const affinitySecondsMax = 86400

function affinityErrors({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const errors = oneOf(sessionAffinity, ['ClientIP', 'None'], path.child('sessionAffinity'))
  const where = path.child('sessionAffinityConfig')
  if (sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbiddenField(where, 'must not be set when session affinity is None'))
  }
  if (sessionAffinity !== 'ClientIP') return errors
  const when = 'when session affinity type is ClientIP'
  if (config === undefined) return [...errors, required(where, when)]
  if (config.clientIP === undefined) return [...errors, required(where.child('clientIP'), when)]
  const seconds = config.clientIP.timeoutSeconds
  const secondsPath = where.child('clientIP', 'timeoutSeconds')
  if (seconds === undefined) return [...errors, required(secondsPath, when)]
  if (seconds > 0 && seconds <= affinitySecondsMax) return errors
  return [...errors, invalidValue(secondsPath, seconds, `must be greater than 0 and less than ${affinitySecondsMax}`)]
}

function portClashes({ type, ports = [] }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const where = (index: number) => path.child('ports').index(index)
  for (const [index, { nodePort }] of ports.entries()) {
    if (type === 'ClusterIP' && nodePort) {
      errors.push(forbiddenField(where(index).child('nodePort'), "may not be used when `type` is 'ClusterIP'"))
    }
  }
  const nodePorts = new Set<string>()
  for (const [index, { nodePort, protocol }] of ports.entries()) {
    if (!nodePort) continue
    if (nodePorts.has(`${protocol}/${nodePort}`)) errors.push(duplicate(where(index).child('nodePort'), nodePort))
    nodePorts.add(`${protocol}/${nodePort}`)
  }
  const seen = new Set<string>()
  for (const [index, { port, protocol }] of ports.entries()) {
    if (seen.has(`${protocol}/${port}`)) errors.push(duplicate(where(index), printedPort(protocol ?? '', port)))
    seen.add(`${protocol}/${port}`)
  }
  return errors
}

/** The key of the clash as Go prints it: the struct with all its fields. */
function printedPort(protocol: string, port: number): object {
  return { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
}

const sourceRangesKey = 'service.beta.kubernetes.io/load-balancer-source-ranges'

function sourceRangeErrors({ metadata, spec = {} }: Service): FieldError[] {
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = metadata?.annotations?.[sourceRangesKey]
  if (ranges.length > 0) {
    const where = path.child('LoadBalancerSourceRanges')
    const errors = spec.type === 'LoadBalancer' ? [] : [forbiddenField(where, loadBalancerOnly)]
    return [...errors, ...ranges.flatMap((range, index) => validateCIDR(range.trim(), where.index(index)))]
  }
  if (annotation === undefined) return []
  const where = at('metadata', 'annotations').key(sourceRangesKey)
  const errors = spec.type === 'LoadBalancer' ? [] : [forbiddenField(where, loadBalancerOnly)]
  const text = annotation.trim()
  return text === '' ? errors : [...errors, ...text.split(',').flatMap((range) => validateCIDR(range.trim(), where))]
}

function loadBalancerErrors(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const isLoadBalancer = spec.type === 'LoadBalancer'
  const allocate = spec.allocateLoadBalancerNodePorts
  if (allocate !== undefined && !isLoadBalancer) errors.push(forbiddenField(path.child('allocateLoadBalancerNodePorts'), loadBalancerOnly))
  if (allocate === undefined && isLoadBalancer) errors.push(required('allocateLoadBalancerNodePorts'))
  if (spec.loadBalancerClass === undefined) return errors
  const where = path.child('loadBalancerClass')
  return [...errors, ...(isLoadBalancer ? qualified(spec.loadBalancerClass, where) : [forbiddenField(where, loadBalancerOnly)])]
}

const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function trafficErrors(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const policy = path.child('externalTrafficPolicy')
  if (isExternallyAccessible(spec)) errors.push(...oneOf(spec.externalTrafficPolicy, ['Cluster', 'Local'], policy))
  else if (spec.externalTrafficPolicy) {
    errors.push(invalidValue(policy, spec.externalTrafficPolicy, 'may only be set for externally-accessible services'))
  }
  errors.push(...healthCheckErrors(spec))
  const internal = path.child('internalTrafficPolicy')
  if (spec.internalTrafficPolicy === undefined && ['ClusterIP', 'LoadBalancer', 'NodePort'].includes(spec.type ?? '')) {
    errors.push(required(internal))
  }
  errors.push(...oneOfIfSet(spec.internalTrafficPolicy, ['Cluster', 'Local'], internal))
  const distribution = spec.trafficDistribution
  if (distribution === undefined || distributions.includes(distribution)) return errors
  return [...errors, notSupported(path.child('trafficDistribution'), distribution, distributions)]
}

function healthCheckErrors(spec: ServiceSpec): FieldError[] {
  const where = path.child('healthCheckNodePort')
  const port = spec.healthCheckNodePort
  if (needsHealthCheckPort(spec)) return port ? invalidFor(where, port, portNumber(port)) : [required(where)]
  if (!port) return []
  return [invalidValue(where, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")]
}

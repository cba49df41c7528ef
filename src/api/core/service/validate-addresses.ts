// Rules of clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy, alone and across updates.
import type { Service, ServiceSpec } from '../../../../openapi/types/core/v1.ts'
import type { FieldError } from '../../../apimachinery/field-errors.ts'
import { at, duplicate, forbiddenField, invalidValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { dns1123Subdomain } from '../../../apimachinery/names.ts'
import { invalidFor, oneOfIfSet } from '../../shared/checks.ts'
import { ipFamily, isDualStack, parseIP } from '../../shared/ip-addresses.ts'
import { validateIP } from '../../shared/validate-ip.ts'
import { isHeadless, needsHealthCheckPort } from './strategy.ts'

const path = at('spec')
const ips = path.child('clusterIPs')
const families = path.child('ipFamilies')
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack']

/** Also for the allocator, before it adds what is missing (ValidateServiceClusterIPsRelatedFields upstream). */
export function validateClusterIPs(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return []
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  const errors: FieldError[] = []
  if (clusterIP !== '') {
    if (clusterIPs.length === 0) errors.push(required(ips))
    else if (clusterIPs[0] !== clusterIP) errors.push(invalidValue(ips, clusterIPs, 'first value must match `clusterIP`'))
  } else if (clusterIPs.length > 0) errors.push(invalidValue(ips, clusterIPs, 'must be empty when `clusterIP` is not specified'))
  for (const [index, family] of ipFamilies.entries()) {
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(notSupported(families.index(index), family, ['IPv4', 'IPv6']))
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(families.index(index), family))
  }
  errors.push(...oneOfIfSet(ipFamilyPolicy, policies, path.child('ipFamilyPolicy')))
  const malformed = addressErrors(clusterIPs)
  errors.push(...malformed)
  if (clusterIPs.length > 2) errors.push(invalidValue(ips, clusterIPs, 'may only hold up to 2 values'))
  if (malformed.length > 0) return errors
  if (clusterIPs.length > 1 && isDualStack(clusterIPs) !== true) {
    errors.push(invalidValue(ips, clusterIPs, 'may specify no more than one IP for each IP family'))
  }
  return isHeadless(spec) ? errors : [...errors, ...familyErrors(clusterIPs, ipFamilies)]
}

function addressErrors(clusterIPs: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, index) => {
    if (index !== 0 || ip !== 'None') return validateIP(ip, ips.index(index))
    return clusterIPs.length > 1 ? [invalidValue(ips, clusterIPs, "'None' must be the first and only value")] : []
  })
}

function familyErrors(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, index) => {
    const family = ipFamilies[index]
    if (family === undefined || family === `IPv${ipFamily(ip)}`) return []
    return [invalidValue(ips.index(index), ip, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)]
  })
}

/** Rules between an updated service and the stored one. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const [spec, before] = [service.spec ?? {}, old.spec ?? {}]
  const errors: FieldError[] = []
  if (spec.type !== 'ExternalName' && before.type !== 'ExternalName') {
    errors.push(...ipChanges(spec, before), ...familyChanges(spec, before))
  }
  if (spec.type === 'LoadBalancer' && before.type === 'LoadBalancer' && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalidValue(path.child('loadBalancerClass'), spec.loadBalancerClass, 'may not change once set'))
  }
  if (needsHealthCheckPort(before) && needsHealthCheckPort(spec) && spec.healthCheckNodePort !== before.healthCheckNodePort) {
    errors.push(forbiddenField(path.child('healthCheckNodePort'), 'field is immutable'))
  }
  return errors
}

function ipChanges(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (isHeadless(spec) && isHeadless(old)) return []
  const [now, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []]
  const changed = (index: number) => invalidValue(ips.index(index), now, 'may not change once set')
  if (now.length === before.length) return before.flatMap((ip, index) => (ip === now[index] ? [] : [changed(index)]))
  const errors: FieldError[] = []
  if (now.length === 0) errors.push(invalidValue(ips.index(0), null, 'primary clusterIP can not be unset'))
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.push(changed(0))
  if (before.length > now.length && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP"
    errors.push(invalidValue(path.child('ipFamilyPolicy'), spec.ipFamilyPolicy, detail))
  }
  return errors
}

function familyChanges(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (isHeadless(spec) || isHeadless(old)) return []
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []]
  const changed = (value: unknown) => invalidValue(families.index(0), value, 'may not change once set')
  if (now.length === before.length) return before.flatMap((family, index) => (family === now[index] ? [] : [changed(now)]))
  const errors: FieldError[] = []
  const released = before.length > now.length
  if (released && !spec.clusterIPs?.length) errors.push(invalidValue(families.index(0), now, 'primary ipFamily can not be unset'))
  if (before.length > 0 && now.length > 0 && now[0] !== before[0]) errors.push(changed(spec.clusterIPs))
  if (released && now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily"
    errors.push(invalidValue(path.child('ipFamilyPolicy'), spec.ipFamilyPolicy, detail))
  }
  return errors
}

/** Rules of a status: load balancers only, well-formed addresses. */
export function validateServiceStatusUpdate({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? []
  const list = at('status', 'loadBalancer', 'ingress')
  if (ingress.length > 0 && spec?.type !== 'LoadBalancer') {
    return [forbiddenField(list, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  return ingress.flatMap(({ ip, ipMode, hostname }, index) => {
    const where = list.index(index)
    const errors = ip ? validateIP(ip, where.child('ip')) : []
    if (ipMode === undefined) {
      if (ip) errors.push(required(where.child('ipMode'), 'must be specified when `ip` is set'))
    } else if (!ip) errors.push(forbiddenField(where.child('ipMode'), 'may not be specified when `ip` is not set'))
    else errors.push(...oneOfIfSet(ipMode, ['Proxy', 'VIP'], where.child('ipMode')))
    if (!hostname) return errors
    errors.push(...invalidFor(where.child('hostname'), hostname, dns1123Subdomain(hostname)))
    if (parseIP(hostname) === undefined) return errors
    return [...errors, invalidValue(where.child('hostname'), hostname, 'must be a DNS name, not an IP address')]
  })
}

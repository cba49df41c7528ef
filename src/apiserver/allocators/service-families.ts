// Which IP families a service has: what was asked, what is implied, what the cluster can do. Pure.
// Order and words: kubernetes/pkg/registry/core/service/storage alloc.go.
import type { Service, ServiceSpec } from '../../../openapi/types/core/v1.ts'
import { invalid } from '../../apimachinery/api-error.ts'
import { isIpv6 } from '../../apimachinery/cidr.ts'
import { semanticEqual } from '../../apimachinery/equal.ts'
import { at, type FieldError, invalidValue } from '../../apimachinery/field-errors.ts'

export type IpFamily = 'IPv4' | 'IPv6'

const policyPath = at('spec', 'ipFamilyPolicy')

/** The family of an address text. */
export function familyOf(address: string): IpFamily {
  return isIpv6(address) ? 'IPv6' : 'IPv4'
}

/** Sets ipFamilies and ipFamilyPolicy of a draft; `cluster` lists the cluster's families, the first is its default. Throws 422. */
export function setIpFamilies(service: Service, old: Service | undefined, cluster: readonly IpFamily[]): void {
  const spec = (service.spec ??= {})
  if (spec.type === 'ExternalName' || keepsDualStack(spec, old?.spec)) return
  const headlessWithoutSelector = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? (headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack')
  if (old?.spec !== undefined && spec.ipFamilyPolicy === 'SingleStack') dropSecond(spec, old.spec)
  refuse(service, [...reductionErrors(spec, old?.spec), ...singleStackErrors(spec), ...inferFamilies(spec, cluster)])
  if (headlessWithoutSelector) return completeHeadless(spec, cluster)
  refuse(service, clusterErrors(spec, cluster))
  spec.ipFamilies ??= []
  if (spec.ipFamilies.length === 0) spec.ipFamilies = [cluster[0] ?? 'IPv4']
  if (spec.ipFamilyPolicy !== 'SingleStack' && spec.ipFamilies.length === 1 && cluster.length === 2) {
    spec.ipFamilies = [...spec.ipFamilies, other(spec.ipFamilies[0])]
  }
}

/** A PreferDualStack service is neither up- nor downgraded by an unrelated update. */
export function keepsDualStack(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  if (old === undefined || spec.ipFamilyPolicy !== 'PreferDualStack' || spec.type !== old.type) return false
  if (old.ipFamilyPolicy !== undefined && old.ipFamilyPolicy !== 'PreferDualStack') return false
  return same(spec.clusterIPs, old.clusterIPs) && same(spec.ipFamilies, old.ipFamilies)
}

function same(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return semanticEqual(a, b)
}

/** SingleStack alone is a clear wish to drop the second of each. */
function dropSecond(spec: ServiceSpec, old: ServiceSpec): void {
  if (same(old.clusterIPs, spec.clusterIPs) && (spec.clusterIPs ?? []).length > 1) spec.clusterIPs = spec.clusterIPs!.slice(0, 1)
  if (same(old.ipFamilies, spec.ipFamilies) && (spec.ipFamilies ?? []).length > 1) spec.ipFamilies = spec.ipFamilies!.slice(0, 1)
}

function reductionErrors(spec: ServiceSpec, old: ServiceSpec | undefined): FieldError[] {
  if (old === undefined || spec.ipFamilyPolicy === 'SingleStack') return []
  const reduced = (now: readonly string[] = [], before: readonly string[] = []): boolean => now.length > 0 && now.length < before.length
  const error = (what: string) => invalidValue(policyPath, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`)
  return [
    ...(reduced(spec.clusterIPs, old.clusterIPs) ? [error('cluster IP')] : []),
    ...(reduced(spec.ipFamilies, old.ipFamilies) ? [error('IP family')] : []),
  ]
}

function singleStackErrors(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const error = (what: string) =>
    invalidValue(policyPath, spec.ipFamilyPolicy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`)
  return [
    ...((spec.clusterIPs ?? []).length === 2 ? [error('cluster IPs')] : []),
    ...((spec.ipFamilies ?? []).length === 2 ? [error('IP families')] : []),
  ]
}

/** Addresses say their families. */
function inferFamilies(spec: ServiceSpec, cluster: readonly IpFamily[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None') break
    if (index < (spec.ipFamilies ?? []).length) continue
    const family = familyOf(address)
    if (cluster.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else errors.push(invalidValue(at('spec', 'clusterIPs').index(index), spec.clusterIPs, `${family} is not configured on this cluster`))
  }
  return errors
}

/** Headless without a selector: the endpoints are somebody else's, of any family. */
function completeHeadless(spec: ServiceSpec, cluster: readonly IpFamily[]): void {
  const families = (spec.ipFamilies ?? []).length > 0 ? spec.ipFamilies! : [cluster[0] ?? 'IPv4']
  spec.ipFamilies = families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack' ? [...families, other(families[0])] : families
}

function clusterErrors(spec: ServiceSpec, cluster: readonly IpFamily[]): FieldError[] {
  const dual = spec.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2
  const families = [...(spec.ipFamilies ?? []).entries()].filter(([, family]) => !cluster.includes(family as IpFamily))
  return [
    ...(dual ? [invalidValue(policyPath, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')] : []),
    ...families.map(([index, family]) => invalidValue(at('spec', 'ipFamilies').index(index), family, 'not configured on this cluster')),
  ]
}

function other(family: string | undefined): IpFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}

function refuse(service: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: '', kind: 'Service' }, service.metadata?.name ?? '', errors)
}

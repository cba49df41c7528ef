// Validation of IPAddresses and ServiceCIDRs. Words: pkg/apis/networking/validation upstream.
import type { IPAddress, ServiceCIDR } from '../../../openapi/types/networking/v1.ts'
import type { FieldError } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { pathSegmentName } from '../../apimachinery/names.ts'
import { immutableField, immutableText } from '../../apimachinery/object-meta.ts'
import { dnsSubdomain, invalidFor } from '../shared/checks.ts'
import { isDualStack } from '../shared/ip-addresses.ts'
import { validateCanonicalCIDR, validateCanonicalIP } from '../shared/validate-ip.ts'

/** The name of an IPAddress is the address in canonical form. */
export function ipAddressName(name: string): string[] {
  return validateCanonicalIP(name, at('')).map((error) => error.detail)
}

/** The object that uses the address. */
export function ipAddressErrors({ spec }: IPAddress): FieldError[] {
  const path = at('spec', 'parentRef')
  const parent = spec?.parentRef
  if (parent === undefined) return [required(path)]
  const { group, resource, name, namespace } = parent
  return [
    ...(group ? dnsSubdomain(group, path.child('group')) : []),
    ...(resource ? invalidFor(path.child('resource'), resource, pathSegmentName(resource)) : [required(path.child('resource'))]),
    ...(name ? invalidFor(path.child('name'), name, pathSegmentName(name)) : [required(path.child('name'))]),
    ...(namespace ? invalidFor(path.child('namespace'), namespace, pathSegmentName(namespace)) : []),
  ]
}

/** An address does not change hands. */
export function ipAddressUpdateErrors(address: IPAddress, old: IPAddress): FieldError[] {
  return immutableField(address.spec?.parentRef, old.spec?.parentRef, at('spec', 'parentRef'))
}

/** One range, or one of each family. */
export function serviceCidrErrors({ spec }: ServiceCIDR): FieldError[] {
  const path = at('spec', 'cidrs')
  const cidrs = spec?.cidrs ?? []
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalidValue(path, { CIDRs: cidrs }, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, index) => validateCanonicalCIDR(cidr, path.index(index)))
  if (cidrs.length === 2 && isDualStack(cidrs) === false) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    errors.push(invalidValue(path, cidrs, detail))
  }
  return errors
}

/** Ranges never change, but a second family may be added. */
export function serviceCidrUpdateErrors(cidr: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const path = at('spec', 'cidrs')
  const before = old.spec?.cidrs ?? []
  const now = cidr.spec?.cidrs ?? []
  const grows = before.length === 1 && now.length === 2
  if (before.length !== now.length && !grows) return [invalidValue(path, now, immutableText)]
  return before.flatMap((range, index) => (range === now[index] ? [] : [invalidValue(path.index(index), now[index], immutableText)]))
}

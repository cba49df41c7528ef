// Which resource names mean what: standard, container, quota, integer, extended, huge pages (pkg/apis/core/helper upstream).
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { invalidValue, notSupported } from '../../apimachinery/field-errors.ts'
import { qualifiedName } from '../../apimachinery/names.ts'
import { compareQuantities, isQuantity, milliValue, quantity } from '../../apimachinery/quantity.ts'
import { invalidFor } from '../shared/checks.ts'

const billion = 1_000_000_000n

const compute = ['cpu', 'memory', 'ephemeral-storage']
const computeQuota = [
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const standardQuota = new Set([...compute, ...computeQuota, 'requests.storage', ...counted])
const standard = new Set([...standardQuota, 'storage'])

/** `hugepages-2Mi` … */
export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-')
}

/** Not in somebody's domain: no prefix, or one of kubernetes.io. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

/** A resource of a device plugin, such as example.com/gpu. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false
  return qualifiedName(`requests.${name}`).length === 0
}

/** Whether requests may stay below limits. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name)
}

/** Resources a quota can count by name (object counts `count/…` have a prefix and need no listing). */
export function isStandardQuotaResource(name: string): boolean {
  return standardQuota.has(name) || isQuotaHugePages(name)
}

function isQuotaHugePages(name: string): boolean {
  return isHugePages(name) || name.startsWith('requests.hugepages-')
}

/** A qualified name that is known, or in somebody's domain. */
export function validateResourceName(name: string, path: Path): FieldError[] {
  const errors = invalidFor(path, name, qualifiedName(name))
  if (errors.length > 0 || name.includes('/') || standard.has(name) || isQuotaHugePages(name)) return errors
  return [invalidValue(path, name, 'must be a standard resource type or fully qualified')]
}

/** A resource that a container may request. */
export function validateContainerResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/')) {
    if (!compute.includes(name) && !isHugePages(name)) errors.push(invalidValue(path, name, 'must be a standard resource for containers'))
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"))
  }
  return errors
}

/** A resource that may stand at the level of the pod. */
export function validatePodResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path)
  if (errors.length > 0 || isPodLevelResource(name)) return errors
  return [notSupported(path, name, ['cpu', 'memory'])]
}

/** cpu, memory and huge pages. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePages(name)
}

/** A resource that a quota may limit. */
export function validateQuotaResourceName(name: string, path: Path): FieldError[] {
  const errors = validateResourceName(name, path)
  if (!name.includes('/') && !isStandardQuotaResource(name)) errors.push(invalidValue(path, name, 'must be a standard resource for quota'))
  return errors
}

/** Not negative, and a whole number for what comes in pieces. */
export function validateQuantityOf(name: string, value: string, path: Path): FieldError[] {
  const errors = nonNegativeQuantity(value, path)
  const isInteger = counted.includes(name) || isExtendedResource(name)
  if (isInteger && milliValue(value) % 1000 !== 0) errors.push(invalidValue(path, value, 'must be an integer'))
  return errors
}

/** Zero or more. */
export function nonNegativeQuantity(value: string, path: Path): FieldError[] {
  return compareQuantities(value, 0) < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : []
}

/** More than zero. */
export function positiveQuantity(value: string, path: Path): FieldError[] {
  return compareQuantities(value, 0) <= 0 ? [invalidValue(path, value, 'must be greater than zero')] : []
}

/** Whether an amount of huge pages is a multiple of the page size in the resource's name. */
export function isHugePagesMultiple(name: string, value: string): boolean {
  const size = name.slice('hugepages-'.length)
  if (!isQuantity(size)) return false
  const page = quantity(size).nano
  return page > 0n && page % billion === 0n && quantity(value).nano % page === 0n
}

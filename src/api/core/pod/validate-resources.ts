// Rules of requests and limits, of containers and of the whole pod.
import type { ContainerResizePolicy, PodSpec, ResourceClaim, ResourceRequirements } from '../../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../../apimachinery/field-errors.ts'
import { duplicate, forbiddenField, invalidValue, notFoundValue, notSupported, required } from '../../../apimachinery/field-errors.ts'
import { compareQuantities, quantityText } from '../../../apimachinery/quantity.ts'
import { dnsLabel } from '../../shared/checks.ts'
import {
  isHugePages,
  isHugePagesMultiple,
  isOvercommitAllowed,
  validateContainerResourceName,
  validatePodResourceName,
  validateQuantityOf,
} from '../resource-names.ts'
import { aggregateContainerRequests } from './resources.ts'

type NameCheck = (name: string, path: Path) => FieldError[]

/** Requests and limits of a container. `claimNames`: the names in spec.resourceClaims. */
export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  claimNames: ReadonlySet<string>,
  path: Path,
): FieldError[] {
  return validateRequirements(resources ?? {}, validateContainerResourceName, claimNames, path)
}

function validateRequirements(
  { limits = {}, requests = {}, claims }: ResourceRequirements,
  nameCheck: NameCheck,
  claimNames: ReadonlySet<string>,
  path: Path,
): FieldError[] {
  const errors: FieldError[] = []
  for (const [name, value] of Object.entries(limits)) errors.push(...amountErrors(name, value, nameCheck, path.child('limits').key(name)))
  for (const [name, value] of Object.entries(requests)) {
    const where = path.child('requests').key(name)
    errors.push(...nameCheck(name, where), ...validateQuantityOf(name, value, where))
    errors.push(...limitErrors(name, value, Object.hasOwn(limits, name) ? limits[name] : undefined, path))
    errors.push(...hugePagesErrors(name, value, where))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbiddenField(path, 'HugePages require cpu or memory'))
  }
  return [...errors, ...claimErrors(claims ?? [], claimNames, path.child('claims'))]
}

function amountErrors(name: string, value: string, nameCheck: NameCheck, path: Path): FieldError[] {
  return [...nameCheck(name, path), ...validateQuantityOf(name, value, path), ...hugePagesErrors(name, value, path)]
}

function hugePagesErrors(name: string, value: string, path: Path): FieldError[] {
  if (!isHugePages(name) || isHugePagesMultiple(name, value)) return []
  return [invalidValue(path, value, `${value} is not positive integer multiple of ${name}`)]
}

/** A request may not exceed its limit, and must equal it where overcommitment is not possible. */
function limitErrors(name: string, request: string, limit: string | undefined, path: Path): FieldError[] {
  const overcommit = isOvercommitAllowed(name)
  if (limit === undefined) {
    return overcommit ? [] : [required(path.child('limits'), 'Limit must be set for non overcommitable resources')]
  }
  const order = compareQuantities(request, limit)
  if (order !== 0 && !overcommit) return [invalidValue(path.child('requests'), request, `must be equal to ${name} limit of ${limit}`)]
  return order > 0 ? [invalidValue(path.child('requests'), request, `must be less than or equal to ${name} limit of ${limit}`)] : []
}

function claimErrors(claims: readonly ResourceClaim[], claimNames: ReadonlySet<string>, path: Path): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name, request }] of claims.entries()) {
    const where = path.index(index)
    if (!name) {
      errors.push(required(where))
      continue
    }
    const key = request ? `${name}/${request}` : name
    if (request && !seen.has(name)) errors.push(...dnsLabel(request, where.child('request')))
    if (seen.has(name)) errors.push(duplicate(where, name))
    else if (seen.has(key)) errors.push(duplicate(where, key))
    else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(where, name))
    seen.add(key)
    if (!claimNames.has(name)) errors.push({ ...notFoundValue(where, name), detail: unknownClaim(claimNames) })
  }
  return errors
}

function unknownClaim(names: ReadonlySet<string>): string {
  const text = 'must be one of the names in pod.spec.resourceClaims'
  return names.size === 0 ? `${text} which is empty` : `${text}: ${[...names].sort().join(', ')}`
}

/** Requests and limits of the pod as a whole: they cover what its containers ask for. */
export function validatePodResources(spec: PodSpec, claimNames: ReadonlySet<string>, path: Path): FieldError[] {
  if (spec.resources === undefined) return []
  const errors: FieldError[] = []
  if (spec.resources.claims) errors.push(forbiddenField(path.child('claims'), 'claims cannot be set for Resources at pod-level'))
  errors.push(...validateRequirements(spec.resources, validatePodResourceName, claimNames, path))
  for (const [name, amount] of Object.entries(aggregateContainerRequests(spec))) {
    const podRequest = spec.resources.requests?.[name] ?? '0'
    if (compareQuantities(amount, podRequest) <= 0) continue
    const detail = `must be greater than or equal to aggregate container requests of ${quantityText(amount)}`
    errors.push(invalidValue(path.child('requests').key(name), podRequest, detail))
  }
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const podLimit = spec.resources.limits?.[name]
      if (podLimit === undefined || compareQuantities(limit, podLimit) <= 0) continue
      const where = path.child('containers').index(index).key(name).child('limits')
      errors.push(invalidValue(where, limit, `must be less than or equal to pod limits of ${podLimit}`))
    }
  }
  return errors
}

const resizeResources = ['cpu', 'memory']
const resizeRestartPolicies = ['NotRequired', 'RestartContainer']

/** What happens to a container when its resources are resized. */
export function validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  path: Path,
  podRestartPolicy: string | undefined,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { resourceName, restartPolicy }] of (policies ?? []).entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(path.index(index), resourceName))
    seen.add(resourceName)
    if (!resourceName) errors.push(required(path))
    else if (!resizeResources.includes(resourceName)) errors.push(notSupported(path, resourceName, resizeResources))
    if (!restartPolicy) errors.push(required(path))
    else if (!resizeRestartPolicies.includes(restartPolicy)) errors.push(notSupported(path, restartPolicy, resizeRestartPolicies))
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalidValue(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
    }
  }
  return errors
}

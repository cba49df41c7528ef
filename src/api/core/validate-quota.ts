// Rules of ResourceQuotas: resources that can be counted, and scopes that fit them.
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../../openapi/types/core/v1.ts'
import type { FieldError, Path } from '../../apimachinery/field-errors.ts'
import { at, invalidValue, required } from '../../apimachinery/field-errors.ts'
import { immutableText } from '../../apimachinery/object-meta.ts'
import { isStandardQuotaResource, validateQuantityOf, validateQuotaResourceName } from './resource-names.ts'

const podCompute = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const podResources = ['pods', ...podCompute]
/** Which resources a scope may stand beside. */
const scopeResources: Readonly<Record<string, readonly string[]>> = {
  Terminating: podResources,
  NotTerminating: podResources,
  NotBestEffort: podResources,
  PriorityClass: podResources,
  CrossNamespacePodAffinity: podResources,
  BestEffort: ['pods'],
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
}
const existsOnly = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']
const conflicts = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

/** A quota, new or updated. */
export function validateQuota({ spec = {}, status }: ResourceQuota): FieldError[] {
  const path = at('spec')
  return [
    ...amountErrors(spec.hard, path.child('hard')),
    ...scopeErrors(spec, path.child('scopes')),
    ...selectorErrors(spec, path.child('scopeSelector', 'matchExpressions')),
    ...amountErrors(status?.hard, at('status', 'hard')),
    ...amountErrors(status?.used, at('status', 'used')),
  ]
}

function amountErrors(amounts: Readonly<Record<string, string>> | undefined, path: Path): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, value]) => [
    ...validateQuotaResourceName(name, path.key(name)),
    ...validateQuantityOf(name, value, path.key(name)),
  ])
}

function scopeErrors(spec: ResourceQuotaSpec, path: Path): FieldError[] {
  const scopes = spec.scopes ?? []
  const errors = scopes.flatMap((scope) => [
    ...(isScope(scope) ? [] : [invalidValue(path, scopes, 'unsupported scope')]),
    ...misfits(spec, scope).map(() => invalidValue(path, scopes, 'unsupported scope applied to resource')),
  ])
  return [...errors, ...conflictErrors(scopes, scopes, path)]
}

function isScope(scope: string): boolean {
  return Object.hasOwn(scopeResources, scope)
}

/** The resources of the quota that the scope cannot narrow. */
function misfits({ hard }: ResourceQuotaSpec, scope: string): string[] {
  const fitting = isScope(scope) ? scopeResources[scope] : undefined
  if (fitting === undefined) return []
  return Object.keys(hard ?? {}).filter((name) => isStandardQuotaResource(name) && !fitting.includes(name) && !isClassStorage(scope, name))
}

function isClassStorage(scope: string, name: string): boolean {
  return scope === 'VolumeAttributesClass' && name.endsWith('.storage')
}

function conflictErrors(present: readonly string[], shown: readonly string[] | undefined, path: Path): FieldError[] {
  return conflicts
    .filter((pair) => pair.every((scope) => present.includes(scope)))
    .map(() => invalidValue(path, shown ?? null, 'conflicting scopes'))
}

function selectorErrors(spec: ResourceQuotaSpec, path: Path): FieldError[] {
  const requirements = spec.scopeSelector?.matchExpressions ?? []
  const errors = requirements.flatMap((requirement) => [
    ...(isScope(requirement.scopeName) ? [] : [invalidValue(path.child('scopeName'), requirement.scopeName ?? '', 'unsupported scope')]),
    ...misfits(spec, requirement.scopeName).map(() => invalidValue(path, spec.scopeSelector, 'unsupported scope applied to resource')),
    ...operatorErrors(requirement, path),
  ])
  const names = requirements.map(({ scopeName }) => scopeName)
  return [...errors, ...conflictErrors(names, spec.scopes, path)]
}

function operatorErrors({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, path: Path): FieldError[] {
  const errors: FieldError[] = []
  if (existsOnly.includes(scopeName) && operator !== 'Exists') {
    const detail =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
    errors.push(invalidValue(path.child('operator'), operator ?? '', detail))
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return errors
    return [...errors, required(path.child('values'), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return errors
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
    return [...errors, invalidValue(path.child('values'), values, detail)]
  }
  return [...errors, invalidValue(path.child('operator'), operator ?? '', 'not a valid selector operator')]
}

/** Scopes never change. */
export function validateQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): FieldError[] {
  const [now, before] = [quota, old].map(({ spec }) => [...new Set(spec?.scopes ?? [])].sort().join())
  return now === before ? [] : [invalidValue(at('spec', 'scopes'), quota.spec?.scopes ?? null, immutableText)]
}

/** Rules of a status write. */
export function validateQuotaStatusUpdate({ metadata, status }: ResourceQuota): FieldError[] {
  return [
    ...(metadata?.resourceVersion ? [] : [required('resourceVersion')]),
    ...amountErrors(status?.hard, at('status', 'hard')),
    ...amountErrors(status?.used, at('status', 'used')),
  ]
}

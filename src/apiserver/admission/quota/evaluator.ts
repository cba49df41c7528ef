// What a quota counts of an object: one evaluator per resource, and a plain object count for all others. Pure.
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../../../../openapi/types/core/v1.ts'
import { qualifiedResource, type ResourceName } from '../../../apimachinery/api-error.ts'
import type { KubeObject } from '../../../apimachinery/meta.ts'
import { type Quantity, quantityOf } from '../../../apimachinery/quantity.ts'
import type { AdmissionAttributes } from '../plugin.ts'
import { claimEvaluator } from './claims.ts'
import { podEvaluator } from './pods.ts'
import { serviceEvaluator } from './services.ts'

/** Amounts by quota resource name ("requests.cpu", "count/jobs.batch"). */
export type Usage = Map<string, Quantity>

export interface Evaluator<T extends KubeObject = KubeObject> {
  /** Whether a request can change what is used. */
  handles: (attributes: AdmissionAttributes) => boolean
  /** What one object uses; `now` in milliseconds. */
  usage: (object: T, now: number) => Usage
  /** Whether a name in a quota's `hard` is about this resource. */
  covers: (resource: string) => boolean
  /** Whether the object is in a scope. */
  inScope: (object: T, selector: ScopedResourceSelectorRequirement) => boolean
  /** What a quota on `resources` demands of the object: the complaint, or undefined. */
  constraint?: (object: T, resources: readonly string[]) => string | undefined
}

const ignored = new Set([
  'bindings',
  'componentstatuses',
  'events',
  'events.events.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
])

/** Names that quotas had before count/…. */
const aliases: Readonly<Record<string, string>> = {
  configmaps: 'configmaps',
  resourcequotas: 'resourcequotas',
  replicationcontrollers: 'replicationcontrollers',
  secrets: 'secrets',
}

/** The evaluator of a resource; undefined when quotas ignore it. */
export function evaluatorOf(kind: ResourceName): Evaluator | undefined {
  const resource = qualifiedResource(kind)
  if (ignored.has(resource)) return undefined
  if (resource === 'pods') return podEvaluator as Evaluator
  if (resource === 'services') return serviceEvaluator as Evaluator
  if (resource === 'persistentvolumeclaims') return claimEvaluator as Evaluator
  return objectCount(resource)
}

function objectCount(resource: string): Evaluator {
  const alias = Object.hasOwn(aliases, resource) ? aliases[resource] : undefined
  const names = [`count/${resource}`, ...(alias === undefined ? [] : [alias])]
  return {
    handles: ({ operation, subresource }) => operation === 'CREATE' && !subresource,
    usage: () => new Map(names.map((name) => [name, quantityOf(1)])),
    covers: (name) => names.includes(name),
    inScope: () => false,
  }
}

/** The scopes of a quota as selectors: a plain scope means Exists. */
export function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }))
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])]
}

/** Whether a quota counts this object: one of its resources is covered, and the object is in all its scopes. */
export function quotaMatches(quota: ResourceQuota, object: KubeObject, evaluator: Evaluator): boolean {
  if (!Object.keys(quota.status?.hard ?? {}).some(evaluator.covers)) return false
  return scopesOf(quota).every((selector) => evaluator.inScope(object, selector))
}

// Storage keys: /registry/<resource>[.<group>]/[<namespace>/]<name>. Built only from checked path segments (CVE-2022-3162: no prefix or
// traversal tricks), and every prefix ends with a slash.

import { badRequest, qualifiedResource } from '../apimachinery/api-error.ts'
import type { Kind } from '../apimachinery/kind.ts'

export const registryPrefix = '/registry/'

/** "/registry/pods/": everything of a kind. */
export function kindPrefix(kind: Kind): string {
  return `${registryPrefix}${qualifiedResource(kind)}/`
}

/** Prefix of a kind's objects in one namespace (undefined or '': all). Throws 400 for an illegal namespace. */
export function listPrefix(kind: Kind, namespace: string | undefined): string {
  if (kind.scope === 'Cluster' || namespace === undefined || namespace === '') return kindPrefix(kind)
  return `${kindPrefix(kind)}${checkedSegment(namespace)}/`
}

/** Key of one object. Throws 400 for an illegal name or namespace, or a namespaced kind without namespace. */
export function objectStorageKey(kind: Kind, namespace: string | undefined, name: string): string {
  if (kind.scope === 'Cluster') return kindPrefix(kind) + checkedSegment(name)
  if (namespace === undefined || namespace === '') throw badRequest('namespace parameter required')
  return `${kindPrefix(kind)}${checkedSegment(namespace)}/${checkedSegment(name)}`
}

/** The bucket ("pods", "deployments.apps") that a key belongs to. */
export function bucketOfKey(key: string): string {
  return key.slice(registryPrefix.length, key.indexOf('/', registryPrefix.length))
}

/** Why a word may not be a path segment; undefined when it may. Upstream's IsPathSegmentName. */
export function pathSegmentFault(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`
  for (const illegal of ['/', '%']) if (name.includes(illegal)) return `may not contain '${illegal}'`
  return undefined
}

function checkedSegment(name: string): string {
  if (name === '') throw badRequest('name is required')
  const fault = pathSegmentFault(name)
  if (fault !== undefined) throw badRequest(`name ${JSON.stringify(name)} is invalid: ["${fault}"]`)
  return name
}

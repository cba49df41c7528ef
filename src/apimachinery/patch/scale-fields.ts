// Field ownership across the scale subresource: who owns spec.replicas of a Scale owns the replicas field of its parent, and the other way
// round. Rules: k8s.io/apimachinery/pkg/util/managedfields/scalehandler.go.
import type { ManagedFieldsEntry } from '../meta.ts'
import { difference, hasPath, isEmpty, setOfPaths } from './field-set.ts'
import { decodeManagers, encodeManagers, identifierOf, type Managers } from './managers.ts'
import { fieldElement } from './path-element.ts'

const scaleVersion = 'autoscaling/v1'
const scaleReplicas = ['f:spec', 'f:replicas']

/** Where replicas stand in each served version of the parent, e.g. `{ 'apps/v1': '.spec.replicas' }`; entries of other versions are dropped. */
export type ReplicasPaths = Readonly<Record<string, string>>

/**
 * The entries a Scale shows: those of the parent that own its replicas.
 * @throws Error when the parent's entries cannot be read
 */
export function scaleManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const shown: Managers = new Map()
  for (const manager of decodeManagers(parent).values()) {
    const path = replicasPath(paths, manager.apiVersion)
    if (path === undefined || !hasPath(manager.fields, path)) continue
    const entry = { ...manager, apiVersion: scaleVersion, fields: setOfPaths(scaleReplicas) }
    shown.set(identifierOf(entry), entry)
  }
  return encodeManagers(shown)
}

/**
 * The entries of the parent after its Scale was written: who lost replicas in the Scale loses them in the parent, new owners are added.
 * @throws Error when either list cannot be read
 */
export function parentManagedFields(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const scaleOwners = decodeManagers(scale)
  const result: Managers = new Map()
  for (const [identifier, manager] of decodeManagers(parent)) {
    if (!Object.hasOwn(paths, manager.apiVersion)) continue
    const path = replicasPath(paths, manager.apiVersion)
    if (path === undefined || !hasPath(manager.fields, path)) {
      result.set(identifier, manager)
      continue
    }
    const kept = scaleOwners.delete(identifierOf({ ...manager, apiVersion: scaleVersion }))
    const fields = kept ? manager.fields : difference(manager.fields, setOfPaths(path))
    if (!isEmpty(fields)) result.set(identifier, { ...manager, fields })
  }
  const path = replicasPath(paths, apiVersion)
  for (const manager of scaleOwners.values()) {
    if (path === undefined || !hasPath(manager.fields, scaleReplicas)) continue
    // Upstream looks the time up among the parent's entries and finds none: such entries carry no time.
    const entry = { ...manager, apiVersion, time: undefined, fields: setOfPaths(path) }
    result.set(identifierOf(entry), entry)
  }
  return encodeManagers(result)
}

function replicasPath(paths: ReplicasPaths, apiVersion: string): string[] | undefined {
  if (!Object.hasOwn(paths, apiVersion)) return undefined
  const names = paths[apiVersion]!.split('.').filter((name) => name !== '')
  return names.length === 0 ? undefined : names.map(fieldElement)
}

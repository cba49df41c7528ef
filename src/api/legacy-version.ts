// API versions that Kubernetes has removed: served only with --legacy-apis, each answer with a warning.
import type { ServedVersion } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { apiVersionOf } from '../apimachinery/meta.ts'

interface Lifecycle {
  /** The kind word, and the apiVersion that replaces this one. */
  kind: string
  use: string
  /** Definition name of the old version. */
  schemaName: string
  /** Release that deprecated it, and that removed it: '1.14'. */
  deprecated: string
  removed: string
  /** Changes of fields, beyond apiVersion. */
  toStorage?: (object: KubeObject) => KubeObject
  fromStorage?: (object: KubeObject) => KubeObject
}

/** A `served` entry of a removed version, with upstream's deprecation text. */
export function legacyVersion(group: string, version: string, lifecycle: Lifecycle): ServedVersion {
  const { kind, use, schemaName, deprecated, removed, toStorage, fromStorage } = lifecycle
  const apiVersion = apiVersionOf(group, version)
  return {
    group,
    version,
    schemaName,
    toStorage: (object) => ({ ...(toStorage?.(object) ?? object), apiVersion: use }),
    fromStorage: (object) => ({ ...(fromStorage?.(object) ?? object), apiVersion }),
    deprecation: `${apiVersion} ${kind} is deprecated in v${deprecated}+, unavailable in v${removed}+; use ${use} ${kind}`,
    legacy: true,
  }
}

/** A `served` entry of a removed version whose fields are those of the group's v1, but for what `changes` converts. */
export function retired(
  schemaPrefix: string,
  group: string,
  version: string,
  kind: string,
  [deprecated, removed]: readonly [string, string],
  changes: Pick<Lifecycle, 'toStorage' | 'fromStorage'> = {},
): ServedVersion {
  return legacyVersion(group, version, {
    kind,
    use: `${group}/v1`,
    schemaName: `${schemaPrefix}.${version}.${kind}`,
    deprecated,
    removed,
    ...changes,
  })
}

// The bridge to the schema engine: the schema of a kind in a version, and its defaults.
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import { definitionName } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { applyPathDefaults, applySchemaDefaults } from '../apimachinery/schema/default.ts'
import { schemaOf } from '../apimachinery/schema/from-openapi.ts'
import { pruned } from '../apimachinery/schema/prune.ts'
import type { Schema } from '../apimachinery/schema/schema.ts'

/** The schema of a kind in the version that the request names. */
export function schemaIn({ kind, served, group, version }: Resolved): Schema {
  if (kind.schema !== undefined) return served?.schema ?? kind.schema
  return schemaOf(served === undefined ? kind.schemaName : (served.schemaName ?? definitionName(group, version, kind.kind)))
}

/** A stored object of a custom kind without the fields that its schema no longer has. */
export function withoutUnknown(kind: Kind, object: KubeObject): KubeObject {
  if (kind.custom !== true || kind.schema === undefined) return object
  return pruned(object as Record<string, unknown>, kind.schema, true).object
}

/** An object (stored version) with the defaults of today (wire.md 56). Changes its argument. */
export function withDefaults(kind: Kind, object: KubeObject): KubeObject {
  if (kind.defaults !== undefined) applyPathDefaults(object, kind.defaults)
  applySchemaDefaults(object, kind.schema ?? schemaOf(kind.schemaName))
  kind.computeDefaults?.(object)
  return object
}

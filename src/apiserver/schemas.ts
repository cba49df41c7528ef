// The bridge to the schema engine: the schema of a kind in a version, decoding and defaulting by it.
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'

/** A stored object with the defaults of today (wire.md 56). May change its argument. */
export function withDefaults(kind: Kind, object: KubeObject): KubeObject {
  kind.computeDefaults?.(object)
  return object
}

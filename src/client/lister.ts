// Read access to a cache of objects: all that a reconcile, a plugin or a decider sees of the cluster.
import type { KubeObject } from '../apimachinery/meta.ts'

/** Objects are frozen. */
export interface Lister<T extends KubeObject = KubeObject> {
  get(name: string, namespace?: string): T | undefined
  /** All, or those of one namespace. */
  list(namespace?: string): readonly T[]
  /** Objects whose controller owner reference has this object's uid. */
  ownedBy(owner: KubeObject): readonly T[]
  /** Objects with an index value; indexes are declared by the owner of the cache. */
  by(index: string, value: string): readonly T[]
}

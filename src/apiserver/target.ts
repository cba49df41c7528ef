// What a request is about: kind, namespace and name from its URL.
import type { Resolved } from '../apimachinery/kind.ts'

export interface Target {
  resolved: Resolved
  /** Undefined for cluster-scoped kinds and for lists over all namespaces. */
  namespace: string | undefined
  /** '' for collections. */
  name: string
}

// The shape of an admission plugin, and what it may read. Order and default set: index.ts.
import type { Kind, Resolved } from '../../apimachinery/kind.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { User } from '../authentication/user.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** Synchronous reads from the server's own watch cache: frozen objects, in the stored version. */
export interface Reader {
  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[]
  /** Resolves once the cache holds everything committed before the call (a consistent read). */
  refresh(): Promise<void>
}

export interface AdmissionAttributes {
  operation: Operation
  kind: Kind
  /** The version the client named. */
  resolved: Resolved
  namespace: string | undefined
  /** '' while generateName has not run. */
  name: string
  subresource: string | undefined
  /** The new object: plain kinds in the stored version; the posted body for subresources. Mutable during mutate; absent for DELETE. */
  object: KubeObject | undefined
  oldObject: KubeObject | undefined
  user: User
  dryRun: boolean
  /** Texts for Warning headers. */
  warnings: string[]
  /** CreateOptions, UpdateOptions or DeleteOptions; absent for writes of the server itself. */
  options?: KubeObject
  /** Adds an annotation to the request's audit event. */
  annotate: (key: string, value: string) => void
  /** Aborts when the client has gone. */
  signal: AbortSignal
  /** The second round of mutation. */
  reinvocation: Reinvocation
}

/** Mutating plugins are run a second time when one of them wants it; what they remember from the first is in `states`, by plugin. */
export interface Reinvocation {
  second: boolean
  wanted: boolean
  states: Record<string, unknown>
}

/** `mutate` may change `attributes.object`; `validate` may only refuse. Both refuse by throwing an ApiError. */
export interface AdmissionPlugin {
  /** The name used by --enable-admission-plugins. */
  name: string
  on: readonly Operation[]
  mutate?: (attributes: AdmissionAttributes, read: Reader) => void | Promise<void>
  validate?: (attributes: AdmissionAttributes, read: Reader) => void | Promise<void>
}

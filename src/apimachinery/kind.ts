// A kind is data: this is its shape, with the Registry that holds the built-in kinds and the live CRDs.
import type { FieldError } from './api-error.ts'
import type { KubeObject } from './meta.ts'
import { apiVersionOf } from './meta.ts'
import type { Schema } from './schema/schema.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
export const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** One column of `kubectl get`. Name and Age are generic: a kind lists what stands between (and after: `priority: 1` = -o wide). */
export interface Column<T> {
  name: string
  /** OpenAPI type of the cell: string, integer, number, boolean, date. Default string. */
  type?: string
  format?: string
  description?: string
  /** 0 (always, default) or 1 (only with -o wide). */
  priority?: 0 | 1
  /** The cell; `now` is milliseconds since the epoch. */
  value: (object: T, now: number) => string | number | boolean | null
}

/** A condition of a Table row: metav1.TableRowCondition. */
export interface RowCondition {
  type: string
  status: string
  reason?: string
  message?: string
}

/** Where the scale subresource finds its numbers: the same words as in a CRD. */
export interface ScalePaths {
  specReplicasPath: string
  statusReplicasPath: string
  /** A string selector or a LabelSelector; the server prints it as a string. */
  labelSelectorPath?: string
}

/** How metadata.name must look. `path-segment`: anything without / and %, not . or ... */
export type NameRule = 'dns-subdomain' | 'dns-label' | 'dns-1035-label' | 'path-segment' | ((name: string, prefix: boolean) => string[])

/** Facts of the request that a create or update rule may need. */
export interface WriteContext {
  /** Milliseconds since the epoch. */
  now: number
  userName: string
  /** More of the user, for kinds that record who asked (CertificateSigningRequest). */
  userUid?: string
  userGroups?: readonly string[]
  userExtra?: Readonly<Record<string, readonly string[]>>
  /** Set for a subresource write: 'status', 'scale', 'ephemeralcontainers' … */
  subresource?: string
  dryRun: boolean
}

/** Another served version of the same stored kind. Field changes are functions between JSON objects of the two versions. */
export interface ServedVersion {
  group: string
  version: string
  /** Definition name in openapi/schema.json, as for the kind itself. */
  schemaName?: string
  toStorage: (object: KubeObject) => KubeObject
  fromStorage: (object: KubeObject) => KubeObject
  /** Field selectors that have another name here → their name in `selectableFields` of the kind. */
  fieldSelectors?: Readonly<Record<string, string>>
  /** Text of the Warning header, e.g. "extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress". */
  deprecation?: string
  /** Only with --legacy-apis. */
  legacy?: boolean
  /** CRDs: the live schema, columns and rules of this version. */
  schema?: Schema
  columns?: readonly Column<KubeObject>[]
  versionErrors?: KindSpec['versionErrors']
  /** CRDs: what this version has; absent: as the kind itself. */
  subresources?: KindSpec['subresources']
  selectableFields?: KindSpec['selectableFields']
}

/** What the author of a kind writes: only what differs from the generic. */
export interface KindSpec<T extends KubeObject = KubeObject> {
  group: string
  version: string
  kind: string
  /** Plural, lower case: the path word. */
  resource: string
  /** Default: kind in lower case. */
  singular?: string
  /** Default: `${kind}List`. */
  listKind?: string
  shortNames?: readonly string[]
  /** `all` = shown by `kubectl get all`. */
  categories?: readonly string[]
  scope: 'Namespaced' | 'Cluster'
  /** Definition name in openapi/schema.json, e.g. io.k8s.api.apps.v1.Deployment; default derived from group, version, kind. */
  schemaName?: string
  /** A live schema (CRDs). Built-ins leave it out: the registry loads it by schemaName on first use. */
  schema?: Schema
  /** Default: all eight. */
  verbs?: readonly Verb[]
  subresources?: {
    /** status has its own path; the main path never changes it and it never changes spec. */
    status?: boolean
    scale?: ScalePaths
    /** Other subresources by name (binding, eviction, token, log …): implemented in apiserver/subresources. */
    others?: readonly string[]
  }
  nameRule?: NameRule
  /** Static defaults by field path: `{ 'spec.replicas': 1, 'spec.ports[*].protocol': 'TCP' }`; applied where the parent exists and the field is absent. */
  defaults?: Readonly<Record<string, unknown>>
  /** Defaults that depend on other fields. Mutates the draft; runs after `defaults`, on decode and on every read from storage. */
  computeDefaults?: (draft: T) => void
  /** Strategy hooks; they mutate the draft. Generic work (uid, timestamps, status wipe, generation) is done elsewhere. */
  prepareForCreate?: (draft: T, context: WriteContext) => void
  prepareForUpdate?: (draft: T, old: T, context: WriteContext) => void
  /** Rules of a new object (and of the new state of an updated one). Metadata rules are generic. */
  validate?: (object: T) => FieldError[]
  /** Rules of a new object only (upstream tolerates older objects that break them); runs besides `validate`. */
  validateCreate?: (object: T) => FieldError[]
  /** Rules between old and new; runs besides `validate`. */
  validateUpdate?: (object: T, old: T) => FieldError[]
  /** Rules of a status write (default: none). */
  validateStatusUpdate?: (object: T, old: T) => FieldError[]
  /** Rules of updates through other subresources by name (ephemeralcontainers, resize, finalize); they run instead of validateUpdate. */
  validateSubresource?: Readonly<Record<string, (object: T, old: T) => FieldError[]>>
  /** A create may bring a status of its own, though there is a status subresource (Node). */
  statusOnCreate?: boolean
  /** Field paths that may not change after create ("field is immutable"). */
  immutable?: readonly string[]
  /** `spec`: metadata.generation counts spec changes. A function says for itself. Default: no generation. */
  generation?: 'spec' | ((object: T, old: T) => boolean)
  /** Field selectors beyond metadata.name and metadata.namespace; also indexes of the cache. Key = the selector's path. */
  selectableFields?: Readonly<Record<string, (object: T) => string>>
  /** Default: Name, Created At (upstream's for kinds without a printer). With columns: Name, <columns>, Age where the kind puts it. */
  columns?: readonly Column<T>[]
  /** Conditions of the object's row in a Table (clients grey out completed pods). */
  rowConditions?: (object: T) => readonly RowCondition[]
  /** PUT to a missing object creates it (wire.md 17). */
  createOnUpdate?: boolean
  /** PUT without resourceVersion is refused (wire.md 16). */
  requiresResourceVersion?: boolean
  /** DELETE answers with the object itself, not with a Status (wire.md 38). */
  deleteReturnsObject?: boolean
  /** What beside metadata.finalizers holds a deleted object, and how it then shows that it is going (Namespace: spec.finalizers, phase). */
  deletion?: { held: (object: T) => boolean; begin: (draft: T) => void }
  /** Seconds of grace of a first DELETE; undefined = no graceful deletion. `requested` is gracePeriodSeconds of the options. */
  gracePeriodSeconds?: (object: T, requested: number | undefined) => number
  /** What happens to dependents when DELETE names no policy. Default Background. */
  defaultPropagation?: 'Orphan' | 'Background'
  /** Created, answered, never stored (TokenReview, SubjectAccessReview …). */
  ephemeral?: boolean
  /** Other versions of the same stored objects. */
  served?: readonly ServedVersion[]
  /** Warnings for the client about an object written (Warning: 299). */
  warnings?: (object: T, old: T | undefined) => string[]
  /** Text of the Warning header of every request to the kind itself (its other versions have their own). */
  deprecation?: string
  /** Seconds after which storage may forget the object (Event: 3600). */
  ttlSeconds?: number
  /** True for kinds of a CustomResourceDefinition. */
  custom?: boolean
  /** CRDs: rules of an object (and of its change) in the version that a request names; they run besides the others, for status too. */
  versionErrors?: (object: KubeObject, old: KubeObject | undefined, subresource: string | undefined) => FieldError[]
  /** CRDs with a conversion webhook: asks it for these objects in another version (src/apiserver/conversions.ts). */
  convert?: (objects: readonly KubeObject[], apiVersion: string) => Promise<KubeObject[]>
  /** CRDs: the stored version is not served. */
  hidden?: boolean
  /** CRDs: aborts when the kind is served no more, or replaced by a newer form of itself; watches end then. */
  ended?: AbortSignal
}

/** A kind as the engines use it: every optional name filled in. */
// A bare `Kind` stands for the kind of anything: its rules are called only with objects decoded by its own schema.
// biome-ignore lint/suspicious/noExplicitAny: see above
export interface Kind<T extends KubeObject = any> extends KindSpec<T> {
  readonly apiVersion: string
  readonly singular: string
  readonly listKind: string
  readonly schemaName: string
  readonly verbs: readonly Verb[]
  readonly subresources: NonNullable<KindSpec<T>['subresources']>
  /** Phantom: carries T for inference, never set. */
  readonly object?: T
}

/** Group of an API → package name in definition names: apps → io.k8s.api.apps.v1, rbac.authorization.k8s.io → io.k8s.api.rbac.v1. */
export function definitionName(group: string, version: string, kind: string): string {
  if (group === 'apiextensions.k8s.io') return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`
  if (group === 'apiregistration.k8s.io') return `io.k8s.kube-aggregator.pkg.apis.apiregistration.${version}.${kind}`
  const name = group === '' ? 'core' : group.split('.')[0]
  return `io.k8s.api.${name}.${version}.${kind}`
}

/** Makes a Kind of its spec. `T` is the generated interface of openapi/types. */
export function defineKind<T extends KubeObject>(spec: KindSpec<T>): Kind<T> {
  return {
    ...spec,
    apiVersion: apiVersionOf(spec.group, spec.version),
    singular: spec.singular ?? spec.kind.toLowerCase(),
    listKind: spec.listKind ?? `${spec.kind}List`,
    schemaName: spec.schemaName ?? definitionName(spec.group, spec.version, spec.kind),
    verbs: spec.verbs ?? allVerbs,
    subresources: spec.subresources ?? {},
  }
}

/** A kind in one of its served versions, as a request names it. */
export interface Resolved {
  kind: Kind
  group: string
  version: string
  /** Set when the version asked for is not the stored one. */
  served?: ServedVersion
}

/** The subresources of a kind in the version that a request names. */
export function subresourcesIn({ kind, served }: Pick<Resolved, 'kind' | 'served'>): Kind['subresources'] {
  return served?.subresources ?? kind.subresources
}

/** The live set of kinds: built-ins plus CRDs. Lookups are by path words; a change bumps `generation` and calls the listeners. */
export class Registry {
  /** Counts changes; caches of discovery and OpenAPI compare it. */
  generation = 0
  readonly #byResource = new Map<string, Resolved>()
  readonly #byKind = new Map<string, Resolved>()
  readonly #kinds = new Set<Kind>()
  readonly #listeners = new Set<() => void>()
  readonly #legacy: boolean

  constructor(kinds: Iterable<Kind> = [], options: { legacyApis?: boolean } = {}) {
    this.#legacy = options.legacyApis ?? false
    for (const kind of kinds) this.add(kind)
  }

  add(kind: Kind): void {
    this.#kinds.add(kind)
    for (const resolved of this.#forms(kind)) {
      const gv = apiVersionOf(resolved.group, resolved.version)
      this.#byResource.set(`${gv}/${kind.resource}`, resolved)
      this.#byKind.set(`${gv}/${kind.kind}`, resolved)
    }
    this.#changed()
  }

  remove(kind: Kind): void {
    if (!this.#kinds.delete(kind)) return
    for (const { group, version } of this.#forms(kind)) {
      this.#byResource.delete(`${apiVersionOf(group, version)}/${kind.resource}`)
      this.#byKind.delete(`${apiVersionOf(group, version)}/${kind.kind}`)
    }
    this.#changed()
  }

  /** By path words: ('apps', 'v1', 'deployments'). */
  byResource(group: string, version: string, resource: string): Resolved | undefined {
    return this.#byResource.get(`${apiVersionOf(group, version)}/${resource}`)
  }

  /** By body words: ('apps/v1', 'Deployment'). */
  byKind(apiVersion: string, kind: string): Resolved | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`)
  }

  /** Every stored kind, in registration order. */
  kinds(): Kind[] {
    return [...this.#kinds]
  }

  /** Every (kind, served version) pair. */
  resolved(): Resolved[] {
    return [...this.#byResource.values()]
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #forms(kind: Kind): Resolved[] {
    const others = (kind.served ?? []).filter((served) => this.#legacy || served.legacy !== true)
    return [
      ...(kind.hidden === true ? [] : [{ kind, group: kind.group, version: kind.version }]),
      ...others.map((served) => ({ kind, group: served.group, version: served.version, served })),
    ]
  }

  #changed(): void {
    this.generation++
    for (const listener of this.#listeners) listener()
  }
}

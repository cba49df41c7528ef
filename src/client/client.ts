// The client every worker is given: typed by Kind, over any Kubernetes API server. Implemented in rest.ts; faked in tests.
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeList, KubeObject } from '../apimachinery/meta.ts'

export interface ObjectRef {
  name: string
  namespace?: string
}

export interface ListOptions {
  /** Absent: all namespaces (or a cluster-scoped kind). */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  resourceVersion?: string
  resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  limit?: number
  continue?: string
  /** Ask for PartialObjectMetadata: names, labels, owners, no spec. */
  metadataOnly?: boolean
  signal?: AbortSignal
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean
  sendInitialEvents?: boolean
  timeoutSeconds?: number
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

/** An ERROR event is not yielded: the iterator throws it as an ApiError. A clean end of the stream ends the iterator. */
export interface WatchEvent<T = KubeObject> {
  type: WatchEventType
  object: T
}

export interface WriteOptions {
  dryRun?: boolean
  fieldManager?: string
  /** 'status', 'scale', 'binding', 'eviction', 'finalize' … */
  subresource?: string
  signal?: AbortSignal
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

export interface DeleteOptions extends WriteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  preconditions?: { uid?: string; resourceVersion?: string }
}

/** Every method rejects with ApiError for an answer of 400 and above, and with the transport's error when there is none. */
export interface Client {
  get<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    options?: { resourceVersion?: string; subresource?: string; signal?: AbortSignal },
  ): Promise<T>
  list<T extends KubeObject>(kind: Kind<T>, options?: ListOptions): Promise<KubeList<T>>
  watch<T extends KubeObject>(kind: Kind<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>
  create<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  update<T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    patch: unknown,
    options: WriteOptions & { type: PatchType; force?: boolean },
  ): Promise<T>
  delete<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  deleteCollection<T extends KubeObject>(kind: Kind<T>, selection: ListOptions, options?: DeleteOptions): Promise<void>
  /** POSTs `body` to a subresource path of an object (binding, eviction, token) and returns the answer. */
  createSubresource<T extends KubeObject>(
    kind: Kind<T>,
    ref: ObjectRef,
    subresource: string,
    body: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject>
  /** Any path, JSON in and out: discovery, /version, /readyz. */
  raw(
    method: string,
    path: string,
    options?: { body?: unknown; contentType?: string; accept?: string; signal?: AbortSignal },
  ): Promise<unknown>
}

// The Client over a Transport: paths from kinds, JSON both ways, every answer of 400 and above an ApiError.
import { ApiError, fromStatus, type Status } from '../apimachinery/api-error.ts'
import { type Clock, sleep } from '../apimachinery/clock.ts'
import { parseJson, stringifyJson } from '../apimachinery/json.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeList, KubeObject } from '../apimachinery/meta.ts'
import type { Client, DeleteOptions, ListOptions, ObjectRef, PatchType, WatchOptions, WriteOptions } from './client.ts'
import type { Transport, TransportResponse } from './transport.ts'
import { watchEvents } from './watch.ts'

export interface ClientOptions {
  transport: Transport
  /** User-Agent; up to "/" it is the default field manager on the server. */
  userAgent: string
  /** Bearer token, or a function that gives the current one. */
  token?: string | (() => string | undefined)
  /** With a clock, requests the server puts off (429, or 503 with Retry-After) are sent again when it says, ten times at most. */
  clock?: Clock
}

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** Bytes of an error or object answer that are read at most. Lists may be large: they are not limited here. */
const maxErrorBytes = 1 << 20
const maxRetries = 10

/** Path of a collection or object: /apis/apps/v1/namespaces/ns/deployments/name/sub. */
export function resourcePath(kind: Kind, namespace?: string, name?: string, subresource?: string): string {
  const parts = [kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`]
  if (namespace !== undefined && kind.scope === 'Namespaced') parts.push('namespaces', encodeURIComponent(namespace))
  parts.push(kind.resource)
  if (name !== undefined) parts.push(encodeURIComponent(name))
  if (subresource !== undefined) parts.push(subresource)
  return parts.join('/')
}

/** A Client of any Kubernetes API server. */
export function createClient(options: ClientOptions): Client {
  const request = options.clock === undefined ? requester(options) : patient(requester(options), options.clock)
  const json = async (response: TransportResponse) => parseJson(await readAll(response.body))
  const send = async (method: string, path: string, body: unknown, signal?: AbortSignal, contentType = 'application/json') =>
    json(await request(method, path, body === undefined ? undefined : stringifyJson(body), signal, contentType))

  return {
    async get<T extends KubeObject>(
      kind: Kind<T>,
      ref: ObjectRef,
      o: { resourceVersion?: string; subresource?: string; signal?: AbortSignal } = {},
    ) {
      const path = resourcePath(kind, ref.namespace, ref.name, o.subresource)
      return (await send('GET', path + query({ resourceVersion: o.resourceVersion }), undefined, o.signal)) as T
    },
    async list<T extends KubeObject>(kind: Kind<T>, o: ListOptions = {}) {
      const path = resourcePath(kind, o.namespace) + query(listQuery(o))
      const list = (await json(await request('GET', path, undefined, o.signal, undefined, accepted(o, 'List')))) as KubeList<T>
      // Go writes an empty list of metadata as null
      list.items ??= []
      for (const item of list.items) named(kind, item)
      return list
    },
    async *watch<T extends KubeObject>(kind: Kind<T>, o: WatchOptions = {}) {
      const path = resourcePath(kind, o.namespace) + query({ ...listQuery(o), ...watchQuery(o) })
      const response = await request('GET', path, undefined, o.signal, undefined, accepted(o, ''))
      for await (const event of watchEvents<T>(response.body)) {
        if (o.metadataOnly) named(kind, event.object)
        yield event
      }
    },
    async create<T extends KubeObject>(kind: Kind<T>, object: T, o: WriteOptions = {}) {
      const path = resourcePath(kind, object.metadata?.namespace, undefined, o.subresource)
      return (await send('POST', path + query(writeQuery(o)), typed(kind, object), o.signal)) as T
    },
    async update<T extends KubeObject>(kind: Kind<T>, object: T, o: WriteOptions = {}) {
      const path = resourcePath(kind, object.metadata?.namespace, object.metadata?.name, o.subresource)
      return (await send('PUT', path + query(writeQuery(o)), typed(kind, object), o.signal)) as T
    },
    async patch<T extends KubeObject>(
      kind: Kind<T>,
      ref: ObjectRef,
      patch: unknown,
      o: WriteOptions & { type: PatchType; force?: boolean },
    ) {
      const path = resourcePath(kind, ref.namespace, ref.name, o.subresource)
      const force = o.type === 'apply' ? { force: String(o.force ?? false) } : {}
      return (await send('PATCH', path + query({ ...writeQuery(o), ...force }), patch, o.signal, patchTypes[o.type])) as T
    },
    async delete<T extends KubeObject>(kind: Kind<T>, ref: ObjectRef, o: DeleteOptions = {}) {
      const path = resourcePath(kind, ref.namespace, ref.name)
      await send('DELETE', path, deleteBody(o), o.signal)
    },
    async deleteCollection<T extends KubeObject>(kind: Kind<T>, selection: ListOptions, o: DeleteOptions = {}) {
      const path = resourcePath(kind, selection.namespace) + query(listQuery(selection))
      await send('DELETE', path, deleteBody(o), o.signal)
    },
    async createSubresource<T extends KubeObject>(
      kind: Kind<T>,
      ref: ObjectRef,
      subresource: string,
      body: KubeObject,
      o: WriteOptions = {},
    ) {
      const path = resourcePath(kind, ref.namespace, ref.name, subresource)
      return (await send('POST', path + query(writeQuery(o)), body, o.signal)) as KubeObject
    },
    async raw(method, path, o = {}) {
      const body = o.body === undefined ? undefined : stringifyJson(o.body)
      const response = await request(method, path, body, o.signal, o.contentType, o.accept)
      const text = new TextDecoder().decode(await readAll(response.body))
      return String(response.headers['content-type'] ?? '').includes('json') ? parseJson(text) : text
    },
  }
}

type Requester = (
  method: string,
  path: string,
  body?: string,
  signal?: AbortSignal,
  contentType?: string,
  accept?: string,
) => Promise<TransportResponse>

/** Sends again what the server has put off. Nothing of such a request was done, whatever its method. */
function patient(request: Requester, clock: Clock): Requester {
  return async (...all) => {
    for (let retries = 0; ; retries++) {
      try {
        return await request(...all)
      } catch (error) {
        const seconds = error instanceof ApiError && [429, 503].includes(error.code) ? error.details?.retryAfterSeconds : undefined
        if (seconds === undefined || retries === maxRetries) throw error
        await sleep(clock, seconds * 1000, all[3])
      }
    }
  }
}

function requester(options: ClientOptions): Requester {
  return async (method, path, body, signal, contentType = 'application/json', accept = 'application/json') => {
    const token = typeof options.token === 'function' ? options.token() : options.token
    const headers: Record<string, string> = { accept, 'user-agent': options.userAgent }
    if (body !== undefined) headers['content-type'] = contentType
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    const response = await options.transport({
      method,
      path,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status >= 400) throw await errorOf(response)
    return response
  }
}

async function errorOf(response: TransportResponse): Promise<ApiError> {
  const text = new TextDecoder().decode(await readAll(response.body, maxErrorBytes))
  const header = response.headers['retry-after']
  const retryAfterSeconds = header === undefined ? Number.NaN : Number(header)
  const retry = Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : undefined
  try {
    const status = parseJson(text) as Partial<Status>
    if (status.kind === 'Status')
      return fromStatus(retry === undefined ? status : { ...status, details: { ...retry, ...status.details } }, response.status)
  } catch {
    // not JSON: a proxy's or router's plain text
  }
  const message = text.slice(0, 2048) || `the server responded with code ${response.status}`
  return new ApiError('', message, { code: response.status, ...(retry === undefined ? {} : { details: retry }) })
}

/** Collects a body; stops with an error past `maxBytes`. */
export async function readAll(body: AsyncIterable<Uint8Array>, maxBytes = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new ApiError('', `response body is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  if (chunks.length === 1) return chunks[0]!
  const all = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    all.set(chunk, offset)
    offset += chunk.byteLength
  }
  return all
}

function accepted(o: ListOptions, suffix: 'List' | ''): string {
  return o.metadataOnly ? `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1,application/json` : 'application/json'
}

/** Items of typed lists carry no type, and metadata-only ones carry another: callers see their own kind's. */
function named<T extends KubeObject>(kind: Kind<T>, object: T): void {
  object.apiVersion = kind.apiVersion
  object.kind = kind.kind
}

function typed<T extends KubeObject>(kind: Kind<T>, object: T): T {
  return object.kind === undefined || object.apiVersion === undefined ? { ...object, apiVersion: kind.apiVersion, kind: kind.kind } : object
}

function deleteBody(o: DeleteOptions): unknown {
  return {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    ...(o.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: o.gracePeriodSeconds }),
    ...(o.propagationPolicy === undefined ? {} : { propagationPolicy: o.propagationPolicy }),
    ...(o.preconditions === undefined ? {} : { preconditions: o.preconditions }),
    ...(o.dryRun ? { dryRun: ['All'] } : {}),
  }
}

function listQuery(o: ListOptions): Record<string, string | undefined> {
  return {
    labelSelector: o.labelSelector,
    fieldSelector: o.fieldSelector,
    resourceVersion: o.resourceVersion,
    resourceVersionMatch: o.resourceVersionMatch,
    limit: o.limit === undefined ? undefined : String(o.limit),
    continue: o.continue,
  }
}

function watchQuery(o: WatchOptions): Record<string, string | undefined> {
  return {
    watch: 'true',
    allowWatchBookmarks: o.allowWatchBookmarks ? 'true' : undefined,
    sendInitialEvents: o.sendInitialEvents ? 'true' : undefined,
    timeoutSeconds: o.timeoutSeconds === undefined ? undefined : String(o.timeoutSeconds),
  }
}

function writeQuery(o: WriteOptions): Record<string, string | undefined> {
  return { dryRun: o.dryRun ? 'All' : undefined, fieldManager: o.fieldManager }
}

function query(values: Record<string, string | undefined>): string {
  const present = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return present.length === 0 ? '' : `?${new URLSearchParams(present)}`
}

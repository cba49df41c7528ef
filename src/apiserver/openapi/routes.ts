// Serves /openapi/v2 (JSON and protobuf) and /openapi/v3 with its group documents. Built-in groups come from the committed files;
// what CRDs or legacy switches add is computed, once per generation of the registry.
import { readFile } from 'node:fs/promises'
import type { Registry, Resolved } from '../../apimachinery/kind.ts'
import { encodeOpenApiV2 } from '../../apimachinery/protobuf/openapi-v2.ts'
import { mergeOpenApiV2 } from '../aggregation/openapi-v2.ts'
import type { Answer, RequestContext, Route, ServerContext } from '../context.ts'
import type { Json } from './definitions.ts'
import { documentOptions } from './documents.ts'
import { openApiV2 } from './v2.ts'
import { discoveryKeys, documentHash, groupVersionKey, openApiV3, openApiV3Discovery, openApiV3Index } from './v3.ts'

const folder = new URL('../../../openapi/', import.meta.url)
const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
]
/** How long a client may keep a document whose URL names its hash. */
const yearSeconds = 31_536_000
const retryMs = 30_000

interface Published {
  /** Of the registry and of what other servers say. */
  generation: string
  /** Kinds by key of their v3 document ("apis/apps/v1"). */
  keys: ReadonlyMap<string, readonly Resolved[]>
  /** v3 documents by key, each made on first use; those whose kinds have not changed outlive their generation. */
  v3: Map<string, Promise<Buffer>>
  index: Promise<Buffer> | undefined
  v2: Promise<Buffer> | undefined
  /** When v2 is to be made anew: another server did not tell its part. */
  v2Until: number
  v2Protobuf: Promise<Buffer> | undefined
}

/** The routes of the published documents. `builtin` tells which kinds the committed files describe. */
export function openApiRoutes(builtin: ReadonlySet<unknown>): Route[] {
  const cache = new WeakMap<Registry, Published>()
  const publishedOf = (server: ServerContext): Published => {
    const { registry, aggregation, clock } = server
    const known = cache.get(registry)
    const generation = `${registry.generation} ${aggregation?.generation ?? 0}`
    if (known?.generation === generation) {
      if (known.v2Until <= clock.now()) Object.assign(known, { v2: undefined, v2Protobuf: undefined, v2Until: Infinity })
      return known
    }
    const keys = keysOf(server)
    const v3 = new Map([...(known?.v3 ?? [])].filter(([key]) => sameKinds(known?.keys.get(key), keys.get(key))))
    const made: Published = { generation, keys, v3, index: undefined, v2: undefined, v2Until: Infinity, v2Protobuf: undefined }
    cache.set(registry, made)
    return made
  }
  const documents = new Documents(builtin)
  return [
    { path: /^\/openapi\/v3\/?$/, handle: async (_request, server) => json(await documents.index(publishedOf(server), server)) },
    {
      path: /^\/openapi\/v3\/.+$/,
      handle: async (request, server) => {
        const key = request.info.path.slice('/openapi/v3/'.length)
        const remote = server.aggregation?.openApiV3().get(key)
        if (remote !== undefined) return remote.handler(request)
        const bytes = await documents.v3(publishedOf(server), key)
        return bytes === undefined ? notFound : cached(request, bytes, 'application/json')
      },
    },
    { path: /^\/openapi\/v2\/?$/, handle: (request, server) => version2(request, publishedOf(server), server, documents) },
    {
      path: '/swagger-2.0.0.pb-v1',
      handle: async (request, server) => cached(request, await documents.protobuf(publishedOf(server), server), 'application/octet-stream'),
    },
  ]
}

async function version2(request: RequestContext, published: Published, server: ServerContext, documents: Documents): Promise<Answer> {
  const accept = String(request.headers['accept'] ?? '')
  if (protobufTypes.some((type) => accept.includes(type)) && !accept.startsWith('application/json')) {
    return cached(request, await documents.protobuf(published, server), 'application/octet-stream')
  }
  return cached(request, await documents.v2(published, server), 'application/json')
}

class Documents {
  readonly #builtin: ReadonlySet<unknown>

  constructor(builtin: ReadonlySet<unknown>) {
    this.#builtin = builtin
  }

  index(published: Published, server: ServerContext): Promise<Buffer> {
    published.index ??= this.#makeIndex(published, server)
    return published.index
  }

  async #makeIndex(published: Published, server: ServerContext): Promise<Buffer> {
    const hashes = new Map<string, string>()
    for (const key of published.keys.keys()) {
      const bytes = await this.v3(published, key)
      if (bytes !== undefined) hashes.set(key, hashOf(bytes))
      await pause()
    }
    return Buffer.from(JSON.stringify(openApiV3Index(hashes, server.aggregation?.openApiV3())))
  }

  async v3(published: Published, key: string): Promise<Buffer | undefined> {
    const known = published.v3.get(key)
    if (known !== undefined) return known
    const resolved = published.keys.get(key)
    if (resolved === undefined) return undefined
    const made = this.#makeV3(key, resolved)
    published.v3.set(key, made)
    return made
  }

  async #makeV3(key: string, resolved: readonly Resolved[]): Promise<Buffer> {
    if (resolved.every(({ kind, served }) => this.#builtin.has(kind) && served?.legacy !== true)) {
      const file = await readFile(new URL(`v3/${fileName(key)}`, folder)).catch(() => undefined)
      if (file !== undefined) return file
    }
    const first = resolved[0]
    if (first !== undefined) return text(openApiV3(first, resolved, documentOptions))
    const group = key.startsWith('apis/') ? [key.slice('apis/'.length)] : []
    return text(openApiV3Discovery(group, documentOptions).get(key) ?? {})
  }

  v2(published: Published, server: ServerContext): Promise<Buffer> {
    published.v2 ??= this.#makeV2(published, server)
    return published.v2
  }

  /** This server's document and what the servers behind it add. */
  async #makeV2(published: Published, server: ServerContext): Promise<Buffer> {
    const own = await this.#ownV2(server)
    const { documents, complete } = (await server.aggregation?.openApiV2()) ?? { documents: [], complete: true }
    if (!complete) published.v2Until = server.clock.now() + retryMs
    if (documents.length === 0) return own
    let merged = JSON.parse(own.toString()) as Json
    for (const { document, prefixes } of documents) {
      await pause()
      merged = mergeOpenApiV2(merged, document, prefixes) as Json
    }
    return text(merged)
  }

  async #ownV2(server: ServerContext): Promise<Buffer> {
    const resolved = server.registry.resolved()
    if (resolved.every(({ kind, served }) => this.#builtin.has(kind) && served?.legacy !== true)) {
      const file = await readFile(new URL('v2.json', folder)).catch(() => undefined)
      if (file !== undefined) return file
    }
    return text(await openApiV2(resolved, documentOptions, pause))
  }

  protobuf(published: Published, server: ServerContext): Promise<Buffer> {
    published.v2Protobuf ??= this.v2(published, server).then(async (bytes) =>
      Buffer.from(await encodeOpenApiV2(JSON.parse(bytes.toString()) as Json, pause)),
    )
    return published.v2Protobuf
  }
}

/** Kinds by key of their document; documents of paths without kinds ("apis", "version") have none. */
function keysOf({ registry, aggregation }: ServerContext): Map<string, readonly Resolved[]> {
  const resolved = registry.resolved()
  const keys = new Map<string, readonly Resolved[]>(Map.groupBy(resolved, groupVersionKey))
  for (const key of keys.keys()) if (aggregation?.handlerOf(`/${key}`) !== undefined) keys.delete(key)
  for (const key of discoveryKeys(new Set(resolved.map(({ group }) => group)))) keys.set(key, [])
  return keys
}

function sameKinds(before: readonly Resolved[] | undefined, now: readonly Resolved[] | undefined): boolean {
  return before !== undefined && before.length === now?.length && before.every((resolved, index) => resolved === now[index])
}

const hashes = new WeakMap<Buffer, string>()

/** The hash of a document, made once. */
function hashOf(bytes: Buffer): string {
  let hash = hashes.get(bytes)
  if (hash === undefined) hashes.set(bytes, (hash = documentHash(bytes)))
  return hash
}

/** api/v1 → core__v1.json, apis/apps/v1 → apps__v1.json, apis/apps → apps.json, version → version.json. */
function fileName(key: string): string {
  if (key === 'api/v1') return 'core__v1.json'
  return `${key.replace(/^apis\//, '').replaceAll('/', '__')}.json`
}

function text(document: Json): Buffer {
  return Buffer.from(JSON.stringify(document))
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

const notFound: Answer = { type: 'raw', code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' }

function json(body: Buffer): Answer {
  return { type: 'raw', contentType: 'application/json', body }
}

/** With an ETag; 304 when the client has it; for good when the URL names the hash. */
function cached(request: RequestContext, body: Buffer, contentType: string): Answer {
  const hash = hashOf(body).slice(0, 64)
  const etag = `"${hash}"`
  const named = request.query.get('hash')
  const headers: Record<string, string> = { Etag: etag, Vary: 'Accept' }
  if (named !== null && named === hashOf(body)) {
    headers['Cache-Control'] = 'public, immutable'
    headers['Expires'] = new Date(request.receivedAt + yearSeconds * 1000).toUTCString()
  }
  if (request.headers['if-none-match'] === etag) return { type: 'raw', code: 304, contentType, body: '', headers }
  return { type: 'raw', contentType, body, headers }
}

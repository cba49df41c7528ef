// Serves /openapi/v2 (JSON and protobuf) and /openapi/v3 with its group documents. Built-in groups come from the committed files;
// what CRDs or legacy switches add is computed, once per generation of the registry.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Registry, Resolved } from '../../apimachinery/kind.ts'
import { encodeOpenApiV2 } from '../../apimachinery/protobuf/openapi-v2.ts'
import type { Answer, RequestContext, Route, ServerContext } from '../context.ts'
import type { Json } from './definitions.ts'
import { documentOptions } from './documents.ts'
import { openApiV2 } from './v2.ts'
import { documentHash, groupVersionKey, openApiV3, openApiV3Discovery, openApiV3Index } from './v3.ts'

const folder = new URL('../../../openapi/', import.meta.url)
const protobufTypes = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
]
/** How long a client may keep a document whose URL names its hash. */
const yearSeconds = 31_536_000

interface Published {
  generation: number
  /** v3 documents by key ("apis/apps/v1"), each made on first use. */
  v3: Map<string, Promise<Buffer>>
  index: Promise<Buffer> | undefined
  v2: Promise<Buffer> | undefined
  v2Protobuf: Promise<Buffer> | undefined
}

/** The routes of the published documents. `builtin` tells which kinds the committed files describe. */
export function openApiRoutes(builtin: ReadonlySet<unknown>): Route[] {
  const cache = new WeakMap<Registry, Published>()
  const publishedOf = ({ registry }: ServerContext): Published => {
    const known = cache.get(registry)
    if (known !== undefined && known.generation === registry.generation) return known
    const made: Published = { generation: registry.generation, v3: new Map(), index: undefined, v2: undefined, v2Protobuf: undefined }
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
        const bytes = await documents.v3(publishedOf(server), server, key)
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
    for (const key of this.#keys(server).keys()) {
      const bytes = await this.v3(published, server, key)
      if (bytes !== undefined) hashes.set(key, documentHash(bytes))
    }
    return Buffer.from(JSON.stringify(openApiV3Index(hashes)))
  }

  async v3(published: Published, server: ServerContext, key: string): Promise<Buffer | undefined> {
    const known = published.v3.get(key)
    if (known !== undefined) return known
    const resolved = this.#keys(server).get(key)
    if (resolved === undefined) return undefined
    const made = this.#makeV3(key, resolved, server)
    published.v3.set(key, made)
    return made
  }

  async #makeV3(key: string, resolved: readonly Resolved[], server: ServerContext): Promise<Buffer> {
    if (resolved.every(({ kind, served }) => this.#builtin.has(kind) && served?.legacy !== true)) {
      const file = await readFile(new URL(`v3/${fileName(key)}`, folder)).catch(() => undefined)
      if (file !== undefined) return file
    }
    const first = resolved[0]
    if (first !== undefined) return text(openApiV3(first, resolved, documentOptions))
    const groups = new Set(server.registry.resolved().map(({ group }) => group))
    return text(openApiV3Discovery([...groups], documentOptions).get(key) ?? {})
  }

  v2(published: Published, server: ServerContext): Promise<Buffer> {
    published.v2 ??= this.#makeV2(server)
    return published.v2
  }

  async #makeV2(server: ServerContext): Promise<Buffer> {
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

  /** Kinds by key of their document; documents of paths without kinds ("apis", "version") have none. */
  #keys(server: ServerContext): Map<string, readonly Resolved[]> {
    const resolved = server.registry.resolved()
    const keys = new Map<string, readonly Resolved[]>(Map.groupBy(resolved, groupVersionKey))
    for (const key of openApiV3Discovery([...new Set(resolved.map(({ group }) => group))], documentOptions).keys()) keys.set(key, [])
    return keys
  }
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
  const hash = createHash('sha512').update(body).digest('hex').slice(0, 64).toUpperCase()
  const etag = `"${hash}"`
  const named = request.query.get('hash')
  const headers: Record<string, string> = { Etag: etag, Vary: 'Accept' }
  if (named !== null && named === documentHash(body)) {
    headers['Cache-Control'] = 'public, immutable'
    headers['Expires'] = new Date(request.receivedAt + yearSeconds * 1000).toUTCString()
  }
  if (request.headers['if-none-match'] === etag) return { type: 'raw', code: 304, contentType, body: '', headers }
  return { type: 'raw', contentType, body, headers }
}

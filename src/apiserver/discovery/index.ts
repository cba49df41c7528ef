// Serves discovery: /api, /apis, /apis/G, /apis/G/V. Documents are made once per generation of the registry.
import { createHash } from 'node:crypto'
import type { Registry } from '../../apimachinery/kind.ts'
import type { Answer, RequestContext, Route, ServerContext } from '../context.ts'
import { acceptClauses } from '../negotiate.ts'
import { pageNotFound, unknownVersion } from '../unknown.ts'
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from './documents.ts'
import { type DiscoveredGroup, discoveredGroups } from './resources.ts'

type AggregatedVersion = 'v2' | 'v2beta1'

interface Documents {
  /** Of the registry and of what other servers say. */
  generation: string
  groups: DiscoveredGroup[]
  /** Finished bytes by name of the document. */
  texts: Map<string, { body: Buffer; etag: string }>
}

/** The routes of discovery. */
export function discoveryRoutes(): Route[] {
  const cache = new WeakMap<Registry, Documents>()
  const documentsOf = ({ registry, aggregation }: ServerContext): Documents => {
    const known = cache.get(registry)
    const generation = `${registry.generation} ${aggregation?.generation ?? 0}`
    if (known?.generation === generation) return known
    const made = { generation, groups: discoveredGroups(registry, aggregation?.remoteVersions()), texts: new Map() }
    cache.set(registry, made)
    return made
  }
  return [
    { path: /^\/api\/?$/, handle: (request, server) => coreRoot(request, server, documentsOf(server)) },
    { path: /^\/apis\/?$/, handle: (request, server) => groupsRoot(request, server, documentsOf(server)) },
    { path: /^\/(?:api|apis\/[^/]+)\/[^/]+\/?$/, handle: (request, server) => versionDocument(request, server, documentsOf(server)) },
    { path: /^\/apis\/[^/]+\/?$/, handle: (request, server) => groupDocument(request, documentsOf(server)) },
  ]
}

function coreRoot(request: RequestContext, server: ServerContext, documents: Documents): Answer {
  const core = documents.groups.filter(({ name }) => name === '')
  const version = aggregatedVersion(request)
  if (version !== undefined) return aggregated(request, documents, `api ${version}`, version, core)
  const address = `${server.options.advertiseAddress}:${server.options.securePort}`
  return plain(documents, `api ${address}`, () =>
    apiVersions(
      core.flatMap(({ versions }) => versions.map((own) => own.version)),
      address,
    ),
  )
}

function groupsRoot(request: RequestContext, _server: ServerContext, documents: Documents): Answer {
  const named = documents.groups.filter(({ name }) => name !== '')
  const version = aggregatedVersion(request)
  if (version !== undefined) return aggregated(request, documents, `apis ${version}`, version, named)
  return plain(documents, 'apis', () => apiGroupList(named))
}

function groupDocument({ info }: RequestContext, documents: Documents): Answer {
  const name = info.path.split('/')[2] ?? ''
  const group = documents.groups.find((candidate) => candidate.name === name)
  return group === undefined ? pageNotFound : plain(documents, `group ${name}`, () => apiGroup(group))
}

function versionDocument({ info }: RequestContext, { registry }: ServerContext, documents: Documents): Answer {
  const words = info.path.split('/').filter((word) => word !== '')
  const [name = '', version = ''] = words[0] === 'api' ? ['', words[1]] : [words[1], words[2]]
  const group = documents.groups.find((candidate) => candidate.name === name)
  const found = group?.versions.find((candidate) => candidate.version === version)
  if (group === undefined || found === undefined) return unknownVersion(registry, name, version)
  return plain(documents, `version ${name}/${version}`, () => apiResourceList(group.name, found))
}

/** The aggregated form that the client lists first; undefined for the plain one. Every parameter counts, and only JSON is spoken. */
function aggregatedVersion({ headers }: RequestContext): AggregatedVersion | undefined {
  for (const clause of acceptClauses([headers['accept'] ?? ''].flat().join(','))) {
    const { g, v, as, profile } = clause.params
    if (!['application/json', 'application/*', '*/*'].includes(`${clause.type}/${clause.subtype}`)) continue
    if (as === undefined) return undefined
    if (g === 'apidiscovery.k8s.io' && as === 'APIGroupDiscoveryList' && (v === 'v2' || v === 'v2beta1') && profile === undefined) return v
  }
  return undefined
}

function text(documents: Documents, name: string, make: () => unknown): { body: Buffer; etag: string } {
  const known = documents.texts.get(name)
  if (known !== undefined) return known
  const body = Buffer.from(`${JSON.stringify(make())}\n`)
  const made = { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` }
  documents.texts.set(name, made)
  return made
}

function plain(documents: Documents, name: string, make: () => unknown): Answer {
  return { type: 'raw', contentType: 'application/json', body: text(documents, name, make).body }
}

function aggregated(
  request: RequestContext,
  documents: Documents,
  name: string,
  version: AggregatedVersion,
  groups: DiscoveredGroup[],
): Answer {
  const { body, etag } = text(documents, name, () => aggregatedDiscovery(version, groups))
  const headers = { ETag: etag, Vary: 'Accept', 'Cache-Control': 'public' }
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
  if (request.headers['if-none-match'] === etag) return { type: 'raw', code: 304, contentType, body: '', headers }
  return { type: 'raw', contentType, body, headers }
}

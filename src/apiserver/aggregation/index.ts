// The aggregation layer: APIServices say which group versions other servers serve; requests for those are passed on, and what those servers
// say of themselves stands in this server's discovery and OpenAPI. https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
import { APIService } from '../../api/apiregistration/apiservice.ts'
import type { Kind } from '../../apimachinery/kind.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import type { RemoteVersion } from '../discovery/resources.ts'
import { keepAvailability } from './availability-checks.ts'
import { availabilityMetrics } from './metrics.ts'
import { type ProxyOptions, proxy } from './proxy.ts'
import { keepRegistered } from './register.ts'
import { type OpenApiV2Part, openApiV2Parts, readDocuments } from './remote-documents.ts'
import { forget, isRemote, type ProxyClient, type RemoteService, remoteService } from './remote-service.ts'

export interface AggregationOptions extends ProxyOptions {
  /** What this server shows to those behind it; without it they cannot know who speaks. */
  proxyClient?: ProxyClient
}

/** The aggregation layer, as the other parts of the server use it. */
export interface Aggregation {
  /** Counts changes of what other servers say of themselves. */
  readonly generation: number
  /** Lines of /metrics. */
  metrics: () => string[]
  /** Registers the server's own group versions and begins to check the others; resolves when the former is done. */
  start: () => Promise<void>
  /** Who answers requests for a path; undefined: this server itself. */
  handlerOf: (path: string) => RemoteHandler | undefined
  /** The group versions of others, for discovery. */
  remoteVersions: () => readonly RemoteVersion[]
  /** The remote servers that offer an OpenAPI document, and the URL of the v3 document, by key (`apis/metrics.k8s.io/v1beta1`). */
  openApiV3: () => ReadonlyMap<string, { url: string; handler: RemoteHandler }>
  /** What other servers offer as OpenAPI v2, with the paths that are theirs; not complete: one did not answer. */
  openApiV2: () => Promise<{ documents: OpenApiV2Part[]; complete: boolean }>
}

/** Answers a request at another server. */
export type RemoteHandler = (request: RequestContext) => Promise<Answer>

/** Makes the layer of a server whose cache has been loaded. */
export function aggregation(server: ServerContext, options: AggregationOptions = {}): Aggregation {
  let remotes = new Map<string, RemoteService>()
  let byGroupVersion = new Map<string, RemoteService>()
  let text = ''
  let generation = 1
  const changed = () => {
    generation++
  }
  const metrics = availabilityMetrics()
  const documents = readDocuments(server, changed)
  const bucket = server.cache.bucket(APIService as unknown as Kind)
  const sync = (): void => {
    const next = new Map<string, RemoteService>()
    for (const apiService of server.read.list(APIService)) {
      // who serves APIServices is not for APIServices to say
      if (!isRemote(apiService) || apiService.spec?.group === APIService.group) continue
      const name = apiService.metadata?.name ?? ''
      next.set(name, remoteService(apiService, options.proxyClient, remotes.get(name)))
    }
    if (next.size === 0 && remotes.size === 0) return
    for (const [name, before] of remotes) if (next.get(name)?.agent !== before.agent) forget(before)
    remotes = next
    byGroupVersion = new Map([...next.values()].map((remote) => [`${remote.group}/${remote.version}`, remote]))
    documents.follow(remotes)
    const now = JSON.stringify([...next.values()].map(({ agent: _agent, trust: _trust, ...facts }) => facts))
    if (now !== text) changed()
    text = now
  }
  bucket.watchers.add(sync)
  const end = () => {
    bucket.watchers.delete(sync)
    for (const remote of remotes.values()) forget(remote)
  }
  server.signal.addEventListener('abort', end, { once: true })
  sync()

  const handler = (name: string): RemoteHandler => {
    return (request) => {
      const remote = remotes.get(name)
      return remote === undefined ? Promise.resolve(gone) : proxy(server, remote, request, options)
    }
  }
  return {
    get generation() {
      return generation
    },
    metrics: () => metrics.lines(server.read.list(APIService)),
    start: () => {
      keepAvailability(server, (name) => remotes.get(name), metrics.lost)
      return keepRegistered(server)
    },
    handlerOf: (path) => {
      if (byGroupVersion.size === 0) return undefined
      const remote = byGroupVersion.get(groupVersionOf(path) ?? '')
      return remote === undefined ? undefined : handler(remote.name)
    },
    remoteVersions: () =>
      [...remotes.values()].map((remote) => {
        const { group, version, name, groupPriority, versionPriority } = remote
        const said = documents.of(name)
        return { group, version, groupPriority, versionPriority, resources: said?.resources ?? [], stale: said?.stale ?? true }
      }),
    openApiV3: () => {
      const found = new Map<string, { url: string; handler: RemoteHandler }>()
      for (const name of remotes.keys()) {
        for (const [key, url] of documents.of(name)?.openApi ?? []) found.set(key, { url, handler: handler(name) })
      }
      return found
    },
    openApiV2: () => openApiV2Parts(server, [...remotes.values()]),
  }
}

const gone: Answer = { type: 'raw', code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n' }

/** `/apis/G/V…` → `G/V`, `/api/V…` → `/V`; undefined for other paths. */
function groupVersionOf(path: string): string | undefined {
  const [empty, prefix, first, second] = path.split('/', 4)
  if (empty !== '' || !first) return undefined
  if (prefix === 'api') return `/${first}`
  return prefix === 'apis' && second ? `${first}/${second}` : undefined
}

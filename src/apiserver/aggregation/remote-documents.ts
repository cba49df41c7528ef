// What the servers behind this one say of themselves: discovery and the index of their OpenAPI documents, asked once a minute and when an
// APIService changes.
import type { Timer } from '../../apimachinery/clock.ts'
import type { ServerContext } from '../context.ts'
import type { AggregatedResource } from '../discovery/resources.ts'
import { discoveryPath } from './availability.ts'
import { aggregatedResources, openApiIndex, plainResources } from './remote-discovery.ts'
import { askRemote } from './remote-request.ts'
import type { RemoteService } from './remote-service.ts'

const refreshMs = 60_000
const firstRetryMs = 50
const timeoutMs = 5_000
const maxBytes = 4 * 1024 * 1024
const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const v2beta1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'

/** What is known of one group version. */
export interface RemoteDocuments {
  resources: readonly AggregatedResource[]
  /** The last question was not answered. */
  stale: boolean
  /** URLs of its OpenAPI v3 documents by key (`apis/metrics.k8s.io/v1beta1`). */
  openApi: ReadonlyMap<string, string>
}

interface Known {
  documents: RemoteDocuments
  /** Of the service and its readiness, when it was asked. */
  asked: string
  failures: number
  text: string
  timer?: Timer
}

export interface DocumentsReader {
  /** By name of the APIService; undefined: not asked yet. */
  of: (name: string) => RemoteDocuments | undefined
  /** Follows a change of the APIServices. */
  follow: (remotes: ReadonlyMap<string, RemoteService>) => void
}

const nothing: RemoteDocuments = { resources: [], stale: true, openApi: new Map() }

/** Reads the documents of remote services until the server shuts down; `changed` is told when they say something new. */
export function readDocuments(server: ServerContext, changed: () => void): DocumentsReader {
  const known = new Map<string, Known>()

  const refresh = async (name: string, remote: RemoteService): Promise<void> => {
    const one = known.get(name)
    if (one === undefined) return
    one.timer?.cancel()
    const asked = one.asked
    const documents = await ask(server, remote, one.documents)
    if (known.get(name) !== one || one.asked !== asked || server.signal.aborted) return
    one.failures = documents.stale ? one.failures + 1 : 0
    one.documents = documents
    const text = JSON.stringify([documents.resources, documents.stale, [...documents.openApi]])
    if (text !== one.text) {
      one.text = text
      changed()
    }
    // one that is not available is asked again when it is
    if (!remote.available) return
    const delayMs = documents.stale ? Math.min(firstRetryMs * 2 ** one.failures, refreshMs) : refreshMs
    one.timer = server.clock.after(delayMs, () => void refresh(name, remote))
  }

  const drop = (name: string): void => {
    known.get(name)?.timer?.cancel()
    known.delete(name)
  }

  const end = () => {
    for (const name of [...known.keys()]) drop(name)
  }
  server.signal.addEventListener('abort', end, { once: true })
  return {
    of: (name) => known.get(name)?.documents,
    follow: (remotes) => {
      if (server.signal.aborted) return
      for (const name of [...known.keys()]) if (!remotes.has(name)) drop(name)
      for (const [name, remote] of remotes) {
        const asked = `${remote.made} ${remote.available}`
        const one = known.get(name)
        if (one?.asked === asked) continue
        if (one === undefined) known.set(name, { documents: nothing, asked, failures: 0, text: '' })
        else Object.assign(one, { asked, failures: 0 })
        void refresh(name, remote)
      }
    },
  }
}

/** Asks the service; what it last said stays, and is stale, when it does not answer. */
async function ask(server: ServerContext, remote: RemoteService, before: RemoteDocuments): Promise<RemoteDocuments> {
  if (!remote.available || remote.unusable !== undefined) return { ...before, stale: true }
  try {
    const [resources, openApi] = await Promise.all([discovery(server, remote), index(server, remote).catch(() => before.openApi)])
    return { resources, stale: false, openApi }
  } catch (error) {
    server.log.warn({ err: error, apiService: remote.name }, 'Cannot read the discovery of an APIService')
    return { ...before, stale: true }
  }
}

async function discovery(server: ServerContext, remote: RemoteService): Promise<readonly AggregatedResource[]> {
  const limits = { timeoutMs, maxBytes }
  const answer = await askRemote(server, remote, { path: '/apis', accept: `${v2},${v2beta1}`, ...limits })
  if (answer.code === 503) throw new Error(`service ${remote.name} returned non-success response code: 503`)
  if (answer.code === 200 && /;\s*as=APIGroupDiscoveryList/.test(answer.contentType)) {
    return aggregatedResources(answer.body.toString()).get(`${remote.group}/${remote.version}`) ?? []
  }
  const path = discoveryPath(remote)
  const plain = await askRemote(server, remote, { path, ...limits })
  if (plain.code !== 200) throw new Error(`failed to download legacy discovery for ${path}: ResponseCode: ${plain.code}`)
  return plainResources(plain.body.toString(), remote.group, remote.version)
}

/** Only the documents of the APIService's own group version: a server cannot describe another one's API. */
async function index(server: ServerContext, remote: RemoteService): Promise<ReadonlyMap<string, string>> {
  const { code, body } = await askRemote(server, remote, { path: '/openapi/v3', timeoutMs, maxBytes })
  if (code !== 200) return new Map()
  const key = discoveryPath(remote).slice(1)
  return new Map([...openApiIndex(body.toString())].filter(([each, url]) => each === key && url.startsWith(`/openapi/v3/${key}`)))
}

/** An OpenAPI v2 document of another server, and how the paths begin that are that server's to describe. */
export interface OpenApiV2Part {
  document: Record<string, unknown>
  prefixes: string[]
}

const maxV2Bytes = 4 * 1024 * 1024

/** Asks every service once. A server that has no such document is left out. */
export async function openApiV2Parts(
  server: ServerContext,
  remotes: readonly RemoteService[],
): Promise<{ documents: OpenApiV2Part[]; complete: boolean }> {
  const services = Map.groupBy(
    remotes.filter(({ unusable }) => unusable === undefined),
    ({ made }) => made,
  )
  let complete = true
  const documents = await Promise.all(
    [...services.values()].map(async (members) => {
      const remote = members.find(({ available }) => available)
      const prefixes = members.map((member) => `${discoveryPath(member)}/`)
      try {
        if (remote === undefined) throw new Error('service unavailable')
        const { code, body } = await askRemote(server, remote, { path: '/openapi/v2', timeoutMs, maxBytes: maxV2Bytes })
        const document: unknown = code === 200 ? JSON.parse(body.toString()) : {}
        return { document: document as OpenApiV2Part['document'], prefixes }
      } catch (error) {
        complete = false
        server.log.warn({ err: error, apiService: members[0]?.name }, 'Cannot read the OpenAPI document of an APIService')
        return { document: {}, prefixes }
      }
    }),
  )
  return { documents: documents.filter(({ document }) => document !== null && Object.hasOwn(document, 'paths')), complete }
}

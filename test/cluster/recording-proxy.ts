// A proxy between one component and the API server on loopback: it admits only what the server documents, and remembers what was asked.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requestInfo, splitUrl } from '../../src/apiserver/request-info.ts'

/** Says why a request is none that the server documents; undefined when it is. */
export type Documented = (method: string, path: string, query: URLSearchParams) => string | undefined

export interface RecordingProxy {
  url: string
  /** "verb resource[.group][/subresource]", or "verb /path", or "verb *". */
  asked: Set<string>
  /** Requests that were refused, with the reason. */
  refused: string[]
  close(): Promise<void>
}

export async function openRecordingProxy(server: string, documented: Documented): Promise<RecordingProxy> {
  const asked = new Set<string>()
  const refused: string[] = []
  const { hostname, port } = new URL(server)
  const proxy = createServer((incoming, outgoing) => {
    const url = splitUrl(incoming.url ?? '/')
    const method = incoming.method ?? 'GET'
    const fault = url === undefined ? 'no URL' : documented(method, url.path, url.query)
    if (fault !== undefined || url === undefined) {
      refused.push(`${method} ${incoming.url}: ${fault}`)
      outgoing.writeHead(403).end()
      return
    }
    asked.add(words(method, url.path, url.query, incoming.headers.accept ?? ''))
    pass(incoming, outgoing, { hostname, port })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    refused,
    close: () => {
      proxy.closeAllConnections()
      return new Promise((resolve) => proxy.close(() => resolve()))
    },
  }
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: { hostname: string; port: string }): void {
  const onward = request({ ...to, method: incoming.method, path: incoming.url, headers: incoming.headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    outgoing.flushHeaders()
    answer.pipe(outgoing)
    answer.on('error', () => outgoing.destroy())
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

/** What a request asks for, without names. Who walks over all kinds asks for `*`: for metadata, discovery, or the end of a namespace. */
function words(method: string, path: string, query: URLSearchParams, accept: string): string {
  const { isResourceRequest, verb, group, resource, subresource } = requestInfo(method, path, query)
  if (!isResourceRequest) return `${verb} ${path.replace(/^\/apis\/.*/, '/apis/*')}`
  if (accept.includes('as=PartialObjectMetadata')) return `${verb} * (metadata)`
  if (verb === 'deletecollection') return `${verb} *`
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${subresource === '' ? '' : `/${subresource}`}`
}

type Json = Record<string, unknown>
interface Operation {
  parameters?: { in?: string; name?: string; $ref?: string }[]
}

/** What the server's OpenAPI document and its discovery allow. `read` asks the server. */
export async function documentation(read: (path: string) => Promise<unknown>): Promise<Documented> {
  const { paths, parameters = {} } = (await read('/openapi/v2')) as { paths: Record<string, Json>; parameters?: Record<string, Json> }
  const routes = Object.entries(paths).map(([path, item]) => ({ pattern: pattern(path), item }))
  const verbs = await discovered(read)
  const nameOf = (one: { name?: string; $ref?: string }) =>
    one.$ref === undefined ? one.name : (parameters[one.$ref.split('/').pop() ?? '']?.['name'] as string | undefined)
  return (method, path, query) => {
    const fitting = routes.filter(({ pattern }) => pattern.test(path))
    const matches = fitting.flatMap(({ item }) => {
      const operation = item[method.toLowerCase()] as Operation | undefined
      return operation === undefined ? [] : [[...(operation.parameters ?? []), ...((item as Operation).parameters ?? [])].map(nameOf)]
    })
    if (matches.length === 0) return 'is not in the OpenAPI document'
    const unknown = [...query.keys()].find((key) => !matches.some((names) => names.includes(key)))
    if (unknown !== undefined) return `parameter ${unknown} is not in the OpenAPI document`
    const info = requestInfo(method, path, query)
    if (!info.isResourceRequest) return undefined
    const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
    const groupVersion = info.group === '' ? info.version : `${info.group}/${info.version}`
    return verbs.has(`${groupVersion} ${resource} ${info.verb}`)
      ? undefined
      : `discovery knows no ${info.verb} of ${resource} in ${groupVersion}`
  }
}

function pattern(path: string): RegExp {
  const words = path.replace(/\/$/, '').split(/\{[^}]*\}/)
  return new RegExp(`^${words.map((word) => word.replace(/[.*+?^$()|[\]\\]/g, '\\$&')).join('[^/]+')}/?$`)
}

/** "groupVersion resource verb" of everything that discovery lists. */
async function discovered(read: (path: string) => Promise<unknown>): Promise<Set<string>> {
  const { groups } = (await read('/apis')) as { groups: { versions: { groupVersion: string }[] }[] }
  const all = ['v1', ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))]
  const verbs = new Set<string>()
  for (const groupVersion of all) {
    const list = (await read(groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`)) as {
      resources: { name: string; verbs: string[] }[]
    }
    for (const { name, verbs: known } of list.resources) for (const verb of known) verbs.add(`${groupVersion} ${name} ${verb}`)
  }
  return verbs
}

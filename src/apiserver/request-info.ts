// Reads verb and resource from method and URL alone; pure. Authorization, audit and dispatch need only this.
// Rules: k8s.io/apiserver/pkg/endpoints/request RequestInfoFactory.

export interface RequestInfo {
  isResourceRequest: boolean
  /** Decoded path, without the query. */
  path: string
  /** get list watch create update patch delete deletecollection, or proxy; the method in lower case for other paths. */
  verb: string
  /** 'api' or 'apis'. */
  apiPrefix: string
  group: string
  version: string
  namespace: string
  resource: string
  subresource: string
  /** The object's name; for a list or watch the one that a `metadata.name=` field selector asks for. */
  name: string
  /** Path words from the resource on: [resource, name, subresource, …]. */
  parts: readonly string[]
  /** The deprecated form /api/v1/watch/…. */
  verbViaPathPrefix: boolean
}

const specialVerbs = new Set(['proxy', 'watch'])
const methodVerbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}
const namespaceSubresources = new Set(['status', 'finalize'])

/** What a URL's target says: the decoded path and the query. Undefined when the path is no valid percent-encoding. */
export function splitUrl(url: string): { path: string; query: URLSearchParams } | undefined {
  const hash = url.indexOf('#')
  const clean = hash < 0 ? url : url.slice(0, hash)
  const mark = clean.indexOf('?')
  const raw = mark < 0 ? clean : clean.slice(0, mark)
  try {
    return { path: raw.includes('%') ? decodeURIComponent(raw) : raw, query: new URLSearchParams(mark < 0 ? '' : clean.slice(mark + 1)) }
  } catch {
    return undefined
  }
}

/** The RequestInfo of a request. Never throws; paths which are no resource come back with isResourceRequest false. */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const info: RequestInfo = {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    verbViaPathPrefix: false,
  }
  let parts = splitPath(path)
  if (parts.length < 3 || (parts[0] !== 'api' && parts[0] !== 'apis')) return info
  if (parts[0] === 'apis' && parts.length < 4) return { ...info, apiPrefix: 'apis' }
  info.apiPrefix = parts[0]
  parts = parts.slice(1)
  if (info.apiPrefix === 'apis') {
    info.group = parts[0]!
    parts = parts.slice(1)
  }
  info.isResourceRequest = true
  info.version = parts[0]!
  parts = parts.slice(1)
  if (specialVerbs.has(parts[0]!)) {
    if (parts.length < 2) return { ...info, verb: parts[0]!, isResourceRequest: false }
    info.verb = parts[0]!
    info.verbViaPathPrefix = true
    parts = parts.slice(1)
  } else {
    info.verb = Object.hasOwn(methodVerbs, method) ? methodVerbs[method]! : ''
  }
  return withResource(info, parts, query)
}

function withResource(info: RequestInfo, words: readonly string[], query: URLSearchParams): RequestInfo {
  let parts = words
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1]!
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2)
  }
  info.parts = parts
  info.resource = parts[0] ?? ''
  info.name = parts[1] ?? ''
  if (parts.length >= 3 && info.verb !== 'proxy') info.subresource = parts[2]!
  if (info.name === '' && info.verb === 'get') {
    info.verb = isTrue(query.get('watch')) ? 'watch' : 'list'
    info.name = nameOfSelector(query.get('fieldSelector'))
  }
  if (info.name === '' && info.verb === 'delete') info.verb = 'deletecollection'
  return info
}

const longSubresources = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** True for requests whose answers have no natural end. */
export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || longSubresources.has(subresource)
}

/** Trims slashes at both ends, then splits: an empty word in the middle stays. */
function splitPath(path: string): string[] {
  let from = 0
  let to = path.length
  while (from < to && path[from] === '/') from++
  while (to > from && path[to - 1] === '/') to--
  return from === to ? [] : path.slice(from, to).split('/')
}

/** How query parameters of type bool are read: present means true, unless it says "false" or "0". */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

/** The name in `metadata.name=x`, when it is a legal path segment; lets an authorizer allow by resourceNames. */
function nameOfSelector(selector: string | null): string {
  if (selector === null || !selector.includes('metadata.name')) return ''
  for (const term of selector.split(',')) {
    const match = /^metadata\.name==?([^=]+)$/.exec(term)
    if (match !== null && !/[/%\\]/.test(match[1]!) && match[1] !== '.' && match[1] !== '..') return match[1]!
  }
  return ''
}

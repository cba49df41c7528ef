// From a parsed request to the handler that answers it: subresource, verb or route; and the refusals for what does not exist (wire.md 61).
import { ApiError, qualifiedResource } from '../apimachinery/api-error.ts'
import { type Kind, type Resolved, subresourcesIn, type Verb } from '../apimachinery/kind.ts'
import type { Answer, RequestContext, ServerContext, Subresource } from './context.ts'
import type { RequestInfo } from './request-info.ts'
import { statusStrategy } from './strategy.ts'
import type { Target } from './target.ts'
import { noSuchResource, pageNotFound, unknownVersion } from './unknown.ts'
import { create } from './verbs/create.ts'
import { remove, removeCollection } from './verbs/delete.ts'
import { get } from './verbs/get.ts'
import { list } from './verbs/list.ts'
import { patch } from './verbs/patch.ts'
import { update } from './verbs/update.ts'
import { watch } from './verbs/watch.ts'

type Handler = (server: ServerContext, request: RequestContext, target: Target) => Promise<Answer>

const verbs: Readonly<Record<Verb, Handler>> = {
  get,
  list,
  watch,
  create,
  update: (server, request, target) => update(server, request, target),
  patch: (server, request, target) => patch(server, request, target),
  delete: remove,
  deletecollection: removeCollection,
}

const itemVerbs = new Set(['get', 'update', 'patch', 'delete'])

/** The answer to an authorized request. */
export async function answer(server: ServerContext, request: RequestContext): Promise<Answer> {
  const { info, resolved } = request
  if (!info.isResourceRequest) return routeAnswer(server, request)
  if (resolved === undefined) return unknownVersion(server.registry, info.group, info.version)
  const deprecation = resolved.served === undefined ? resolved.kind.deprecation : resolved.served.deprecation
  if (deprecation !== undefined) request.warnings.push(deprecation)
  const { kind } = resolved
  if (!fitsScope(kind, info) || info.verb === 'proxy') throw noSuchResource()
  if (info.verb === 'watch' && request.method !== 'GET') throw methodNotAllowed()
  const namespace = kind.scope === 'Cluster' ? undefined : info.namespace || undefined
  const target: Target = { resolved, namespace, name: info.parts[1] ?? '' }
  if (info.subresource !== '') return subresourceAnswer(server, request, target)
  const own = findSubresource(server, resolved, '')
  if (own?.verbs.includes(info.verb)) return own.handle(request, server)
  if (kind.ephemeral === true || !Object.hasOwn(verbs, info.verb) || !kind.verbs.includes(info.verb as Verb)) throw methodNotAllowed()
  if (itemVerbs.has(info.verb) !== (target.name !== '') && !info.verbViaPathPrefix) throw methodNotAllowed()
  return verbs[info.verb as Verb](server, request, target)
}

function subresourceAnswer(server: ServerContext, request: RequestContext, target: Target): Promise<Answer> {
  const { kind } = target.resolved
  const { subresource, verb, parts } = request.info
  const found = findSubresource(server, target.resolved, subresource)
  if (parts.length > 3 && found?.takesPath !== true) throw noSuchResource()
  if (found !== undefined) {
    if (!found.verbs.includes(verb)) throw methodNotAllowed()
    return found.handle(request, server)
  }
  if (subresource !== 'status' || subresourcesIn(target.resolved).status !== true) throw noSuchResource()
  if (verb === 'get') return get(server, request, target)
  if (verb === 'update') return update(server, request, target, statusStrategy(kind))
  if (verb === 'patch') return patch(server, request, target, statusStrategy(kind))
  throw methodNotAllowed()
}

function findSubresource(server: ServerContext, resolved: Resolved, name: string): Subresource | undefined {
  return server.subresources.find((subresource) => subresource.name === name && serves(subresource, resolved))
}

function serves({ kinds, name }: Subresource, resolved: Resolved): boolean {
  if (kinds !== undefined) return kinds.includes(qualifiedResource(resolved.kind))
  const { scale, others } = subresourcesIn(resolved)
  return name === 'scale' ? scale !== undefined : others?.includes(name) === true
}

/** Cluster-scoped kinds have no path with a namespace; one object of a namespaced kind, and writes to its collection, need one. */
function fitsScope(kind: Kind, info: RequestInfo): boolean {
  const named = info.parts.length > 1
  if (kind.scope === 'Namespaced') {
    if (info.namespace !== '') return true
    if (named && !info.verbViaPathPrefix) return false
    if (info.verb === 'create' || info.verb === 'deletecollection') throw methodNotAllowed()
    return true
  }
  return info.namespace === '' || (kind.group === '' && kind.resource === 'namespaces' && info.resource === 'namespaces')
}

async function routeAnswer(server: ServerContext, request: RequestContext): Promise<Answer> {
  const { path } = request.info
  const route = server.routes.find((candidate) =>
    typeof candidate.path === 'string' ? candidate.path === path : candidate.path.test(path),
  )
  if (route === undefined) return pageNotFound
  const methods = route.methods ?? ['GET', 'HEAD']
  if (!methods.includes(request.method)) throw methodNotAllowed()
  return route.handle(request, server)
}

function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} })
}

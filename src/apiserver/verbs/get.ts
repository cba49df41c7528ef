// GET of one object: from the cache, as fresh as resourceVersion asks.
import { badRequest, notFound } from '../../apimachinery/api-error.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { freshen, revisionOf } from '../reading.ts'
import { isTrue } from '../request-info.ts'
import { groupResource } from '../store-errors.ts'
import type { Target } from '../target.ts'

export async function get(server: ServerContext, request: RequestContext, { resolved, namespace, name }: Target): Promise<Answer> {
  if (isTrue(request.query.get('export'))) throw badRequest('the export parameter, deprecated since v1.14, is no longer supported')
  await freshen(server, revisionOf(request.query.get('resourceVersion') ?? ''))
  const entry = server.cache.entry(resolved.kind, namespace, name)
  if (entry === undefined) throw notFound(groupResource(resolved), name)
  return { type: 'entry', resolved, entry }
}

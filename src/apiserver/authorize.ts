// Asks the authorizer, and words its refusals (wire.md 61).
import { ApiError, forbidden } from '../apimachinery/api-error.ts'
import type { User } from './authentication/user.ts'
import type { RequestContext, ServerContext } from './context.ts'
import type { RequestInfo } from './request-info.ts'

/** Throws 403 unless the user may do what the request asks. `note` is told the decision and its reason first. */
export async function authorize(
  server: ServerContext,
  user: User,
  info: RequestInfo,
  note?: (decision: 'allow' | 'forbid', reason: string) => void,
): Promise<void> {
  if (server.authorize === undefined) return note?.('allow', '')
  const { allowed, reason = '' } = await server.authorize({ user, info }, server.read)
  note?.(allowed ? 'allow' : 'forbid', reason)
  if (!allowed) throw refused(user, info, reason)
}

/** The second question of a PUT or PATCH that would create. */
export function authorizeCreate(server: ServerContext, request: RequestContext): Promise<void> {
  return authorize(server, request.user, { ...request.info, verb: 'create' })
}

function refused(user: User, info: RequestInfo, reason: string): ApiError {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`
  const message = clean(info.isResourceRequest ? `${who} ${resourceText(info)}` : `${who} path ${JSON.stringify(info.path)}`)
  const text = reason === '' ? message : `${message}: ${reason}`
  if (info.isResourceRequest) return forbidden({ group: info.group, resource: info.resource }, info.name, text)
  return new ApiError('Forbidden', `forbidden: ${text}`, { details: {} })
}

function resourceText({ resource, subresource, group, namespace }: RequestInfo): string {
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  return `resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`
}

/** Nothing that a browser would take for HTML. */
function clean(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

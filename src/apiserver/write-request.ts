// From a request to a Write: who writes what, under which options.
import type { WriteContext } from '../apimachinery/kind.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { fieldManagerOf } from './parameters.ts'
import type { Write } from './store.ts'
import type { Target } from './target.ts'

/** The Write of a request. A created namespace is in itself, as upstream has it for admission. */
export function writeOf(
  server: ServerContext,
  request: RequestContext,
  { resolved, namespace, name }: Target,
  options: { dryRun: boolean; fieldManager: string; fieldValidation?: string },
  given: object = writtenOptions(options, request),
): Write {
  const { subresource } = request.info
  const agent = request.headers['user-agent']
  return {
    server,
    resolved,
    namespace,
    name,
    user: request.user,
    ...(subresource === '' ? {} : { subresource }),
    dryRun: options.dryRun,
    fieldManager: fieldManagerOf(options, typeof agent === 'string' ? agent : ''),
    warnings: request.warnings,
    options: given,
    ...(request.audit === undefined ? {} : { annotate: request.audit.annotate }),
    signal: request.signal,
  }
}

/** Options of a create, update or patch as admission is shown them. */
function writtenOptions({ dryRun, fieldManager }: { dryRun: boolean; fieldManager: string }, { query }: RequestContext): object {
  const fieldValidation = query.get('fieldValidation')
  return {
    ...(dryRun ? { dryRun: ['All'] } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
    ...(fieldValidation ? { fieldValidation } : {}),
  }
}

/** What rules may know of a write. */
export function writeContext({ server, user, subresource, dryRun }: Write): WriteContext {
  return {
    now: server.clock.now(),
    userName: user.name,
    userGroups: user.groups,
    ...(user.uid === undefined ? {} : { userUid: user.uid }),
    ...(user.extra === undefined ? {} : { userExtra: user.extra }),
    dryRun,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

// From a request to a Write: who writes what, under which options.
import type { RequestContext, ServerContext } from './context.ts'
import { fieldManagerOf } from './parameters.ts'
import type { Write } from './store.ts'
import type { Target } from './target.ts'

/** The Write of a request. A created namespace is in itself, as upstream has it for admission. */
export function writeOf(
  server: ServerContext,
  request: RequestContext,
  { resolved, namespace, name }: Target,
  options: { dryRun: boolean; fieldManager: string },
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
    signal: request.signal,
  }
}

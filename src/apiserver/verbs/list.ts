// GET of a collection.
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { writeList } from '../list-writer.ts'
import { listPage } from '../listing.ts'
import { listOptions } from '../parameters.ts'
import { selection } from '../selection.ts'
import type { Target } from '../target.ts'

export async function list(server: ServerContext, request: RequestContext, { resolved, namespace }: Target): Promise<Answer> {
  const options = listOptions(request.query)
  const chosen = selection(resolved, options.labelSelector, options.fieldSelector)
  const page = await listPage(server, resolved, namespace, options, chosen)
  await writeList(server, request, resolved, page)
  return { type: 'hijacked' }
}

// DELETE of one object, and of a collection.
import { ApiError } from '../../apimachinery/api-error.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { expectedType, readBody } from '../body.ts'
import { objectOf, toVersion } from '../codec.ts'
import type { Answer, RequestContext, ServerContext } from '../context.ts'
import { converting } from '../conversions.ts'
import type { Deleted } from '../deletion.ts'
import { deleteObject } from '../deletion.ts'
import { writeList } from '../list-writer.ts'
import { listPage } from '../listing.ts'
import type { DeleteOptions } from '../parameters.ts'
import { checkDeleteOptions, deleteOptionsOfQuery, listOptions } from '../parameters.ts'
import { selection } from '../selection.ts'
import type { Target } from '../target.ts'
import { writeOf } from '../write-request.ts'

export async function remove(server: ServerContext, request: RequestContext, target: Target): Promise<Answer> {
  const options = readDeleteOptions(server, request)
  const write = writeOf(server, request, target, { dryRun: options.dryRun?.includes('All') === true, fieldManager: '' }, options)
  const done = await deleteObject(write, options)
  const code = !done.deleted && options.orphanDependents === false ? 202 : 200
  return deletionAnswer(target, done, code)
}

/** The object itself while it stays, and for kinds that answer so; else a Status that names what went (wire.md 38). */
async function deletionAnswer({ resolved, name }: Target, { deleted, object, entry }: Deleted, code: number): Promise<Answer> {
  if (!deleted || resolved.kind.deleteReturnsObject === true) {
    if (entry !== undefined) return { type: 'entry', resolved, entry, code }
    return { type: 'object', object: await converting(resolved.kind, () => toVersion(resolved, object)), code }
  }
  const group = resolved.group === '' ? {} : { group: resolved.group }
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: resolved.kind.resource, uid: object.metadata!.uid },
  }
  return { type: 'object', object: status as KubeObject, code }
}

/** DeleteOptions of the body, or of the query when there is no body. Throws 400, 415, 422. */
export function readDeleteOptions(server: ServerContext, request: RequestContext): DeleteOptions {
  const options = request.body.length === 0 ? deleteOptionsOfQuery(request.query) : bodyOptions(server, request)
  checkDeleteOptions(options)
  return options
}

function bodyOptions(server: ServerContext, request: RequestContext): DeleteOptions {
  const expected = expectedType('', 'v1', 'DeleteOptions', 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')
  return readBody(server, request, { ...expected, anyGroup: true }, 'Ignore') as DeleteOptions
}

/** List, then delete each. Answers with the list of what was deleted. */
export async function removeCollection(server: ServerContext, request: RequestContext, { resolved, namespace }: Target): Promise<Answer> {
  const listed = listOptions(request.query)
  const chosen = selection(resolved, listed.labelSelector, listed.fieldSelector)
  const options = readDeleteOptions(server, request)
  const dryRun = options.dryRun?.includes('All') === true
  const page = await listPage(server, resolved, namespace, listed, chosen)
  for (const entry of page.entries) {
    const { metadata } = objectOf(resolved.kind, entry)
    const write = writeOf(
      server,
      request,
      { resolved, namespace: metadata?.namespace, name: metadata!.name! },
      { dryRun, fieldManager: '' },
      options,
    )
    await deleteObject(write, structuredClone(options)).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error
    })
  }
  await writeList(server, request, resolved, page)
  return { type: 'hijacked' }
}

// Pages of a list: the latest or "any" state from the cache, exact revisions from storage (wire.md 3–5).
import { ApiError, badRequest } from '../apimachinery/api-error.ts'
import type { Kind, Resolved } from '../apimachinery/kind.ts'
import type { ListMeta } from '../apimachinery/meta.ts'
import type { ListResult } from '../storage/storage.ts'
import { CompactedError } from '../storage/storage.ts'
import { breathe } from './breathe.ts'
import type { Entry } from './codec.ts'
import { objectOf } from './codec.ts'
import type { ServerContext } from './context.ts'
import { listPrefix, pathSegmentFault } from './keys.ts'
import { decodeToken, encodeToken } from './list-token.ts'
import type { ListPage } from './list-writer.ts'
import type { ListOptions } from './parameters.ts'
import { prepareEntries } from './prepare-entries.ts'
import { freshen, listTooOld, revisionOf, tooLarge } from './reading.ts'
import type { Selection } from './selection.ts'
import { entryOf } from './store.ts'
import { warm } from './warm.ts'

type Paging = Pick<ListOptions, 'resourceVersion' | 'resourceVersionMatch' | 'limit' | 'continue'>

/** The storage prefix that a list or watch ranges over; a `metadata.namespace=` selector narrows it. */
export function selectionPrefix(kind: Kind, namespace: string | undefined, selection: Selection): string {
  const narrowed = namespace || selection.namespace
  return listPrefix(kind, narrowed !== undefined && pathSegmentFault(narrowed) === undefined ? narrowed : namespace)
}

/** One page of the objects that the selection means. Throws 400, 410, 504 by the rules of resourceVersion and continue. */
export async function listPage(
  server: ServerContext,
  resolved: Resolved,
  namespace: string | undefined,
  options: Paging,
  selection: Selection,
): Promise<ListPage> {
  const page = await pageOf(server, resolved, namespace, options, selection)
  await prepareEntries(resolved, page.entries)
  return page
}

async function pageOf(
  server: ServerContext,
  resolved: Resolved,
  namespace: string | undefined,
  options: Paging,
  selection: Selection,
): Promise<ListPage> {
  const prefix = selectionPrefix(resolved.kind, namespace, selection)
  const limit = Math.max(0, options.limit)
  const revision = revisionOf(options.resourceVersion)
  if (options.continue !== '') {
    if (revision !== undefined && revision !== 0) throw badRequest('specifying resource version is not allowed when using continue')
    return continued(server, resolved, prefix, limit, options.continue, selection)
  }
  const match = options.resourceVersionMatch
  const exact = match === 'Exact' || (match === '' && limit > 0 && revision !== undefined && revision !== 0)
  if (exact) return exactPage(server, resolved, { prefix, start: prefix, limit, revision: revision! }, selection)
  await freshen(server, revision)
  await warmCandidates(server, resolved, prefix, selection)
  return cachedPage(server, resolved.kind, prefix, revision === 0 ? 0 : limit, selection)
}

async function cachedPage(server: ServerContext, kind: Kind, prefix: string, limit: number, selection: Selection): Promise<ListPage> {
  const { cache } = server
  const candidates = cachedCandidates(server, kind, prefix, selection)
  const { revision } = cache
  const wanted = limit === 0 || candidates.length <= limit ? Number.POSITIVE_INFINITY : limit
  if (selection.all && wanted === Number.POSITIVE_INFINITY) {
    return { entries: candidates, metadata: { resourceVersion: String(revision) } }
  }
  const entries: Entry[] = []
  let taken = 0
  for (const entry of candidates) {
    if (entries.length === wanted) break
    if (++taken % between === 0) await breathe()
    if (selection.all || selection.matches(objectOf(kind, entry))) entries.push(entry)
  }
  const remaining = candidates.length - taken
  return { entries, metadata: pageMeta(revision, prefix, candidates[taken - 1]?.key ?? prefix, remaining, selection) }
}

/** Decodes, in slices, what a selector will look at. */
export async function warmCandidates(server: ServerContext, resolved: Resolved, prefix: string, selection: Selection): Promise<void> {
  const { kind } = resolved
  if (selection.all) return
  if (kind.convert !== undefined) return prepareEntries(resolved, cachedCandidates(server, kind, prefix, selection))
  if (selection.name !== undefined) return
  await warm(kind, server.cache.bucket(kind).list(selection.indexed === undefined ? prefix : listPrefix(kind, undefined)))
}

/** Cached entries that may match: by key or by index when the selection allows. */
export function cachedCandidates(server: ServerContext, kind: Kind, prefix: string, selection: Selection): readonly Entry[] {
  const bucket = server.cache.bucket(kind)
  if (selection.name !== undefined && (kind.scope === 'Cluster' || prefix !== listPrefix(kind, undefined))) {
    const entry = bucket.entries.get(prefix + selection.name)
    return entry === undefined ? [] : [entry]
  }
  const { indexed } = selection
  if (indexed === undefined) return bucket.list(prefix)
  const entries = bucket.select(indexed.field, (entry) => indexed.valueOf(objectOf(kind, entry)), indexed.value)
  return entries.filter((entry) => entry.key.startsWith(prefix))
}

async function continued(
  server: ServerContext,
  resolved: Resolved,
  prefix: string,
  limit: number,
  text: string,
  selection: Selection,
): Promise<ListPage> {
  const token = decodeToken(text, prefix)
  const revision = token.revision === -1 ? await server.storage.currentRevision() : token.revision
  try {
    return await exactPage(server, resolved, { prefix, start: token.start, limit, revision }, selection)
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Expired') throw error
    const start = token.start.replace(/\0$/, '')
    throw new ApiError('Expired', inconsistentText, { continueToken: encodeToken(-1, start, prefix) })
  }
}

const inconsistentText =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

interface Range {
  prefix: string
  start: string
  limit: number
  revision: number
}

/** So many objects are looked at between two looks at the time: a selector can have thousands of terms. */
const between = 16
const storagePage = 1000

/** A page at exactly one revision, from storage. */
async function exactPage(server: ServerContext, resolved: Resolved, range: Range, selection: Selection): Promise<ListPage> {
  const { kind } = resolved
  const { prefix, limit, revision } = range
  const current = await server.storage.currentRevision()
  if (revision > current) {
    await freshen(server, revision)
    if (revision > (await server.storage.currentRevision())) throw tooLarge(revision, current)
  }
  const entries: Entry[] = []
  let start: string | undefined = range.start
  while (start !== undefined) {
    const size: number = limit > 0 && selection.all ? limit : storagePage
    const page: ListResult = await server.storage.list(prefix, { revision, start, limit: size }).catch((error: unknown) => {
      throw error instanceof CompactedError ? listTooOld() : error
    })
    for (const [index, stored] of page.entries.entries()) {
      const entry = entryOf(stored)
      if (index % between === 0) await breathe()
      if (!selection.all && kind.convert !== undefined) await prepareEntries(resolved, [entry])
      if (selection.all || selection.matches(objectOf(kind, entry))) entries.push(entry)
      if (limit === 0 || entries.length < limit) continue
      const remaining = page.entries.length - index - 1 + (page.more?.remaining ?? 0)
      return { entries, metadata: pageMeta(revision, prefix, stored.key, remaining, selection) }
    }
    start = page.more?.next
  }
  return { entries, metadata: { resourceVersion: String(revision) } }
}

function pageMeta(revision: number, prefix: string, lastKey: string, remaining: number, selection: Selection): ListMeta {
  if (remaining === 0) return { resourceVersion: String(revision) }
  const token = encodeToken(revision, lastKey, prefix)
  return { resourceVersion: String(revision), continue: token, ...(selection.all ? { remainingItemCount: remaining } : {}) }
}

// How far a cache must come to show all that the server has of a kind now: asked after a create that got no answer.
import { type Clock, sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import { compareRevisions } from '../client/revision.ts'

const retryMs = 1000
const maxTries = 300

/**
 * The highest resourceVersion of the kind's objects in the namespace, past any cache; '0' when there are none. Not the list's own: a cache
 * hears of that only with its next bookmark. Asks until the server answers; undefined when the signal aborts or it never does.
 */
export async function newestRevision(
  { client, clock, signal }: { client: Client; clock: Clock; signal: AbortSignal },
  kind: Kind,
  namespace: string | undefined,
): Promise<string | undefined> {
  const where = namespace === undefined ? {} : { namespace }
  for (let tries = 0; tries < maxTries && !signal.aborted; tries++) {
    const list = await client.list<KubeObject>(kind, { ...where, metadataOnly: true, signal }).catch(() => undefined)
    if (list !== undefined) {
      return list.items.reduce((newest, { metadata }) => {
        const revision = metadata?.resourceVersion ?? '0'
        return compareRevisions(revision, newest) > 0 ? revision : newest
      }, '0')
    }
    await sleep(clock, retryMs, signal).catch(() => {})
  }
  return undefined
}

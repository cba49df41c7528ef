// Lets objects of kinds with a time to live (Events: an hour after their last write) go, as etcd's leases do upstream.
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Entry } from './codec.ts'
import { objectOf } from './codec.ts'
import type { ServerContext } from './context.ts'

const sweepMs = 30_000

/** Sweeps until the server shuts down. */
export function startExpiry(server: ServerContext): void {
  const writtenAt = new WeakMap<Entry, number>()
  let timer: Timer | undefined
  const later = () => {
    if (!server.signal.aborted) timer = server.clock.after(sweepMs, next)
  }
  const next = () => {
    sweep(server, writtenAt)
      .catch((error: unknown) => server.log.warn({ err: error }, 'Expired objects could not be removed'))
      .finally(later)
  }
  server.signal.addEventListener('abort', () => timer?.cancel(), { once: true })
  later()
}

async function sweep(server: ServerContext, writtenAt: WeakMap<Entry, number>): Promise<void> {
  for (const kind of server.registry.kinds()) {
    if (kind.ttlSeconds === undefined) continue
    for (const entry of expired(kind, server.cache.bucket(kind).entries.values(), writtenAt, server.clock)) {
      if (server.signal.aborted) return
      // Refused when it was written again meanwhile: then it lives on.
      await server.storage.delete(entry.key, entry.revision)
    }
  }
}

function expired(kind: Kind, entries: Iterable<Entry>, writtenAt: WeakMap<Entry, number>, clock: Clock): Entry[] {
  const oldest = clock.now() - kind.ttlSeconds! * 1000
  const over: Entry[] = []
  for (const entry of entries) {
    let at = writtenAt.get(entry)
    if (at === undefined) {
      at = lastMention(objectOf(kind, entry))
      writtenAt.set(entry, at)
    }
    if (at <= oldest) over.push(entry)
  }
  return over
}

/** The newest time that the server or a writer noted on the object: storage keeps none. */
function lastMention(object: KubeObject): number {
  const { managedFields = [], creationTimestamp } = object.metadata ?? {}
  const times = [creationTimestamp, ...managedFields.map((entry) => entry.time)].map((time) => Date.parse(time ?? ''))
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)))
}

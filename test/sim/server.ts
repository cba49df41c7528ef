// The API server of a simulation: on a store in memory that outlives it, so that it can crash and come back. A server that has crashed can
// no longer write, whatever its handlers still do.
import type { Logger } from 'pino'
import { bootstrap } from '../../src/apiserver/bootstrap.ts'
import type { ServerContext } from '../../src/apiserver/context.ts'
import { openApiServer } from '../../src/apiserver/run.ts'
import { type EmbeddedStorage, openEmbedded } from '../../src/storage/embedded/embedded.ts'
import { type Storage, UnavailableError } from '../../src/storage/storage.ts'
import { Seeded } from './seeded.ts'
import { Timeline } from './timeline.ts'

export const startMs = Date.parse('2026-01-05T10:00:00Z')

export interface SimulatedServer {
  context: ServerContext
  /** Ends as if the power were cut. */
  crash(): void
}

export interface ServerSetting {
  storage: Storage
  timeline: Timeline
  seed: number
  incarnation: number
  log: Logger
}

/** Opens a server and makes what every cluster has. */
export async function openServer({ storage, timeline, seed, incarnation, log }: ServerSetting): Promise<SimulatedServer> {
  let alive = true
  const gone = new AbortController()
  const fenced = fence(storage, gone.signal)
  const server = await openApiServer({
    storage: fenced,
    clock: { now: timeline.now, after: (delayMs, callback) => timeline.after(delayMs, () => alive && callback()) },
    random: new Seeded(seed, `apiserver ${incarnation}`).next,
    log,
    securePort: 6443,
    advertiseAddress: '192.0.2.1',
    enableMetricsApi: false,
    // whoever comes without credentials may do everything: hashing tokens would take a tenth of the time
    anonymousAuth: true,
  })
  await bootstrap(server.context, { port: 6443 })
  return {
    context: server.context,
    crash: () => {
      alive = false
      gone.abort(new UnavailableError('the server has crashed'))
    },
  }
}

/** The store as one server sees it, until that server is gone. */
function fence(storage: Storage, gone: AbortSignal): Storage {
  const check = () => {
    if (gone.aborted) throw gone.reason
  }
  const guarded =
    <A extends unknown[], R>(method: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      check()
      const result = await method.apply(storage, args)
      check()
      return result
    }
  return {
    get: guarded(storage.get),
    list: guarded(storage.list),
    create: guarded(storage.create),
    update: guarded(storage.update),
    delete: guarded(storage.delete),
    currentRevision: guarded(storage.currentRevision),
    compact: guarded(storage.compact),
    watch: (options) => storage.watch({ ...options, signal: AbortSignal.any([options.signal, gone]) }),
    close: async () => {},
  }
}

let base: Promise<EmbeddedStorage> | undefined

/** A store with what every cluster has from the start: made once, a fork for each seed. */
export async function freshStorage(log: Logger): Promise<EmbeddedStorage> {
  base ??= makeBase(log)
  return (await base).fork()
}

async function makeBase(log: Logger): Promise<EmbeddedStorage> {
  const timeline = new Timeline(startMs - 1000)
  return timeline.installed(async () => {
    const storage = await openEmbedded({ path: undefined, clock: { now: () => startMs } })
    const server = await timeline.drive(openServer({ storage, timeline, seed: 0, incarnation: 0, log }))
    server.crash()
    return storage
  })
}

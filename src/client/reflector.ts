// Keeps a sink equal to the server's state: watch-list when the server has it, list + watch otherwise; resumes from the last
// resourceVersion, lists again after 410. After client-go's tools/cache reflector and KEP-3157.
import { type ApiError, isGone } from '../apimachinery/api-error.ts'
import { type Clock, type Random, sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import { type BackoffOptions, backoffDelay } from './backoff.ts'
import type { Client } from './client.ts'

export interface ReflectorSink<T> {
  /** The whole state as of `revision`. */
  replace(objects: T[], revision: string): void
  /** One change, in order. */
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void
  /** Everything up to `revision` has been applied. */
  bookmark(revision: string): void
}

export interface ReflectorOptions<T extends KubeObject> {
  client: Client
  kind: Kind<T>
  sink: ReflectorSink<T>
  clock: Clock
  random: Random
  signal: AbortSignal
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  metadataOnly?: boolean
  /** Told of each failure before the next try; for logs. */
  onError?: (error: unknown) => void
}

const reconnect: BackoffOptions = { initialMs: 200, maxMs: 30_000, jitter: 1 }
/** How long a kind that is not served is left alone. */
const absentMs = 10_000
const initialEventsEnd = 'k8s.io/initial-events-end'

/** Runs until the signal aborts, then resolves. Never rejects: failures are retried with backoff. */
export async function reflect<T extends KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  const { signal, clock, random } = options
  const state: State = { revision: undefined, seen: '0', watchList: true }
  let failures = 0
  while (!signal.aborted) {
    const started = clock.now()
    try {
      if (state.revision === undefined) await initialState(options, state)
      else await follow(options, state)
      failures = 0
      // a watch that ends at once would be asked for again in a tight loop
      if (clock.now() - started < 1000) await sleep(clock, backoffDelay(reconnect, 0, random), signal)
    } catch (error) {
      if (signal.aborted) return
      if (isGone(error)) {
        state.revision = undefined
        state.seen = ''
      }
      options.onError?.(error)
      // an older server does not have the kind, so there are no objects of it; looked at again now and then
      const absent = state.seen === '0' && (error as ApiError).code === 404
      if (absent) options.sink.replace([], '0')
      const waitMs = absent ? absentMs : backoffDelay(reconnect, Math.min(failures++, 10), random)
      await sleep(clock, waitMs, signal).catch(() => {})
    }
  }
}

interface State {
  /** Where to go on watching; undefined: the whole state is needed (again). */
  revision: string | undefined
  /** A list may not be older than this, so that time never goes backwards; '0' (any) at first, '' (the newest) after 410. */
  seen: string
  watchList: boolean
}

async function initialState<T extends KubeObject>(options: ReflectorOptions<T>, state: State): Promise<void> {
  if (state.watchList) {
    try {
      return await watchList(options, state)
    } catch (error) {
      const code = (error as ApiError).code
      if (state.revision !== undefined || (code !== 422 && code !== 400)) throw error
      state.watchList = false // an older server: list, then watch
    }
  }
  const since = state.seen === '' ? {} : { resourceVersion: state.seen }
  const list = await options.client.list(options.kind, { ...selection(options), ...since, signal: options.signal })
  const revision = list.metadata.resourceVersion ?? ''
  options.sink.replace(list.items, revision)
  state.revision = state.seen = revision
  await follow(options, state)
}

/** The state arrives as ADDED events up to a marked bookmark; then the same stream goes on with changes. */
async function watchList<T extends KubeObject>(options: ReflectorOptions<T>, state: State): Promise<void> {
  const events = options.client.watch(options.kind, {
    ...selection(options),
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
    timeoutSeconds: watchSeconds(options.random),
    signal: options.signal,
  })
  const initial = new Map<string, T>()
  for await (const { type, object } of events) {
    if (state.revision !== undefined) {
      deliver(options.sink, state, type, object)
      continue
    }
    const key = `${object.metadata?.namespace ?? ''}/${object.metadata?.name}`
    if (type === 'DELETED') initial.delete(key)
    else if (type !== 'BOOKMARK') initial.set(key, object)
    else if (object.metadata?.annotations?.[initialEventsEnd] === 'true') {
      const revision = object.metadata.resourceVersion ?? ''
      options.sink.replace([...initial.values()], revision)
      initial.clear()
      state.revision = state.seen = revision
    }
  }
  if (state.revision === undefined) throw new Error('watch ended before the initial events did')
}

async function follow<T extends KubeObject>(options: ReflectorOptions<T>, state: State): Promise<void> {
  const events = options.client.watch(options.kind, {
    ...selection(options),
    resourceVersion: state.revision!,
    allowWatchBookmarks: true,
    timeoutSeconds: watchSeconds(options.random),
    signal: options.signal,
  })
  for await (const { type, object } of events) deliver(options.sink, state, type, object)
}

function deliver<T extends KubeObject>(sink: ReflectorSink<T>, state: State, type: string, object: T): void {
  const revision = object.metadata?.resourceVersion
  if (type === 'BOOKMARK') sink.bookmark(revision ?? '')
  else sink.apply(type as 'ADDED', object)
  if (revision !== undefined) state.revision = state.seen = revision
}

/** Five to ten minutes, so that watches spread over the servers again and again. */
function watchSeconds(random: Random): number {
  return Math.floor(300 + 300 * random())
}

function selection<T extends KubeObject>(options: ReflectorOptions<T>) {
  return {
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
    ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    ...(options.metadataOnly === undefined ? {} : { metadataOnly: options.metadataOnly }),
  }
}

// The ports that controllers over all kinds are given: content of a namespace, and the graph of owners. Over the public API only.

import { Event } from '../api/core/event.ts'
import { isGone, isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, type Random, sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { type KubeObject, splitApiVersion } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import { discoverKinds } from '../client/discovery.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { cachesSynced, type InformerFactory, type ObjectCache } from '../client/informer.ts'
import { reflect } from '../client/reflector.ts'
import { Workqueue } from '../client/workqueue.ts'

export interface PortOptions {
  client: Client
  clock: Clock
  random: Random
  signal: AbortSignal
  onError: (message: string, error: unknown) => void
  /** Caches that controllers keep anyway: what they hold is not watched a second time. */
  informers?: InformerFactory
}

/** How long a discovery is good; a new CRD is noticed within this. */
const discoveryMs = 10_000
/** When a server that did not answer the first discovery is asked again. */
const retryMs = 1000

/** What the server serves, as kinds. */
export interface Discovery {
  current(): Promise<{ kinds: Kind[]; failed: string[] }>
}

/** Kinds of a group by that word, one per resource. @throws Error in upstream's words when there is none */
export async function kindsNamed(discovery: Discovery, group: string, kind: string): Promise<Kind[]> {
  const { kinds } = await discovery.current()
  const found = kinds.filter((one) => one.group === group && one.kind === kind)
  if (found.length === 0) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
  return found
}

/** One shared, short-lived discovery. */
export function openDiscovery({ client, clock, signal }: PortOptions): Discovery {
  let at = Number.NEGATIVE_INFINITY
  let result: Promise<{ kinds: Kind[]; failed: string[] }> | undefined
  return {
    current() {
      if (result === undefined || clock.now() - at > discoveryMs) {
        at = clock.now()
        result = discoverKinds(client, signal)
        result.catch(() => {
          result = undefined
        })
      }
      return result
    },
  }
}

/** What the namespace controller needs (controllers/namespace.ts: NamespaceContent). */
export function namespaceContent({ client, signal }: PortOptions, discovery: Discovery) {
  return {
    async kinds() {
      const { kinds, failed } = await discovery.current()
      return {
        kinds: kinds.filter((kind) => kind.scope === 'Namespaced' && kind.verbs.includes('list') && kind.verbs.includes('delete')),
        failed,
      }
    },
    async list(kind: Kind, namespace: string): Promise<readonly KubeObject[]> {
      const list = await client.list<KubeObject>(kind, { namespace, metadataOnly: true, signal }).catch(absent)
      return list?.items ?? []
    },
    async deleteAll(kind: Kind, namespace: string, objects: readonly KubeObject[]): Promise<void> {
      const options = { propagationPolicy: 'Background' as const, signal }
      if (kind.verbs.includes('deletecollection')) {
        await client.deleteCollection(kind, { namespace }, options).catch(absent)
        return
      }
      for (const { metadata } of objects) await client.delete(kind, { namespace, name: metadata?.name ?? '' }, options).catch(absent)
    },
  }
}

interface GraphSink {
  put(object: KubeObject): void
  remove(object: KubeObject): void
}

/** What the garbage collector needs (controllers/garbage-collector: ObjectGraphPort). */
export function objectGraph(options: PortOptions, discovery: Discovery) {
  const { client, clock, signal, onError } = options
  const followed = new Map<string, { kind: Kind; stop: AbortController }>()
  const recorder = createEventRecorder({ client, clock, component: 'garbage-collector-controller', eventKind: Event, signal })

  /** Follows kinds that are new, lets go those that are no longer served. */
  const sweep = async (sink: GraphSink, until: AbortSignal): Promise<void> => {
    const { kinds, failed } = await discovery.current()
    const served = new Map(kinds.filter(collectable).map((kind) => [groupKind(kind.group, kind.kind), kind]))
    for (const [key, { kind, stop }] of followed) {
      if (served.has(key) || failed.some((path) => path.startsWith(groupPath(kind.group)))) continue
      followed.delete(key)
      stop.abort()
    }
    const fresh = [...served].filter(([key]) => !followed.has(key))
    const firstLists = fresh.map(([key, kind]) => {
      const stop = new AbortController()
      followed.set(key, { kind, stop })
      return followKind(options, kind, sink, AbortSignal.any([until, stop.signal]))
    })
    await Promise.all(firstLists)
  }
  return {
    async follow(sink: GraphSink, until: AbortSignal): Promise<void> {
      for (let swept = false; !swept; ) {
        swept = await sweep(sink, until).then(
          () => true,
          (error) => {
            if (until.aborted) throw error
            onError('discovery failed', error)
            return false
          },
        )
        if (!swept) await sleep(clock, retryMs, until)
      }
      const again = async (): Promise<void> => {
        for (;;) {
          await sleep(clock, discoveryMs, until)
          await sweep(sink, until).catch((error) => onError('discovery failed', error))
        }
      }
      again().catch(() => {})
    },
    // an owner may be named in another served version
    kindOf: (apiVersion: string, kind: string) => followed.get(groupKind(splitApiVersion(apiVersion).group, kind))?.kind,
    get: (kind: Kind, namespace: string | undefined, name: string): Promise<KubeObject> =>
      client.get<KubeObject>(kind, ref(namespace, name), { signal }),
    patch: (kind: Kind, namespace: string | undefined, name: string, patch: Record<string, unknown>, type: 'merge' | 'strategic') =>
      client.patch(kind, ref(namespace, name), patch, { type, signal }),
    async delete(
      kind: Kind,
      namespace: string | undefined,
      name: string,
      preconditions: { uid: string; resourceVersion?: string },
      propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
    ) {
      await client.delete(kind, ref(namespace, name), { propagationPolicy, preconditions, signal }).catch(absent)
    },
    queue: () => new Workqueue({ clock, backoff: { initialMs: 100, maxMs: 30_000 } }),
    warn: ({ apiVersion, kind, namespace, name, uid }: WarnedObject, reason: string, message: string) =>
      recorder.record({ apiVersion, kind, metadata: { ...ref(namespace, name), uid } }, 'Warning', reason, message),
    report: onError,
  }
}

interface WarnedObject {
  apiVersion: string
  kind: string
  namespace: string | undefined
  name: string
  uid: string
}

/** Resolves once the first list is in (or the signal aborts). When the kind goes, its objects go from the sink. */
async function followKind(options: PortOptions, kind: Kind, sink: GraphSink, until: AbortSignal): Promise<void> {
  const present = new Set<string>()
  const put = (object: KubeObject) => {
    present.add(object.metadata?.uid ?? '')
    sink.put(object)
  }
  const remove = (uid: string) => {
    if (present.delete(uid)) sink.remove({ metadata: { uid } })
  }
  const ended = () => {
    if (!options.signal.aborted) for (const uid of [...present]) remove(uid)
  }
  const cache = options.informers?.started(kind)
  if (cache === undefined) return followByWatch(options, kind, { present, put, remove, ended }, until)
  return followCache(cache, { present, put, remove, ended }, until)
}

interface Following {
  /** Uids of what the sink has. */
  present: ReadonlySet<string>
  put(object: KubeObject): void
  remove(uid: string): void
  ended(): void
}

/** Of the objects only metadata is asked for and only uids are kept. */
function followByWatch(options: PortOptions, kind: Kind, { present, put, remove, ended }: Following, until: AbortSignal): Promise<void> {
  const { client, clock, random, onError } = options
  return new Promise((resolve) => {
    const replace = (objects: KubeObject[]) => {
      const uids = new Set(objects.map(({ metadata }) => metadata?.uid))
      for (const uid of [...present]) if (!uids.has(uid)) remove(uid)
      for (const object of objects) put(object)
      resolve()
    }
    const apply = (type: string, object: KubeObject) => (type === 'DELETED' ? remove(object.metadata?.uid ?? '') : put(object))
    const failed = (error: unknown) => (isGone(error) ? undefined : onError(`watch of ${kind.resource} failed`, error))
    const sinkOfKind = { replace, apply, bookmark: () => {} }
    reflect<KubeObject>({ client, kind, clock, random, signal: until, metadataOnly: true, onError: failed, sink: sinkOfKind }).then(() => {
      ended()
      resolve()
    })
  })
}

async function followCache(cache: ObjectCache, { put, remove, ended }: Following, until: AbortSignal): Promise<void> {
  const stop = cache.onChange(({ type, object }) => (type === 'deleted' ? remove(object.metadata?.uid ?? '') : put(object)))
  until.addEventListener(
    'abort',
    () => {
      stop()
      ended()
    },
    { once: true },
  )
  await cachesSynced([cache], until).catch(() => {})
}

/** The discovery path of a group, as openDiscovery names what failed. */
function groupPath(group: string): string {
  return group === '' ? '/api/' : `/apis/${group}/`
}

function groupKind(group: string, kind: string): string {
  return `${group}/${kind}`
}

/** Events come and go too often to be owners or dependents. */
function collectable(kind: Kind): boolean {
  const verbs: readonly string[] = kind.verbs
  return kind.kind !== 'Event' && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))
}

function ref(namespace: string | undefined, name: string): { name: string; namespace?: string } {
  return namespace === undefined ? { name } : { name, namespace }
}

/** Gone is what was wanted; a method that is not allowed is not there either. */
function absent(error: unknown): undefined {
  if (isNotFound(error) || (error as { code?: number }).code === 405) return undefined
  throw error
}

// The ports that controllers over all kinds are given: content of a namespace, and the graph of owners. Over the public API only.
import { isGone, isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, type Random, sleep } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { type KubeObject, splitApiVersion } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import { discoverKinds } from '../client/discovery.ts'
import { reflect } from '../client/reflector.ts'
import { Workqueue } from '../client/workqueue.ts'

export interface PortOptions {
  client: Client
  clock: Clock
  random: Random
  signal: AbortSignal
  onError: (message: string, error: unknown) => void
}

/** How long a discovery is good; a new CRD is noticed within this. */
const discoveryMs = 10_000

interface Discovery {
  current(): Promise<{ kinds: Kind[]; failed: string[] }>
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

/** What the garbage collector needs (controllers/garbage-collector: ObjectGraphPort). */
export function objectGraph(options: PortOptions, discovery: Discovery) {
  const { client, clock, random, signal, onError } = options
  const followed = new Map<string, Kind>()
  return {
    async follow(sink: { put(object: KubeObject): void; remove(object: KubeObject): void }, until: AbortSignal): Promise<void> {
      const sweep = async (): Promise<void> => {
        const { kinds } = await discovery.current()
        const fresh = kinds.filter((kind) => collectable(kind) && !followed.has(groupKind(kind.group, kind.kind)))
        await Promise.all(fresh.map((kind) => followKind(kind, sink, until)))
      }
      await sweep()
      const again = async (): Promise<void> => {
        for (;;) {
          await sleep(clock, discoveryMs, until)
          await sweep().catch((error) => onError('discovery failed', error))
        }
      }
      again().catch(() => {})
    },
    // an owner may be named in another served version
    kindOf: (apiVersion: string, kind: string) => followed.get(groupKind(splitApiVersion(apiVersion).group, kind)),
    get: (kind: Kind, namespace: string | undefined, name: string): Promise<KubeObject> =>
      client.get<KubeObject>(kind, ref(namespace, name), { signal }),
    patch: (kind: Kind, namespace: string | undefined, name: string, patch: Record<string, unknown>) =>
      client.patch(kind, ref(namespace, name), patch, { type: 'merge', signal }),
    async delete(
      kind: Kind,
      namespace: string | undefined,
      name: string,
      uid: string,
      propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
    ) {
      await client.delete(kind, ref(namespace, name), { propagationPolicy, preconditions: { uid }, signal }).catch(absent)
    },
    queue: () => new Workqueue({ clock, backoff: { initialMs: 100, maxMs: 30_000 } }),
    report: onError,
  }

  /** Resolves once the first list is in. */
  function followKind(
    kind: Kind,
    sink: { put(object: KubeObject): void; remove(object: KubeObject): void },
    until: AbortSignal,
  ): Promise<void> {
    followed.set(groupKind(kind.group, kind.kind), kind)
    const present = new Map<string, KubeObject>()
    return new Promise((resolve) => {
      const put = (object: KubeObject) => {
        present.set(object.metadata?.uid ?? '', slim(object))
        sink.put(object)
      }
      const remove = (object: KubeObject) => {
        present.delete(object.metadata?.uid ?? '')
        sink.remove(object)
      }
      void reflect<KubeObject>({
        client,
        kind,
        clock,
        random,
        signal: until,
        metadataOnly: true,
        onError: (error) => (isGone(error) ? undefined : onError(`watch of ${kind.resource} failed`, error)),
        sink: {
          replace(objects) {
            const uids = new Set(objects.map(({ metadata }) => metadata?.uid))
            for (const [uid, object] of [...present]) if (!uids.has(uid)) remove(object)
            for (const object of objects) put(object)
            resolve()
          },
          apply: (type, object) => (type === 'DELETED' ? remove(object) : put(object)),
          bookmark: () => {},
        },
      }).then(resolve)
    })
  }
}

function groupKind(group: string, kind: string): string {
  return `${group}/${kind}`
}

/** Events come and go too often to be owners or dependents. */
function collectable(kind: Kind): boolean {
  const verbs: readonly string[] = kind.verbs
  return kind.kind !== 'Event' && ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb))
}

function slim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { namespace, name, uid } = metadata ?? {}
  const identity = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
  }
  return { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }), metadata: identity }
}

function ref(namespace: string | undefined, name: string): { name: string; namespace?: string } {
  return namespace === undefined ? { name } : { name, namespace }
}

/** Gone is what was wanted; a method that is not allowed is not there either. */
function absent(error: unknown): undefined {
  if (isNotFound(error) || (error as { code?: number }).code === 405) return undefined
  throw error
}

// Deletes what has lost its owners, in the three modes: background, foreground, orphan. Follows the metadata of every kind.
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { LoopController } from '../../src/controller/define.ts'
import { Collector } from './collector.ts'
import type { Identity } from './graph.ts'

/** Keys in work: the same word twice is one. */
export interface Queue {
  add(key: string): void
  addRateLimited(key: string): void
  forget(key: string): void
  take(): Promise<string | undefined>
  done(key: string): void
  close(): void
}

/** Sees each object of the cluster come, change and go. */
export interface GraphSink {
  put(object: KubeObject): void
  remove(object: KubeObject): void
}

/** The metadata of all objects, and the writes on it. Writes reject with ApiError; that an object is gone already is no error. */
export interface ObjectGraphPort {
  /** Calls back for every kind that appears (or goes) and follows its objects until the signal aborts; resolves once all first lists are in. */
  follow(sink: GraphSink, signal: AbortSignal): Promise<void>
  kindOf(apiVersion: string, kind: string): Kind | undefined
  /** Fresh metadata, past any cache. */
  get(kind: Kind, namespace: string | undefined, name: string): Promise<KubeObject>
  patch(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    patch: Record<string, unknown>,
    type: 'merge' | 'strategic',
  ): Promise<unknown>
  delete(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    preconditions: { uid: string; resourceVersion?: string },
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void>
  queue(): Queue
  /** Records a Warning event about an object. */
  warn(object: Identity, reason: string, message: string): void
  report(message: string, error: unknown): void
}

const workers = 20

export const garbageCollector: LoopController = {
  name: 'garbage-collector',
  needs: ['objectGraph'],
  async run(ports, { signal }) {
    const port = ports['objectGraph'] as ObjectGraphPort
    const collector = new Collector(port)
    const close = () => collector.close()
    signal.addEventListener('abort', close, { once: true })
    await port.follow(collector, signal).catch((error) => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return close()
    await Promise.all(Array.from({ length: workers }, () => collector.work()))
  },
}

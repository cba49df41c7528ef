// The read path: one cache over storage's watch for all kinds. Holds bytes; objects are decoded when first looked at.
import type { Logger } from 'pino'
import { qualifiedResource } from '../apimachinery/api-error.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Storage, StorageBatch, Entry as StoredEntry } from '../storage/storage.ts'
import { CompactedError } from '../storage/storage.ts'
import type { Reader } from './admission/plugin.ts'
import { Bucket } from './bucket.ts'
import type { Entry } from './codec.ts'
import { makeEntry, objectOf } from './codec.ts'
import type { HistoryLimits } from './history.ts'
import { bucketOfKey, listPrefix, objectStorageKey, registryPrefix } from './keys.ts'

export interface WatchCacheOptions {
  storage: Storage
  clock: Clock
  log: Logger
  /** Ends the cache. */
  signal: AbortSignal
  history?: HistoryLimits
}

const defaultHistory: HistoryLimits = { maxEvents: 10_000, maxBytes: 64 * 1024 * 1024 }
/** All kinds together: a writer of many kinds must not fill the memory. */
const allHistoriesBytes = 256 * 1024 * 1024
const retryMs = 200

interface Waiter {
  revision: number
  resolve: () => void
}

export class WatchCache implements Reader {
  /** Newest revision taken in: reads reflect everything up to it. */
  revision = 0
  readonly #options: WatchCacheOptions
  readonly #limits: HistoryLimits
  readonly #buckets = new Map<string, Bucket>()
  #waiters: Waiter[] = []

  constructor(options: WatchCacheOptions) {
    this.#options = options
    this.#limits = options.history ?? { ...defaultHistory, shared: { bytes: 0, maxBytes: allHistoriesBytes } }
  }

  /** Loads the present state, then follows storage until the signal aborts. Resolves when loaded. */
  async start(): Promise<void> {
    const { entries, revision } = await this.#options.storage.list(registryPrefix)
    this.revision = revision
    for (const [name, group] of Map.groupBy(entries, (entry) => bucketOfKey(entry.key))) {
      this.#bucketNamed(name).load(group.map(entryOf))
    }
    void this.#follow()
  }

  bucket(kind: Kind): Bucket {
    return this.#bucketNamed(qualifiedResource(kind))
  }

  get<T extends KubeObject>(kind: Kind<T>, namespace: string | undefined, name: string): T | undefined {
    const entry = this.entry(kind as unknown as Kind, namespace, name)
    return entry === undefined ? undefined : objectOf(kind, entry)
  }

  /** After a change of kinds: their selectable fields may have changed. */
  forgetIndexes(): void {
    for (const bucket of this.#buckets.values()) bucket.dropIndexes()
  }

  /** The entry of an object. Throws 400 for illegal names. */
  entry(kind: Kind, namespace: string | undefined, name: string): Entry | undefined {
    return this.bucket(kind).entries.get(objectStorageKey(kind, namespace, name))
  }

  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[] {
    const plain = kind as unknown as Kind
    return this.bucket(plain)
      .list(listPrefix(plain, namespace))
      .map((entry) => objectOf(kind, entry))
  }

  /** Resolves once the cache holds everything committed before the call. */
  async refresh(): Promise<void> {
    await this.reached(await this.#options.storage.currentRevision())
  }

  /** Resolves to true once the cache has taken in `revision`, to false after `timeoutMs`. */
  reached(revision: number, timeoutMs = 30_000): Promise<boolean> {
    if (this.revision >= revision) return Promise.resolve(true)
    return new Promise((resolve) => {
      const done = (ok: boolean) => {
        timer.cancel()
        resolve(ok)
      }
      const waiter = { revision, resolve: () => done(true) }
      this.#waiters.push(waiter)
      const timer = this.#options.clock.after(timeoutMs, () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        done(false)
      })
    })
  }

  #bucketNamed(name: string): Bucket {
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      bucket = new Bucket(this.revision, this.#limits)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }

  async #follow(): Promise<void> {
    const { storage, signal, log, clock } = this.#options
    while (!signal.aborted) {
      try {
        for await (const batch of storage.watch({ prefix: registryPrefix, afterRevision: this.revision, signal })) this.#take(batch)
      } catch (error) {
        if (signal.aborted) return
        log.warn({ err: error }, 'The watch on storage broke; resuming')
        if (error instanceof CompactedError) await this.#reload().catch((err) => log.error({ err }, 'Cannot read storage'))
      }
      if (!signal.aborted) await new Promise<void>((resolve) => clock.after(retryMs, resolve))
    }
  }

  #take(batch: StorageBatch): void {
    const touched = new Set<Bucket>()
    for (const event of batch) {
      const bucket = this.#bucketNamed(bucketOfKey(event.key))
      if (event.type === 'put') bucket.put(event.key, event.value!, event.revision)
      else bucket.delete(event.key, event.revision)
      touched.add(bucket)
      this.revision = event.revision
    }
    this.#announce(touched)
  }

  /** After a gap that storage no longer knows: the difference to the present state becomes events. */
  async #reload(): Promise<void> {
    const { entries, revision } = await this.#options.storage.list(registryPrefix)
    const present = new Set(entries.map((entry) => entry.key))
    const changed = entries.filter((entry) => entry.modRevision > this.revision).sort((a, b) => a.modRevision - b.modRevision)
    for (const entry of changed) this.#bucketNamed(bucketOfKey(entry.key)).put(entry.key, entry.value, entry.modRevision)
    for (const bucket of this.#buckets.values()) {
      for (const key of bucket.entries.keys()) if (!present.has(key)) bucket.delete(key, revision)
    }
    this.revision = revision
    this.#announce(this.#buckets.values())
  }

  #announce(touched: Iterable<Bucket>): void {
    for (const bucket of touched) for (const wake of bucket.watchers) wake()
    if (this.#waiters.length === 0) return
    const reached = this.#waiters.filter((waiter) => waiter.revision <= this.revision)
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > this.revision)
    for (const waiter of reached) waiter.resolve()
  }
}

function entryOf(stored: StoredEntry): Entry {
  return makeEntry(stored.key, stored.value, stored.modRevision)
}

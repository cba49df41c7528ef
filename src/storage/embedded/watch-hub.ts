// Watches: each is a cursor over the shared history, with a short queue of its own while it keeps up. A watcher that falls
// behind costs nothing (it reads history again), until compaction passes its cursor: then it is cut off. Pure.
import { CompactedError, SlowConsumerError, type StorageBatch, type StorageEvent, type WatchOptions } from '../storage.ts'
import type { Mvcc } from './mvcc.ts'

/** Most events in one delivered batch, and looked at per turn while catching up. */
const batchEvents = 1000

/** How much may wait for one watcher before it goes back to reading history. */
export interface WatchLimits {
  queueEvents: number
  queueBytes: number
}

/** Delivers changes to watchers. */
export class WatchHub {
  readonly #history: Mvcc
  readonly #limits: WatchLimits
  readonly #watchers = new Set<Watcher>()
  /** Live watchers by prefix, and the lengths of these prefixes: finding the watchers of a key is one look-up per length. */
  readonly #live = new Map<string, Set<Watcher>>()
  #lengths: number[] = []
  #error: Error | undefined

  constructor(history: Mvcc, limits: WatchLimits) {
    this.#history = history
    this.#limits = limits
  }

  /** See `Storage.watch`. */
  async *watch({ prefix, afterRevision, signal }: WatchOptions): AsyncGenerator<StorageBatch> {
    if (this.#error) throw this.#error
    if (signal.aborted) return
    if (afterRevision < this.#history.compactRevision) throw new CompactedError(this.#history.compactRevision)
    const watcher: Watcher = { prefix, position: afterRevision, live: false, queue: [], queueBytes: 0, wake: undefined }
    const stop = () => this.#remove(watcher)
    signal.addEventListener('abort', stop, { once: true })
    this.#watchers.add(watcher)
    try {
      while (!signal.aborted) {
        if (this.#error) throw this.#error
        const batch = watcher.live ? takeQueue(watcher) : this.#catchUp(watcher)
        if (batch.length > 0) yield batch
        else if (watcher.live) await new Promise<void>((resolve) => (watcher.wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
      this.#remove(watcher)
    }
  }

  /** Hands out changes which have just become visible, in revision order. */
  publish(events: readonly StorageEvent[]): void {
    if (this.#live.size === 0) return
    for (const event of events) {
      for (const length of this.#lengths) {
        if (length > event.key.length) break
        const watchers = this.#live.get(event.key.slice(0, length))
        if (watchers) for (const watcher of watchers) this.#offer(watcher, event)
      }
    }
  }

  /** Ends every watch with this error, also future ones. */
  fail(error: Error): void {
    this.#error ??= error
    for (const watcher of this.#watchers) this.#remove(watcher)
  }

  #offer(watcher: Watcher, event: StorageEvent): void {
    if (event.revision <= watcher.position) return
    const { queueEvents, queueBytes } = this.#limits
    watcher.queueBytes += event.value?.byteLength ?? 0
    if (watcher.queue.length >= queueEvents || watcher.queueBytes > queueBytes) {
      if (watcher.queue.length > 0) watcher.position = watcher.queue[0]!.revision - 1
      this.#setLive(watcher, false)
    } else watcher.queue.push(event)
    wake(watcher)
  }

  /** The next changes from history; makes the watcher live once it has seen everything. Nothing can come in between: no await. */
  #catchUp(watcher: Watcher): StorageEvent[] {
    const { compactRevision, revision } = this.#history
    if (watcher.position >= revision) {
      this.#setLive(watcher, true)
      return []
    }
    if (watcher.position < compactRevision) {
      throw new SlowConsumerError(`watch of ${JSON.stringify(watcher.prefix)} fell behind revision ${compactRevision}`)
    }
    const events = this.#history.eventsAfter(watcher.position, batchEvents)
    watcher.position = events.at(-1)!.revision
    return events.filter((event) => event.key.startsWith(watcher.prefix))
  }

  #setLive(watcher: Watcher, live: boolean): void {
    watcher.live = live
    watcher.queue = []
    watcher.queueBytes = 0
    const peers = this.#live.get(watcher.prefix)
    if (live) {
      if (peers) peers.add(watcher)
      else this.#live.set(watcher.prefix, new Set([watcher]))
    } else if (peers?.delete(watcher) && peers.size === 0) this.#live.delete(watcher.prefix)
    if (!peers || peers.size === 0) {
      this.#lengths = [...new Set(this.#live.keys().map((prefix) => prefix.length))].sort((a, b) => a - b)
    }
  }

  #remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return
    if (watcher.live) this.#setLive(watcher, false)
    wake(watcher)
  }
}

interface Watcher {
  prefix: string
  /** Everything up to this revision was delivered, or is not wanted. */
  position: number
  /** Fed by `publish`; otherwise it reads history. */
  live: boolean
  queue: StorageEvent[]
  queueBytes: number
  wake: (() => void) | undefined
}

function takeQueue(watcher: Watcher): StorageEvent[] {
  const batch = watcher.queue
  if (batch.length > 0) {
    watcher.position = batch.at(-1)!.revision
    watcher.queue = []
    watcher.queueBytes = 0
  }
  return batch
}

function wake(watcher: Watcher): void {
  watcher.wake?.()
  watcher.wake = undefined
}

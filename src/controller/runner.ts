// The engine of every controller: caches, key mapping, queue, read-your-writes, plan execution, retries, logs.
import type { Logger } from 'pino'
import { ApiError, isAlreadyExists, isConflict, isNotFound } from '../apimachinery/api-error.ts'
import type { Clock, Random, Timer } from '../apimachinery/clock.ts'
import type { Kind } from '../apimachinery/kind.ts'
import { type KubeObject, objectKey, splitKey } from '../apimachinery/meta.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import { cachesSynced, type InformerFactory, type InformerHandler, type ObjectCache } from '../client/informer.ts'
import type { QueueMetrics } from '../client/queue-metrics.ts'
import { Workqueue } from '../client/workqueue.ts'
import type { Controller, ReconcileContext } from './define.ts'
import { executePlan } from './execute.ts'
import { newestRevision } from './newest-revision.ts'
import { controllerOf } from './owners.ts'
import { PendingWrites } from './pending-writes.ts'

export interface RunnerOptions {
  client: Client
  informers: InformerFactory
  recorder: EventRecorder
  clock: Clock
  random: Random
  log: Logger
  signal: AbortSignal
  /** Values of the controller's `options`, over its defaults. */
  options?: Record<string, unknown>
  /** Keys worked on at once, instead of the controller's own number. */
  workers?: number
  /** The ports the controller `needs`. */
  ports?: Record<string, unknown>
  /** Where the queue's metrics are kept. */
  queues?: QueueMetrics | undefined
  /** Told after each reconcile, for metrics. */
  observe?: (controller: string, seconds: number, outcome: 'done' | 'retry' | 'error') => void
}

/** Runs one controller until the signal aborts; rejects only when a needed port is missing. */
export async function runController(controller: Controller, options: RunnerOptions): Promise<void> {
  for (const port of controller.needs ?? []) {
    if (options.ports?.[port] === undefined) throw new Error(`controller ${controller.name} needs ${port}`)
  }
  const run = new ControllerRun(controller, options)
  await run.start()
}

class ControllerRun {
  readonly #controller: Controller
  readonly #o: RunnerOptions
  readonly #queue: Workqueue
  readonly #cache: ObjectCache
  readonly #reads: Record<string, ObjectCache> = {}
  readonly #caches = new Map<string, ObjectCache>()
  readonly #pending: PendingWrites
  /** Keys that wait for a cache to catch up. */
  readonly #resting = new Map<string, Timer>()
  readonly #settings: Record<string, unknown>
  readonly #memory = new Map<string, unknown>()
  /** Ends the subscriptions to caches, which may outlive this run. */
  readonly #unsubscribe: (() => void)[] = []

  constructor(controller: Controller, options: RunnerOptions) {
    this.#controller = controller
    this.#o = options
    this.#queue = new Workqueue({ clock: options.clock, observer: options.queues?.of(controller.name) })
    this.#settings = { ...controller.options, ...options.options }
    this.#cache = this.#open(controller.for)
    for (const [name, kind] of Object.entries(controller.reads)) this.#reads[name] = this.#open(kind as Kind)
    for (const kind of controller.owns ?? []) this.#open(kind)
    for (const watch of controller.watches ?? []) this.#open(watch.kind)
    for (const [name, index] of Object.entries(controller.indexes ?? {})) this.#open(index.kind).addIndex(name, index.values)
    this.#pending = new PendingWrites(this.#caches)
  }

  #open(kind: Kind): ObjectCache {
    const id = `${kind.apiVersion}/${kind.kind}`
    let cache = this.#caches.get(id)
    if (cache === undefined) this.#caches.set(id, (cache = this.#o.informers.cache(kind)))
    return cache
  }

  async start(): Promise<void> {
    const { signal } = this.#o
    const close = () => this.#queue.close()
    this.#subscribe()
    signal.addEventListener('abort', close, { once: true })
    await cachesSynced(this.#caches.values(), signal).catch(() => {})
    if (signal.aborted) close()
    const resync = this.#resync()
    await Promise.all(Array.from({ length: this.#o.workers ?? this.#controller.workers ?? 5 }, () => this.#work()))
    resync?.cancel()
    for (const timer of this.#resting.values()) timer.cancel()
    for (const stop of this.#unsubscribe) stop()
    signal.removeEventListener('abort', close)
  }

  #subscribe(): void {
    const { owns = [], watches = [] } = this.#controller
    const { wakes } = this.#controller
    this.#follow(this.#cache, ({ type, object, previous }) => {
      if (type !== 'updated' || previous === undefined || (wakes?.(object, previous) ?? true)) this.#queue.add(objectKey(object))
    })
    for (const kind of owns) {
      this.#follow(this.#open(kind), ({ object, previous }) => {
        this.#wakeOwner(object)
        if (previous !== undefined && controllerOf(previous)?.uid !== controllerOf(object)?.uid) this.#wakeOwner(previous)
      })
    }
    for (const { kind, map, on } of watches) {
      this.#follow(this.#open(kind), ({ type, object, previous }) => {
        if (on?.includes(type) === false) return
        const keys = map(object, this.#reads as never, type === 'updated' ? previous : undefined)
        // the last state of a deleted object may differ from the one known before
        if (type === 'deleted' && previous !== object) keys.push(...map(previous, this.#reads as never, undefined))
        for (const key of keys) this.#queue.add(key)
      })
    }
    for (const cache of this.#caches.values()) this.#unsubscribe.push(cache.onRevision(() => this.#wakeRested()))
  }

  /** A mapping that throws is a bug of one controller: it must not break the cache that others share. */
  #follow(cache: ObjectCache, handler: InformerHandler<KubeObject>): void {
    const guarded: InformerHandler<KubeObject> = (change) => {
      try {
        handler(change)
      } catch (err) {
        this.#o.log.error({ controller: this.#controller.name, object: objectKey(change.object), err }, 'change could not be mapped')
      }
    }
    this.#unsubscribe.push(cache.onChange(guarded))
  }

  #wakeOwner(object: KubeObject): void {
    const owner = controllerOf(object)
    const { kind, group } = this.#controller.for
    if (owner === undefined || owner.kind !== kind || !owner.apiVersion.startsWith(group === '' ? 'v' : `${group}/`)) return
    this.#queue.add(object.metadata?.namespace === undefined ? owner.name : `${object.metadata.namespace}/${owner.name}`)
  }

  #resync(): Timer | undefined {
    const every = this.#controller.resyncMs
    if (every === undefined) return undefined
    let timer: Timer
    const tick = () => {
      for (const object of this.#cache.list()) this.#queue.add(objectKey(object))
      timer = this.#o.clock.after(every, tick)
    }
    timer = this.#o.clock.after(every, tick)
    return { cancel: () => timer.cancel() }
  }

  #rest(key: string): void {
    const delayMs = Math.max(1, this.#pending.giveUpAt(key) - this.#o.clock.now())
    this.#resting.get(key)?.cancel()
    this.#resting.set(
      key,
      this.#o.clock.after(delayMs, () => {
        this.#resting.delete(key)
        this.#queue.add(key)
      }),
    )
  }

  /** A create got no answer: the key rests until the cache has seen what the server has. */
  async #makeSure(key: string, kind: Kind, namespace: string | undefined): Promise<void> {
    const { client, clock, signal } = this.#o
    const known = this.#pending.unsure(key, kind, clock.now())
    const newest = await newestRevision({ client, clock, signal }, kind, namespace)
    if (newest === undefined) return
    known(newest)
    this.#wakeRested()
  }

  #wakeRested(): void {
    const now = this.#o.clock.now()
    for (const [key, timer] of this.#resting) {
      if (!this.#pending.settled(key, now)) continue
      timer.cancel()
      this.#resting.delete(key)
      this.#queue.add(key)
    }
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      if (this.#pending.settled(key, this.#o.clock.now())) await this.#reconcile(key)
      else this.#rest(key)
      this.#queue.done(key)
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, random, log, client, recorder, signal } = this.#o
    const started = clock.now()
    const context = {
      now: started,
      random,
      key,
      memory: this.#memory,
      options: this.#settings,
      ports: this.#o.ports ?? {},
    } satisfies ReconcileContext & Record<string, unknown>
    try {
      const { name, namespace } = splitKey(key)
      const object = this.#cache.get(name, namespace)
      const plan =
        object === undefined
          ? await this.#controller.absent?.(key, this.#reads as never, context)
          : await this.#controller.reconcile(object as never, this.#reads as never, context)
      if (plan !== undefined) {
        await executePlan(plan, client, {
          fieldManager: 'kube-controller-manager',
          signal,
          wrote: (kind, answer) => this.#pending.wrote(key, kind, answer, clock.now()),
          deleted: (kind, ns, n, uid) => this.#pending.deleted(key, kind, ns, n, uid, clock.now()),
          unsure: (kind, ns) => void this.#makeSure(key, kind, ns),
          record: (event) => {
            const regarding = event.regarding ?? object
            if (regarding !== undefined) recorder.record(typed(regarding, this.#controller.for), event.type, event.reason, event.message)
          },
        })
        if (plan.requeueAfterMs !== undefined) this.#queue.addAfter(key, plan.requeueAfterMs)
      }
      this.#queue.forget(key)
      this.#o.observe?.(this.#controller.name, (clock.now() - started) / 1000, 'done')
    } catch (error) {
      if (signal.aborted) return
      const expected = isConflict(error) || isAlreadyExists(error) || isNotFound(error)
      const fields = { controller: this.#controller.name, key, err: error instanceof ApiError ? error.message : error }
      if (expected) log.debug(fields, 'reconcile will be retried')
      else log.error(fields, 'reconcile failed')
      this.#o.observe?.(this.#controller.name, (clock.now() - started) / 1000, expected ? 'retry' : 'error')
      const afterSeconds = error instanceof ApiError ? error.details?.retryAfterSeconds : undefined
      const fixedMs = isConflict(error) ? undefined : this.#controller.retryAfterMs?.(this.#settings)
      if (afterSeconds !== undefined) this.#queue.addAfter(key, afterSeconds * 1000)
      else if (fixedMs !== undefined) this.#queue.addAfter(key, fixedMs)
      else this.#queue.addRateLimited(key)
    }
  }
}

function typed(object: KubeObject, kind: Kind): KubeObject {
  return object.kind === undefined ? { ...object, apiVersion: kind.apiVersion, kind: kind.kind } : object
}

// One pod on its node: its worker, the newest object the API is known to have, and the writes of status and of the final delete.
import type { Pod } from '../../openapi/types/core/v1.ts'
import { Pod as PodKind } from '../api/core/pod/index.ts'
import { isConflict, isNotFound } from '../apimachinery/api-error.ts'
import type { Timer } from '../apimachinery/clock.ts'
import { backoffDelay } from '../client/backoff.ts'
import type { Client } from '../client/client.ts'
import { compareRevisions } from '../client/revision.ts'
import { podStatus, statusPatch } from './pod-status.ts'
import { PodWorker, type PodWorkerOptions } from './pod-worker.ts'
import type { WriteSlots } from './write-slots.ts'

export interface PodHostOptions extends Omit<PodWorkerOptions, 'onStatus'> {
  client: Client
  slots: WriteSlots
  /** The pod is gone from the API and from the runtime. */
  onGone: () => void
  onError: (error: unknown) => void
}

/** Changes that come within this time of one another while a pod starts are one write. */
const batchMs = 50
const retry = { initialMs: 200, maxMs: 30_000 }

export class PodHost {
  readonly worker: PodWorker
  readonly #o: PodHostOptions
  readonly #uid: string
  #api: Pod
  #removed = false
  #deleting = false
  #writing = false
  #dirty = false
  #timer: { at: number; timer: Timer } | undefined
  #failures = 0
  #closed = false

  constructor(pod: Pod, options: PodHostOptions) {
    this.#o = options
    this.#api = pod
    this.#uid = pod.metadata?.uid ?? ''
    this.worker = new PodWorker(pod, { ...options, onStatus: (urgent) => this.#changed(urgent ? 0 : batchMs) })
    this.worker.wake()
  }

  /** The pod with the status that the API is known to have. */
  get reported(): Pod {
    return { ...this.worker.pod, status: this.#api.status ?? {} }
  }

  /** A newer object from the informer. */
  update(pod: Pod): void {
    this.#learn(pod)
    this.worker.update(pod)
  }

  /** The object is gone from the API: what still runs is killed, nothing is reported. */
  remove(): void {
    this.#removed = true
    const { pod } = this.worker
    const deletionTimestamp = pod.metadata?.deletionTimestamp ?? new Date(this.#o.clock.now()).toISOString()
    this.worker.update({ ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 } })
  }

  close(): void {
    this.#closed = true
    this.#timer?.timer.cancel()
    this.worker.close()
  }

  #learn(pod: Pod): void {
    if (compareRevisions(pod.metadata?.resourceVersion ?? '', this.#api.metadata?.resourceVersion ?? '') > 0) this.#api = pod
  }

  #changed(delayMs: number): void {
    if (this.#closed) return
    if (this.#removed) {
      if (this.worker.finished) this.#o.onGone()
      return
    }
    this.#dirty = true
    if (this.#writing) return
    const at = this.#o.clock.now() + delayMs
    if (this.#timer !== undefined && this.#timer.at <= at) return
    this.#timer?.timer.cancel()
    if (delayMs === 0) {
      this.#timer = undefined
      void this.#write()
    } else this.#timer = { at, timer: this.#o.clock.after(delayMs, () => void this.#write()) }
  }

  async #write(): Promise<void> {
    this.#timer?.timer.cancel()
    this.#timer = undefined
    this.#writing = true
    this.#dirty = false
    const release = await this.#o.slots.take()
    try {
      if (!this.#closed && !this.#removed) await this.#report()
      this.#failures = 0
    } catch (error) {
      // gone, or another one of the same name: the informer will tell
      if (!isNotFound(error) && !this.#closed) {
        if (!isConflict(error)) this.#o.onError(error)
        this.#later()
      }
    } finally {
      release()
      this.#writing = false
    }
    if (this.#dirty) this.#changed(0)
  }

  #later(): void {
    this.#o.clock.after(backoffDelay(retry, Math.min(this.#failures++, 10)), () => this.#changed(0))
  }

  async #report(): Promise<void> {
    const { client, clock } = this.#o
    const { pod, finished } = this.worker
    const ref = { name: pod.metadata?.name ?? '', namespace: pod.metadata?.namespace ?? '' }
    const before = this.#api.status ?? {}
    const after = podStatus({ ...pod, status: before }, before, this.worker.facts(), clock.now())
    const patch = statusPatch(this.#uid, before, after)
    if (patch !== undefined) this.#learn(await client.patch(PodKind, ref, patch, { type: 'strategic', subresource: 'status' }))
    if (!finished || this.#deleting || pod.metadata?.deletionTimestamp === undefined) return
    this.#deleting = true
    try {
      await client.delete(PodKind, ref, { gracePeriodSeconds: 0, preconditions: { uid: this.#uid } })
    } finally {
      this.#deleting = false
    }
  }
}

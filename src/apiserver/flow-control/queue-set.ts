// The queues and seats of one priority level: fair queuing by virtual time, so that every flow gets its turn whatever the others ask for.
// Algorithm: k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing/queueset. Times are in milliseconds, progress in seat-milliseconds.
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import type { Demand } from './borrowing.ts'
import type { Queuing } from './configuration.ts'
import { DemandMeter } from './demand-meter.ts'
import type { Work } from './seats.ts'

/** Why a request was not served; the label of a metric. */
export type Rejection = 'concurrency-limit' | 'queue-full' | 'time-out'

/** A request that has its seats: give it back to `finish`. */
export interface Ticket {
  readonly work: Work
  readonly startedAt: number
  readonly queue: Queue | undefined
}

interface Waiting {
  work: Work
  arrival: number
  queue: Queue
  decide: (result: Ticket | Rejection) => void
}

interface Queue {
  waiting: Waiting[]
  waitingWork: number
  executing: number
  seatsInUse: number
  nextDispatch: number
}

/** What a request is expected to take before anything is known of it. */
const estimatedServiceMs = 3

export interface QueueSetSettings {
  exempt: boolean
  queuing: Queuing | undefined
  limit: number
}

export class QueueSet {
  #settings: QueueSetSettings
  readonly #clock: Clock
  readonly #queues: Queue[] = []
  readonly #demand: DemandMeter
  #progress = 0
  #syncedAt: number
  #robin = 0
  #enqueues = 0
  executing = 0
  waiting = 0
  seatsInUse = 0
  #seatsWaiting = 0
  #activeQueues = 0

  constructor(settings: QueueSetSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#syncedAt = clock.now()
    this.#demand = new DemandMeter(this.#syncedAt)
    this.configure(settings)
  }

  get limit(): number {
    return this.#settings.limit
  }

  get idle(): boolean {
    return this.executing === 0 && this.waiting === 0
  }

  /** New queues or a new limit; queues beyond the wanted number drain away. */
  configure(settings: QueueSetSettings): void {
    this.#sync()
    this.#settings = settings
    const wanted = settings.queuing?.queues ?? 0
    while (this.#queues.length < wanted) this.#queues.push({ waiting: [], waitingWork: 0, executing: 0, seatsInUse: 0, nextDispatch: 0 })
    this.#dropSurplus()
    this.#dispatchAll()
  }

  /** Demand since the last call. */
  takeDemand(): Demand {
    return this.#demand.reset(this.#clock.now())
  }

  /** Seats now, a refusal now, or a decision within `patienceMs`. `hand`: the queues of the request's flow. */
  start(work: Work, hand: readonly number[], patienceMs: number, signal: AbortSignal): Ticket | Rejection | Promise<Ticket | Rejection> {
    this.#sync()
    const { queuing, limit } = this.#settings
    if (queuing === undefined) return this.#fits(widthOf(work)) ? this.#take(work, undefined) : 'concurrency-limit'
    const queue = this.#shortest(hand)
    if (this.seatsInUse >= limit && queue.waiting.length >= queuing.queueLengthLimit) return 'queue-full'
    let result: Ticket | Rejection | undefined
    let settle: ((result: Ticket | Rejection) => void) | undefined
    const request: Waiting = {
      work,
      arrival: this.#progress,
      queue,
      decide: (decision) => {
        result = decision
        settle?.(decision)
      },
    }
    this.#enqueue(request)
    this.#dispatchAll()
    if (result !== undefined) return result
    return new Promise((resolve) => {
      const end = this.#patience(request, patienceMs, signal)
      settle = (decision) => {
        end()
        resolve(decision)
      }
    })
  }

  /** The request has been answered: its seats are free, or linger. */
  finish(ticket: Ticket): void {
    this.#sync()
    const { queue, work, startedAt } = ticket
    this.executing--
    if (queue !== undefined) {
      queue.executing--
      queue.nextDispatch -= work.seats * (estimatedServiceMs - (this.#clock.now() - startedAt))
      bound(queue)
    }
    const release = () => {
      this.#sync()
      this.seatsInUse -= widthOf(work)
      if (queue !== undefined) queue.seatsInUse -= widthOf(work)
      this.#note()
      this.#dispatchAll()
      this.#dropSurplus()
    }
    this.#countActive(queue)
    if (work.lingerMs > 0 && work.finalSeats > 0) this.#clock.after(work.lingerMs, release)
    else release()
  }

  #patience(request: Waiting, patienceMs: number, signal: AbortSignal): () => void {
    const give = () => {
      const { queue } = request
      const at = queue.waiting.indexOf(request)
      if (at < 0) return
      this.#sync()
      queue.waiting.splice(at, 1)
      this.#left(request)
      bound(queue)
      request.decide('time-out')
    }
    const timer: Timer = this.#clock.after(Math.max(0, patienceMs), give)
    signal.addEventListener('abort', give, { once: true })
    return () => {
      timer.cancel()
      signal.removeEventListener('abort', give)
    }
  }

  /** Progress moves on as fast as the busy queues are served. */
  #sync(): void {
    const now = this.#clock.now()
    if (this.#activeQueues > 0) {
      const rate = Math.min(this.seatsInUse + this.#seatsWaiting, this.#settings.limit) / this.#activeQueues
      this.#progress += rate * Math.max(0, now - this.#syncedAt)
    }
    this.#syncedAt = now
  }

  #shortest(hand: readonly number[]): Queue {
    const offset = this.#enqueues++ % hand.length
    let best = this.#queues[hand[offset]!]!
    for (let i = 1; i < hand.length; i++) {
      const queue = this.#queues[hand[(offset + i) % hand.length]!]!
      if (queue.waitingWork < best.waitingWork) best = queue
    }
    return best
  }

  #enqueue(request: Waiting): void {
    const { queue } = request
    if (queue.waiting.length === 0 && queue.executing === 0) {
      queue.nextDispatch = this.#progress
      this.#activeQueues++
    }
    queue.waiting.push(request)
    queue.waitingWork += totalWork(request.work)
    this.waiting++
    this.#seatsWaiting += widthOf(request.work)
    this.#note()
    bound(queue)
  }

  #left({ queue, work }: Waiting): void {
    queue.waitingWork -= totalWork(work)
    this.waiting--
    this.#seatsWaiting -= widthOf(work)
    this.#countActive(queue)
    this.#note()
  }

  #countActive(queue: Queue | undefined): void {
    if (queue !== undefined && queue.waiting.length === 0 && queue.executing === 0) this.#activeQueues--
  }

  #dispatchAll(): void {
    while (this.waiting > 0 && this.seatsInUse < this.#settings.limit) {
      const queue = this.#nextQueue()
      const request = queue.waiting[0]!
      if (!this.#fits(widthOf(request.work))) return
      queue.waiting.shift()
      queue.executing++
      this.#left(request)
      queue.nextDispatch += totalWork(request.work)
      bound(queue)
      request.decide(this.#take(request.work, queue))
    }
  }

  /** The queue whose oldest request would finish first in virtual time; equals take turns. */
  #nextQueue(): Queue {
    const count = this.#queues.length
    let best: Queue | undefined
    let bestAt = 0
    let bestFinish = Number.POSITIVE_INFINITY
    for (let i = 1; i <= count; i++) {
      const at = (this.#robin + i) % count
      const queue = this.#queues[at]!
      const oldest = queue.waiting[0]
      if (oldest === undefined) continue
      const finish = queue.nextDispatch + totalWork(oldest.work)
      if (finish >= bestFinish) continue
      bestFinish = finish
      best = queue
      bestAt = at
    }
    this.#robin = bestAt
    return best!
  }

  #take(work: Work, queue: Queue | undefined): Ticket {
    this.executing++
    this.seatsInUse += widthOf(work)
    if (queue !== undefined) queue.seatsInUse += widthOf(work)
    this.#note()
    return { work, startedAt: this.#clock.now(), queue }
  }

  #fits(seats: number): boolean {
    const { exempt, limit } = this.#settings
    if (exempt) return true
    return seats > limit ? this.executing === 0 : this.seatsInUse + seats <= limit
  }

  #note(): void {
    this.#demand.set(this.seatsInUse + this.#seatsWaiting, this.#syncedAt)
  }

  #dropSurplus(): void {
    const wanted = this.#settings.queuing?.queues ?? 0
    while (this.#queues.length > wanted) {
      const last = this.#queues.at(-1)!
      if (last.waiting.length > 0 || last.executing > 0) return
      this.#queues.pop()
    }
  }
}

/** Seats that are held for the whole life of a request. */
function widthOf({ seats, finalSeats }: Work): number {
  return Math.max(seats, finalSeats)
}

function totalWork({ seats, finalSeats, lingerMs }: Work): number {
  return seats * estimatedServiceMs + finalSeats * lingerMs
}

/** A queue that could not use its turns does not save them up. */
function bound(queue: Queue): void {
  const oldest = queue.waiting[0]
  if (oldest !== undefined && queue.nextDispatch < oldest.arrival) queue.nextDispatch = oldest.arrival
}

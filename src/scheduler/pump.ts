// The scheduling loop: takes pods from the queue one after the other, decides, assumes, hands over to the binder.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import type { Clock, Random } from '../apimachinery/clock.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Binder } from './binder.ts'
import type { ClusterCache } from './cache.ts'
import { askPostFilters, type Outcome, type Profile, schedule } from './cycle.ts'
import { fitErrorMessage, truncatedNote } from './fit-error.ts'
import type { BindStep, Rejection, Reservation } from './framework.ts'
import type { PodInfo } from './pod-info.ts'
import type { QueuedPod, SchedulingQueue } from './queue.ts'
import type { PodWord, StatusWriter } from './status-writer.ts'

export interface PumpOptions {
  cache: ClusterCache
  queue: SchedulingQueue
  binder: Binder
  status: StatusWriter
  recorder: EventRecorder
  profileOf: (pod: PodInfo) => Profile | undefined
  /** The pod as the server has it now. */
  current: (pod: PodInfo) => PodObject | undefined
  /** Carries out what a reservation needs before the pod can be bound. */
  bindVolumes: (steps: readonly BindStep[], node: string) => Promise<void>
  /** Evicts victims to make room. */
  preempt: (pod: PodInfo, node: string, victims: readonly PodInfo[]) => void
  clock: Clock
  random: Random
  signal: AbortSignal
  onError: (message: string, error: unknown, pod: PodInfo) => void
}

/** Longest time without letting other work of the process run. */
const turnMs = 8

/** Returns the function that starts the loop when it is not running. */
export function createPump(options: PumpOptions): () => void {
  const { queue, binder, clock, signal } = options
  let scheduled = false
  let start = 0

  const run = (): void => {
    scheduled = false
    const began = clock.now()
    while (!signal.aborted && binder.hasSpace()) {
      const item = queue.pop()
      if (item === undefined) return
      try {
        start = scheduleOne(options, item, start)
      } catch (error) {
        options.onError('scheduling failed', error, item.pod)
        queue.failed(item)
      }
      if (clock.now() - began < turnMs) continue
      scheduled = true
      clock.after(0, run)
      return
    }
  }
  return () => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(run)
  }
}

/** One pod; returns where the next one begins to look for nodes. */
function scheduleOne(options: PumpOptions, item: QueuedPod, start: number): number {
  const { cache, queue, recorder, random } = options
  const { pod } = item
  const profile = options.profileOf(pod)
  if (profile === undefined || cache.isAssumed(pod.uid)) {
    queue.done(pod.uid)
    return start
  }
  if (pod.pod.metadata?.deletionTimestamp !== undefined) {
    recorder.record(pod.pod, 'Warning', 'FailedScheduling', `skip schedule deleting pod: ${pod.key}`)
    queue.done(pod.uid)
    return start
  }
  const outcome = schedule(pod, cache, profile, random, start)
  if ('node' in outcome) placePod(options, item, profile, outcome)
  else refusePod(options, item, profile, outcome)
  return cache.nodes.length === 0 ? 0 : (start + outcome.examined) % cache.nodes.length
}

function placePod(options: PumpOptions, item: QueuedPod, profile: Profile, outcome: Extract<Outcome, { node: unknown }>): void {
  const { cache, queue, binder, recorder, status } = options
  const { pod } = item
  const { node, run } = outcome
  const reservations: Reservation[] = []
  for (const plugin of profile.reserve) {
    const state = run.states[run.plugins.indexOf(plugin)]
    const result = run.plugins.includes(plugin) ? plugin.reserve!(state, pod, node, cache) : undefined
    if (result === undefined) continue
    if (!('steps' in result)) return refuseReservation(options, item, node.name, plugin.name, result)
    reservations.push(result)
  }
  const releases = reservations.map((reservation) => cache.reserve(reservation))
  const release = () => {
    for (const each of releases) each()
  }
  cache.forgetNomination(pod.uid)
  cache.assume(pod, node.name)
  binder.add({
    pod: pod.pod,
    node: node.name,
    before: async () => {
      await status.cancel(pod.uid)
      for (const { steps } of reservations) await options.bindVolumes(steps, node.name)
    },
    succeeded: () => {
      release()
      queue.done(pod.uid)
      recorder.record(pod.pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.key} to ${node.name}`)
    },
    failed: (error) => {
      release()
      cache.forget(pod.uid)
      queue.onEvent('AssignedPodDelete', { previous: pod.pod })
      if (options.signal.aborted) return
      const now = options.current(pod)
      if (now === undefined || now.spec?.nodeName) return queue.done(pod.uid)
      options.onError('binding failed', error, pod)
      say(options, pod, { reason: 'SchedulerError', message: (error as Error).message, nominatedNode: '' })
      queue.failed(item)
    },
  })
}

function refuseReservation(options: PumpOptions, item: QueuedPod, node: string, plugin: string, rejection: Rejection): void {
  const diagnosis = { total: 1, rejections: new Map([[node, rejection]]), plugins: new Set([plugin]) }
  say(options, item.pod, { reason: 'Unschedulable', message: fitErrorMessage(diagnosis), nominatedNode: '' })
  options.queue.unschedulable(item, diagnosis.plugins)
}

/** No node fits: what preemption can do, then the word to the user, then the queue. */
function refusePod(options: PumpOptions, item: QueuedPod, profile: Profile, outcome: Extract<Outcome, { diagnosis: unknown }>): void {
  const { cache, queue, random } = options
  const { pod } = item
  const { diagnosis } = outcome
  let nominatedNode: string | undefined = ''
  let message = ''
  if (diagnosis.total > 0 && profile.postFilter.length > 0) {
    const remedy = askPostFilters(profile, pod, cache, outcome, random)
    message = remedy.message
    nominatedNode = remedy.nominatedNode
    if (nominatedNode && remedy.victims !== undefined) options.preempt(pod, nominatedNode, remedy.victims)
  }
  if (nominatedNode !== undefined) cache.nominate(pod, nominatedNode)
  say(options, pod, { reason: 'Unschedulable', message: fitErrorMessage(diagnosis, message), nominatedNode })
  queue.unschedulable(item, diagnosis.plugins)
}

function say({ recorder, status }: PumpOptions, pod: PodInfo, word: PodWord): void {
  recorder.record(pod.pod, 'Warning', 'FailedScheduling', truncatedNote(word.message))
  status.write(pod.pod, word)
}

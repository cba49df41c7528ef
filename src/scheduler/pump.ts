// The scheduling loop: takes pods from the queue one after the other, decides, assumes, hands over to the binder.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import type { Clock, Random } from '../apimachinery/clock.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { Binder } from './binder.ts'
import type { ClusterCache } from './cache.ts'
import { askPostFilters, type Outcome, type Profile, schedule } from './cycle.ts'
import { askExtendedPostFilters, scheduleExtended } from './extended-cycle.ts'
import { concerns, type Extender, extenderBinding } from './extender.ts'
import { fitErrorMessage, truncatedNote } from './fit-error.ts'
import type { BindStep, Rejection, Remedy, Reservation } from './framework.ts'
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
  /** Asked in this order about the pods that concern them. */
  extenders?: readonly Extender[]
  /** The pod as the server has it now. */
  current: (pod: PodInfo) => PodObject | undefined
  /** Carries out what a reservation needs before the pod can be bound. */
  bindVolumes: (steps: readonly BindStep[], node: string, timeoutMs: number | undefined) => Promise<void>
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
  /** An extender is being asked: pods are decided one after the other. */
  let asking = false
  let start = 0

  const failed = (item: QueuedPod, error: unknown): void => {
    options.onError('scheduling failed', error, item.pod)
    queue.failed(item)
  }
  const run = (): void => {
    scheduled = false
    const began = clock.now()
    while (!signal.aborted && !asking && binder.hasSpace()) {
      const item = queue.pop()
      if (item === undefined) return
      try {
        const next = scheduleOne(options, item, start)
        if (typeof next === 'number') start = next
        else {
          asking = true
          void next
            .then((value) => (start = value))
            .catch((error: unknown) => failed(item, error))
            .finally(() => {
              asking = false
              pump()
            })
        }
      } catch (error) {
        failed(item, error)
      }
      if (clock.now() - began < turnMs) continue
      scheduled = true
      clock.after(0, run)
      return
    }
  }
  const pump = (): void => {
    if (scheduled) return
    scheduled = true
    queueMicrotask(run)
  }
  return pump
}

/** One pod; returns where the next one begins to look for nodes. */
function scheduleOne(options: PumpOptions, item: QueuedPod, start: number): number | Promise<number> {
  const { cache, queue, recorder, random, extenders = [] } = options
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
  const concerned = extenders.filter((extender) => concerns(extender, pod))
  if (concerned.length > 0) return scheduleOneExtended(options, item, profile, { extenders: concerned, random, start })
  const outcome = schedule(pod, cache, profile, random, start)
  if ('node' in outcome) placePod(options, item, profile, outcome)
  else refusePod(options, item, outcome, remedyFor(options, profile, pod, outcome))
  return nextStart(cache, start, outcome)
}

const nextStart = ({ nodes }: ClusterCache, start: number, { examined }: Outcome): number =>
  nodes.length === 0 ? 0 : (start + examined) % nodes.length

type Asked = Parameters<typeof scheduleExtended>[3]

/** As scheduleOne, for a pod about which extenders have a say. Their failure is an error of the scheduler, told to the user. */
async function scheduleOneExtended(options: PumpOptions, item: QueuedPod, profile: Profile, asked: Asked): Promise<number> {
  const { cache, queue } = options
  const { pod } = item
  try {
    const outcome = await scheduleExtended(pod, cache, profile, asked)
    if ('node' in outcome) placePod(options, item, profile, outcome, extenderBinding(asked.extenders, pod, outcome.node.name))
    else {
      const remedy = isHopeless(profile, outcome) ? undefined : await askExtendedPostFilters(pod, cache, profile, outcome, asked)
      refusePod(options, item, outcome, remedy)
    }
    return nextStart(cache, asked.start, outcome)
  } catch (error) {
    options.onError('scheduling failed', error, pod)
    say(options, pod, { reason: 'SchedulerError', message: (error as Error).message, nominatedNode: undefined })
    queue.failed(item)
    return asked.start
  }
}

type Placed = Extract<Outcome, { node: unknown }>
type Refused = Extract<Outcome, { diagnosis: unknown }>

/** `bind`: how somebody else binds the pod; it resolves to false when the scheduler is to do it. */
function placePod(options: PumpOptions, item: QueuedPod, profile: Profile, outcome: Placed, bind?: () => Promise<boolean>): void {
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
    ...(bind === undefined ? {} : { bind }),
    before: async () => {
      await status.cancel(pod.uid)
      if (reservations.length > 0) await status.expect(pod.pod, node.name)
      for (const { steps } of reservations) await bindVolumes(options, steps, node.name, profile.bindTimeoutMs)
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
      // as it is now: an expectation of a node is taken back
      say(options, { ...pod, pod: now }, { reason: 'SchedulerError', message: (error as Error).message, nominatedNode: '' })
      queue.failed(item)
    },
  })
}

async function bindVolumes(options: PumpOptions, steps: readonly BindStep[], node: string, timeoutMs: number | undefined): Promise<void> {
  await options.bindVolumes(steps, node, timeoutMs).catch((error: Error) => {
    throw new Error(`running PreBind plugin "VolumeBinding": ${error.message}`, { cause: error })
  })
}

function refuseReservation(options: PumpOptions, item: QueuedPod, node: string, plugin: string, rejection: Rejection): void {
  const diagnosis = { total: 1, rejections: new Map([[node, rejection]]), plugins: new Set([plugin]) }
  say(options, item.pod, { reason: 'Unschedulable', message: fitErrorMessage(diagnosis), nominatedNode: '' })
  options.queue.unschedulable(item, diagnosis.plugins)
}

const isHopeless = ({ postFilter }: Profile, { diagnosis }: Refused): boolean => diagnosis.total === 0 || postFilter.length === 0

function remedyFor({ cache, random }: PumpOptions, profile: Profile, pod: PodInfo, outcome: Refused) {
  return isHopeless(profile, outcome) ? undefined : askPostFilters(profile, pod, cache, outcome, random)
}

/** No node fits: what preemption can do, then the word to the user, then the queue. */
function refusePod(
  options: PumpOptions,
  item: QueuedPod,
  { diagnosis }: Refused,
  remedy: (Remedy & { message: string }) | undefined,
): void {
  const { cache, queue } = options
  const { pod } = item
  const nominatedNode = remedy === undefined ? '' : remedy.nominatedNode
  if (nominatedNode && remedy?.victims !== undefined) options.preempt(pod, nominatedNode, remedy.victims)
  if (nominatedNode !== undefined) cache.nominate(pod, nominatedNode)
  say(options, pod, { reason: 'Unschedulable', message: fitErrorMessage(diagnosis, remedy?.message), nominatedNode })
  queue.unschedulable(item, diagnosis.plugins)
}

function say({ recorder, status }: PumpOptions, pod: PodInfo, word: PodWord): void {
  recorder.record(pod.pod, 'Warning', 'FailedScheduling', truncatedNote(word.message))
  status.write(pod.pod, word)
}

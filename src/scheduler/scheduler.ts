// kube-scheduler: watches pods and nodes, decides where pods run, binds them. The deciding is in cycle.ts and the plugins.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Lease } from '../api/coordination/lease.ts'
import { Event } from '../api/core/event.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod/index.ts'
import { createEventRecorder, type EventRecorder } from '../client/event-recorder.ts'
import { InformerFactory, type ObjectCache } from '../client/informer.ts'
import { runAsLeader } from '../client/leader-election.ts'
import type { Component, ComponentContext } from '../component.ts'
import { createBinder } from './binder.ts'
import { ClusterCache } from './cache.ts'
import type { Profile } from './cycle.ts'
import type { Extender } from './extender.ts'
import { nodeHandler, podHandler } from './handlers.ts'
import type { PodInfo } from './pod-info.ts'
import { createPreemptor } from './preemptor.ts'
import { defaultProfile } from './profile.ts'
import { createPump } from './pump.ts'
import { SchedulingQueue } from './queue.ts'
import type { World } from './snapshot.ts'
import { createStatusWriter } from './status-writer.ts'
import { bindVolumes } from './volume-binder.ts'
import { openWorld, watchWorld } from './world.ts'

export interface SchedulerOptions {
  leaderElect: boolean
  /** Unique among the schedulers of the cluster: <hostname>_<uuid>. */
  identity: string
  /** Default: one for default-scheduler. */
  profiles?: readonly Profile[]
  /** Default upstream's: kube-system/kube-scheduler, 15 s, 10 s, 2 s. */
  lease?: { namespace?: string; name?: string; leaseDurationMs?: number; renewDeadlineMs?: number; retryPeriodMs?: number }
  /** Services that take part in decisions, in the order in which they are asked. */
  extenders?: readonly Extender[]
  podInitialBackoffMs?: number
  podMaxBackoffMs?: number
}

/** Runs until the signal aborts. With leader election it waits for its turn, and rejects when leadership is lost. */
export const runScheduler: Component<SchedulerOptions> = async (options, context) => {
  if (!options.leaderElect) return work(options, context)
  context.ready?.()
  await runAsLeader(
    {
      client: context.client,
      leaseKind: Lease,
      ...{ namespace: 'kube-system', name: 'kube-scheduler', ...options.lease },
      identity: options.identity,
      clock: context.clock,
      random: context.random,
      signal: context.signal,
      onError: (err) => context.log.warn({ err }, 'leader election attempt failed'),
    },
    (signal) => work(options, { ...context, signal }),
  )
}

type Context = ComponentContext & { ready?: () => void }

async function work(options: SchedulerOptions, context: Context): Promise<void> {
  const { client, clock, random, log, signal } = context
  const informers = new InformerFactory({ client, clock, random, signal, onError: (err) => log.debug({ err }, 'watch failed') })
  const pods = informers.cache(Pod, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })
  const nodes = informers.cache(Node)
  const world = openWorld(informers)
  await informers.synced().catch(() => {})
  if (signal.aborted) return informers.stopped()
  const profiles = new Map((options.profiles ?? [defaultProfile()]).map((profile) => [profile.schedulerName, profile]))
  const profileOf = ({ pod }: PodInfo) => profiles.get(pod.spec?.schedulerName ?? 'default-scheduler')
  const recorder = profileRecorder(context, [...profiles.keys()])
  const cache = new ClusterCache(world)
  const queue = openQueue(options, context, { cache, world, pods, recorder, profileOf })
  nodes.onChange(nodeHandler(cache, queue))
  pods.onChange(podHandler(cache, queue, (pod) => profileOf(pod) !== undefined))
  watchWorld(world, queue)
  context.ready?.()
  await informers.stopped()
  queue.close()
  await recorder.flush()
}

/** Events come from the scheduler that the pod names. */
function profileRecorder({ client, clock, log }: Context, names: readonly string[]): EventRecorder {
  const onError = (err: unknown) => log.debug({ err }, 'event not recorded')
  const recorders = new Map(
    names.map((component) => [component, createEventRecorder({ client, clock, component, eventKind: Event, onError })]),
  )
  const [first] = recorders.values()
  return {
    record(regarding, ...rest) {
      const name = (regarding as PodObject).spec?.schedulerName ?? ''
      const recorder = recorders.get(name) ?? first
      recorder?.record(regarding, ...rest)
    },
    flush: async () => void (await Promise.all([...recorders.values()].map((recorder) => recorder.flush()))),
  }
}

interface Parts {
  cache: ClusterCache
  world: World
  pods: ObjectCache<PodObject>
  recorder: EventRecorder
  profileOf: (pod: PodInfo) => Profile | undefined
}

/** The queue with the loop that empties it. */
function openQueue(options: SchedulerOptions, context: Context, { cache, world, pods, recorder, profileOf }: Parts): SchedulingQueue {
  const { client, clock, random, log, signal } = context
  const onPreemptionError = (err: unknown) => log.warn({ err }, 'preemption failed')
  const preemptor = createPreemptor({ client, clock, recorder, cache, queue: () => queue, onError: onPreemptionError })
  const queue = new SchedulingQueue({
    clock,
    preEnqueue: (pod) => [...(profileOf(pod)?.preEnqueue ?? []), preemptor.gate],
    plugins: (pod) => profileOf(pod)?.all ?? new Map(),
    onReady: () => pump(),
    ...(options.podInitialBackoffMs === undefined ? {} : { initialBackoffMs: options.podInitialBackoffMs }),
    ...(options.podMaxBackoffMs === undefined ? {} : { maxBackoffMs: options.podMaxBackoffMs }),
  })
  const pump = createPump({
    cache,
    queue,
    binder: createBinder({ client, onSpace: () => pump() }),
    status: createStatusWriter({ client, clock, onError: (err) => log.warn({ err }, 'pod status not written') }),
    recorder,
    profileOf,
    extenders: options.extenders ?? [],
    current: ({ key, uid }) => {
      const found = pods.byKey(key)
      return found?.metadata?.uid === uid ? found : undefined
    },
    bindVolumes: (steps, node, timeoutMs) => bindVolumes({ client, clock, world, signal }, steps, node, timeoutMs),
    preempt: preemptor.preempt,
    clock,
    random,
    signal,
    onError: (message, err, pod) => log.warn({ err, pod: pod.key }, message),
  })
  return queue
}

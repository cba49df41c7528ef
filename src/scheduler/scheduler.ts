// kube-scheduler: watches pods and nodes, decides where pods run, binds them. The deciding is in cycle.ts and the plugins.
import { Lease } from '../api/coordination/lease.ts'
import { Event } from '../api/core/event.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod/index.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { InformerFactory } from '../client/informer.ts'
import { runAsLeader } from '../client/leader-election.ts'
import type { Component, ComponentContext } from '../component.ts'
import { createBinder } from './binder.ts'
import { ClusterCache } from './cache.ts'
import type { Profile } from './cycle.ts'
import { nodeHandler, podHandler } from './handlers.ts'
import { createPreemptor } from './preemptor.ts'
import { defaultProfile } from './profile.ts'
import { createPump } from './pump.ts'
import { SchedulingQueue } from './queue.ts'
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

async function work(options: SchedulerOptions, context: ComponentContext & { ready?: () => void }): Promise<void> {
  const { client, clock, random, log, signal } = context
  const informers = new InformerFactory({ client, clock, random, signal, onError: (err) => log.debug({ err }, 'watch failed') })
  const pods = informers.cache(Pod, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' })
  const nodes = informers.cache(Node)
  const world = openWorld(informers)
  await informers.synced().catch(() => {})
  if (signal.aborted) return informers.stopped()

  const profiles = new Map((options.profiles ?? [defaultProfile()]).map((profile) => [profile.schedulerName, profile]))
  const profileOf = ({ pod }: { pod: { spec?: { schedulerName?: string } } }) =>
    profiles.get(pod.spec?.schedulerName ?? 'default-scheduler')
  const recorder = createEventRecorder({
    client,
    clock,
    component: 'default-scheduler',
    eventKind: Event,
    onError: (err) => log.debug({ err }, 'event not recorded'),
  })
  const cache = new ClusterCache(world)
  const preemptor = createPreemptor({
    client,
    clock,
    recorder,
    cache,
    queue: () => queue,
    onError: (err) => log.warn({ err }, 'preemption failed'),
  })
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
    current: ({ key, uid }) => {
      const found = pods.byKey(key)
      return found?.metadata?.uid === uid ? found : undefined
    },
    bindVolumes: (steps, node) => bindVolumes({ client, clock, world, signal }, steps, node),
    preempt: preemptor.preempt,
    clock,
    random,
    signal,
    onError: (message, err, pod) => log.warn({ err, pod: pod.key }, message),
  })
  nodes.onChange(nodeHandler(cache, queue))
  pods.onChange(podHandler(cache, queue, (pod) => profileOf(pod) !== undefined))
  watchWorld(world, queue)
  context.ready?.()
  await informers.stopped()
  queue.close()
  await recorder.flush()
}

// Carries out a preemption beside the cycle: victims are told, then deleted; the pod waits until that is under way.
import { Pod } from '../api/core/pod/index.ts'
import { podCondition } from '../api/core/pod/queries.ts'
import { isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, timestamp } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { ClusterCache } from './cache.ts'
import { definePlugin, type Plugin } from './framework.ts'
import type { PodInfo } from './pod-info.ts'
import type { SchedulingQueue } from './queue.ts'

export interface PreemptorOptions {
  client: Client
  clock: Clock
  recorder: EventRecorder
  cache: ClusterCache
  queue: () => SchedulingQueue
  onError: (error: unknown) => void
}

export function createPreemptor(options: PreemptorOptions) {
  const { cache } = options
  const underWay = new Set<string>()

  /** Pods of lower priority that were promised the node look for another one. */
  const withdraw = async (pod: PodInfo, node: string): Promise<void> => {
    for (const other of cache.nominated(node)) {
      if (other.priority >= pod.priority || other.uid === pod.uid) continue
      cache.forgetNomination(other.uid)
      await patchStatus(options.client, other, { nominatedNodeName: null })
    }
  }

  return {
    /** Starts evicting the victims, but for those that go already; never throws. */
    preempt(pod: PodInfo, node: string, victims: readonly PodInfo[]): void {
      const staying = victims.filter((victim) => victim.pod.metadata?.deletionTimestamp === undefined)
      if (staying.length === 0) return
      underWay.add(pod.uid)
      const evictions = staying.map((victim) => evict(options, pod, victim, node).catch(ignoreNotFound))
      const finish = (proceed: (uid: string) => void) => {
        underWay.delete(pod.uid)
        proceed(pod.uid)
      }
      void Promise.all([...evictions, withdraw(pod, node).catch(ignoreNotFound)]).then(
        () => finish((uid) => options.queue().ungate(uid)),
        (error: unknown) => {
          options.onError(error)
          // nothing may come of it, so no event may come either: it is tried again at once
          finish((uid) => options.queue().activate(uid))
        },
      )
    },
    /** Keeps a pod out of the queue while its victims are being evicted. */
    gate: definePlugin({
      name: 'DefaultPreemption',
      preEnqueue: ({ uid }) => (underWay.has(uid) ? 'waiting for the preemption for this pod to be finished' : undefined),
      retryOn: {},
    }) satisfies Plugin,
  }
}

async function patchStatus(client: Client, { pod }: PodInfo, status: object): Promise<void> {
  const { name = '', namespace = '', uid } = pod.metadata ?? {}
  await client.patch(Pod, { name, namespace }, { metadata: { uid }, status }, { type: 'strategic', subresource: 'status' })
}

/** The condition tells the victim's controllers and users why, then it is deleted with its own grace period. */
async function evict({ client, clock, recorder }: PreemptorOptions, preemptor: PodInfo, victim: PodInfo, node: string): Promise<void> {
  const { name = '', namespace = '', uid, generation } = victim.pod.metadata ?? {}
  const scheduler = preemptor.pod.spec?.schedulerName ?? 'default-scheduler'
  if (podCondition(victim.pod, 'DisruptionTarget')?.status !== 'True') {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${scheduler}: preempting to accommodate a higher priority pod`,
      lastProbeTime: null,
      lastTransitionTime: timestamp(clock.now()),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    await patchStatus(client, victim, { conditions: [condition] })
  }
  await client.delete(Pod, { name, namespace }, uid === undefined ? {} : { preconditions: { uid } })
  recorder.record(victim.pod, 'Normal', 'Preempted', `Preempted by pod ${preemptor.uid} on node ${node}`)
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error
}

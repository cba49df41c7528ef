// Writes what the scheduler has to say into pods' status: only when it differs, never after the pod is bound, a few at a time.
import type { Pod as PodObject } from '../../openapi/types/core/v1.ts'
import { Pod } from '../api/core/pod/index.ts'
import { podCondition } from '../api/core/pod/queries.ts'
import { isNotFound } from '../apimachinery/api-error.ts'
import { type Clock, timestamp } from '../apimachinery/clock.ts'
import type { Client } from '../client/client.ts'

/** What is to be said about a pod. */
export interface PodWord {
  reason: 'Unschedulable' | 'SchedulerError'
  message: string
  /** '' clears it, absent leaves it. */
  nominatedNode?: string | undefined
}

/** The patch of /status that says it, or undefined when the pod says so already. */
export function statusPatch(pod: PodObject, { reason, message, nominatedNode }: PodWord, now: number): object | undefined {
  const before = podCondition(pod, 'PodScheduled')
  const { uid, generation } = pod.metadata ?? {}
  const same = before?.status === 'False' && before.reason === reason && before.message === message
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const nodeDiffers = nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? '')
  if (same && (generation === undefined || before.observedGeneration === generation) && !nodeDiffers) return undefined
  const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : timestamp(now)
  const condition = { type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null, lastTransitionTime, ...observed }
  return { metadata: { uid }, status: { conditions: [condition], ...(nodeDiffers ? { nominatedNodeName: nominatedNode || null } : {}) } }
}

const maxConcurrent = 16

/** The writer of one scheduler. The last word about a pod wins; what waits is bounded by the pods there are. */
export function createStatusWriter(options: { client: Client; clock: Clock; onError: (error: unknown) => void }) {
  const waiting = new Map<string, { pod: PodObject; word: PodWord }>()
  const running = new Map<string, Promise<void>>()

  const send = async (pod: PodObject, word: PodWord): Promise<void> => {
    const patch = statusPatch(pod, word, options.clock.now())
    const { name = '', namespace = '' } = pod.metadata ?? {}
    if (patch === undefined) return
    await options.client.patch(Pod, { name, namespace }, patch, { type: 'strategic', subresource: 'status' })
  }
  const next = (): void => {
    for (const [uid, { pod, word }] of waiting) {
      if (running.size >= maxConcurrent) return
      if (running.has(uid)) continue
      waiting.delete(uid)
      const run = send(pod, word)
        .catch((error) => {
          if (!isNotFound(error)) options.onError(error)
        })
        .finally(() => {
          running.delete(uid)
          next()
        })
      running.set(uid, run)
    }
  }
  return {
    /** Says it soon. */
    write(pod: PodObject, word: PodWord): void {
      waiting.set(pod.metadata?.uid ?? '', { pod, word })
      next()
    },
    /** Says where the pod is expected to go while that still takes time; what comes of it is not waited for by others. */
    async expect(pod: PodObject, node: string): Promise<void> {
      const { name = '', namespace = '', uid } = pod.metadata ?? {}
      if (pod.status?.nominatedNodeName === node) return
      const patch = { metadata: { uid }, status: { nominatedNodeName: node } }
      await options.client.patch(Pod, { name, namespace }, patch, { type: 'strategic', subresource: 'status' }).catch(options.onError)
    },
    /** Drops what was to be said about a pod; resolves when nothing about it is on its way. */
    cancel(uid: string): Promise<void> | undefined {
      waiting.delete(uid)
      return running.get(uid)
    },
  }
}

export type StatusWriter = ReturnType<typeof createStatusWriter>

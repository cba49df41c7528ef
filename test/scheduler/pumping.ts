// The scheduling loop with a client that is only pretended.
import type { Pod } from '../../openapi/types/core/v1.ts'
import type { Client } from '../../src/client/client.ts'
import { createBinder } from '../../src/scheduler/binder.ts'
import type { Extender } from '../../src/scheduler/extender.ts'
import { nodeHandler, podHandler } from '../../src/scheduler/handlers.ts'
import { defaultProfile } from '../../src/scheduler/profile.ts'
import { createPump } from '../../src/scheduler/pump.ts'
import { SchedulingQueue } from '../../src/scheduler/queue.ts'
import { createStatusWriter } from '../../src/scheduler/status-writer.ts'
import { cluster, node, virtualClock, type WorldShape } from './objects.ts'

/** Lets promises that are ready run. */
export const settle = () => new Promise<void>((done) => setImmediate(done))

/** The loop around a client that answers as `answer` says; what was called, said and evicted is written down. */
export function setup(
  answer: (call: string) => Promise<unknown> = async () => ({}),
  extenders: readonly Extender[] = [],
  { world = {}, bindVolumes = async () => {} }: { world?: WorldShape; bindVolumes?: () => Promise<void> } = {},
) {
  const clock = virtualClock()
  const calls: string[] = []
  const said: string[] = []
  const evicted: string[] = []
  const call = (text: string) => {
    calls.push(text)
    return answer(text)
  }
  const client = {
    createSubresource: (_: unknown, { name }: { name: string }, kind: string, body: { target: { name: string } }) =>
      call(`${kind} ${name} ${body.target.name}`),
    patch: (
      _: unknown,
      { name }: { name: string },
      patch: { status: { conditions?: [{ reason: string }]; nominatedNodeName?: string | null } },
    ) =>
      call(
        `status ${name} ${patch.status.conditions?.[0].reason ?? 'expected'}${'nominatedNodeName' in patch.status ? ` on ${patch.status.nominatedNodeName}` : ''}`,
      ),
  } as unknown as Client
  const profile = defaultProfile()
  const cache = cluster([], [], world)
  const pods = new Map<string, Pod>()
  const queue = new SchedulingQueue({ clock, preEnqueue: () => profile.preEnqueue, plugins: () => profile.all, onReady: () => pump() })
  const pump = createPump({
    cache,
    queue,
    binder: createBinder({ client, onSpace: () => pump() }),
    status: createStatusWriter({ client, clock, onError: () => {} }),
    recorder: {
      record: ({ metadata }, type, reason, message) => said.push(`${metadata?.name} ${type} ${reason}: ${message}`),
      flush: async () => {},
    },
    profileOf: () => profile,
    current: ({ uid }) => pods.get(uid),
    bindVolumes,
    preempt: (pod, node, victims) => evicted.push(`${pod.uid} on ${node}: ${victims.map(({ uid }) => uid).join(' ')}`),
    extenders,
    clock,
    random: () => 0,
    signal: new AbortController().signal,
    onError: () => {},
  })
  const onNode = nodeHandler(cache, queue)
  const onPod = podHandler(cache, queue, () => true)
  return {
    clock,
    calls,
    said,
    evicted,
    cache,
    addNode: (name: string) => onNode({ type: 'added', object: node(name), previous: undefined }),
    setPod(object: Pod) {
      const previous = pods.get(object.metadata!.uid!)
      pods.set(object.metadata!.uid!, object)
      onPod({ type: previous === undefined ? 'added' : 'updated', object, previous })
    },
    removePod(object: Pod) {
      pods.delete(object.metadata!.uid!)
      onPod({ type: 'deleted', object, previous: object })
    },
  }
}

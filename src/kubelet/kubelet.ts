// The kubelet component. With the hollow runtime one process hosts many nodes: one informer of pods, dealt out by spec.nodeName.
import type { Node, Pod, Taint } from '../../openapi/types/core/v1.ts'
import { Event as EventKind } from '../api/core/event.ts'
import { Node as NodeKind } from '../api/core/node.ts'
import { Pod as PodKind } from '../api/core/pod/index.ts'
import { createEventRecorder } from '../client/event-recorder.ts'
import { InformerFactory } from '../client/informer.ts'
import type { Component, ComponentContext } from '../component.ts'
import { fallbackPodCidr, nodeAddress, nodeNames } from './hollow-nodes.ts'
import { NodeKeeper } from './node.ts'
import type { Machine } from './node-status.ts'
import { admissionVerdict, type Verdict } from './pod-admission.ts'
import { PodHost } from './pod-host.ts'
import { hollowProbe } from './probes/hollow-probe.ts'
import { referenceReader } from './reference-reader.ts'
import { type HollowRuntime, hollowVersion, openHollowRuntime } from './runtime/hollow.ts'
import type { ServedNode } from './server/served-node.ts'
import type { KubeletServerOptions } from './server/server.ts'
import { type WriteSlots, writeSlots } from './write-slots.ts'

export interface KubeletOptions {
  /** The node's name, or the first of several. */
  nodeName: string
  /** Default 1. */
  nodes?: number
  /** Only with one node; default an address of 10.0.0.0/16. */
  nodeIps?: readonly string[]
  labels?: Readonly<Record<string, string>>
  taints?: readonly Taint[]
  /** Default true. */
  register?: boolean
  /** Default true. */
  schedulable?: boolean
  /** Default that of a large simulated machine. */
  capacity?: Readonly<Record<string, string>>
  machine?: Machine
  /** Absent: the nodes have no server. */
  server?: KubeletServerOptions
  /** The DNS name under which the API server reaches the process, when the nodes' own addresses are simulated. */
  serverName?: string
  /** Default upstream's 10 s. */
  nodeStatusUpdateFrequencyMs?: number
}

/** What a simulated node offers unless told otherwise. */
export const hollowCapacity: Readonly<Record<string, string>> = {
  cpu: '32',
  'ephemeral-storage': '1Ti',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '256Gi',
  pods: '110',
}

const hollowMachine: Machine = {
  machineId: 'hollow',
  systemUuid: 'hollow',
  bootId: 'hollow',
  kernelVersion: 'hollow',
  osImage: 'Hollow Linux',
  operatingSystem: 'linux',
  architecture: 'amd64',
}

/** Writes of pod statuses that may be under way at once. */
const maxWrites = 64
const maxRegistrations = 32
/** Nodes that have to be registered before the component is ready; the others follow. */
const firstNodes = 20
/** With more nodes than this, the five start events of each are left out. */
const maxNodesWithEvents = 100
/** How long a pod waits for the node's podCIDR before the fallback range is used. */
const cidrPatienceMs = 3000

/** Runs until the signal aborts. */
export const runKubelet: Component<KubeletOptions> = async (options, context) => {
  const { client, clock, random, log, signal } = context
  const informers = new InformerFactory({ client, clock, random, signal, onError: (err) => log.debug({ err }, 'watch failed') })
  const slots = writeSlots(maxWrites)
  const count = options.nodes ?? 1
  const lookups = referenceReader(client, clock)
  const hosts = new Map<string, NodeHost>()
  for (const name of nodeNames(options.nodeName, count)) hosts.set(name, new NodeHost(name, options, context, { slots, lookups }))
  if (options.server !== undefined) await serve(options.server, context, [...hosts.values()])
  const single = count === 1
  const pods = informers.cache(PodKind, { fieldSelector: single ? `spec.nodeName=${options.nodeName}` : 'spec.nodeName!=' })
  const nodes = informers.cache(NodeKind, single ? { fieldSelector: `metadata.name=${options.nodeName}` } : {})
  nodes.onChange(({ type, object }) => hosts.get(object.metadata?.name ?? '')?.keeper.observe(type === 'deleted' ? undefined : object))

  const closeAll = () => {
    for (const host of hosts.values()) host.close()
  }
  signal.addEventListener('abort', closeAll, { once: true })

  const registrations = [...hosts.values()]
  const register = async (): Promise<void> => {
    for (let host = registrations.shift(); host !== undefined && !signal.aborted; host = registrations.shift()) await host.keeper.start()
  }
  const first = Promise.all(registrations.splice(0, firstNodes).map((host) => host.keeper.start()))
  await Promise.all([first, informers.synced()]).catch(() => {})
  if (!signal.aborted) {
    pods.onChange(({ type, object }) => hosts.get(object.spec?.nodeName ?? '')?.change(type, object))
    context.ready?.()
    await Promise.all(Array.from({ length: maxRegistrations }, register))
  }
  await informers.stopped()
}

/** Opens every node's port; the server's code is loaded only where there is one. */
async function serve(options: KubeletServerOptions, context: ComponentContext, hosts: readonly NodeHost[]): Promise<void> {
  const { kubeletServer } = await import('./server/server.ts')
  const server = kubeletServer(options, context)
  context.signal.addEventListener('abort', () => server.close(), { once: true })
  for (const [index, host] of hosts.entries()) host.keeper.servedAt(await server.open(host.served(), index))
}

interface Shared {
  slots: WriteSlots
  lookups: ReturnType<typeof referenceReader>
}

/** One node: its runtime, its keeper, its pods. */
class NodeHost {
  readonly keeper: NodeKeeper
  readonly #context: ComponentContext
  readonly #shared: Shared
  readonly #runtime: HollowRuntime
  readonly #recorder: ReturnType<typeof createEventRecorder>
  readonly #pods = new Map<string, PodHost>()
  readonly #ips: readonly string[]
  readonly #openedAt: number
  readonly #capacity: Readonly<Record<string, string>>

  constructor(name: string, options: KubeletOptions, context: ComponentContext, shared: Shared) {
    const { client, clock, random, signal, log } = context
    this.#context = context
    this.#shared = shared
    const single = (options.nodes ?? 1) === 1
    this.#ips = single && (options.nodeIps?.length ?? 0) > 0 ? options.nodeIps! : [nodeAddress(name)]
    const openedAt = clock.now()
    this.#openedAt = openedAt
    this.#capacity = options.capacity ?? hollowCapacity
    const cidrs = (node: Node | undefined) => node?.spec?.podCIDRs ?? (node?.spec?.podCIDR === undefined ? undefined : [node.spec.podCIDR])
    this.#runtime = openHollowRuntime({
      clock,
      random,
      signal,
      nodeIps: this.#ips,
      podCidrs: () => cidrs(this.keeper.node) ?? (clock.now() - openedAt > cidrPatienceMs ? [fallbackPodCidr(name)] : undefined),
      onChange: (uid) => this.#pods.get(uid)?.worker.wake(),
    })
    this.#recorder = createEventRecorder({
      client,
      clock,
      eventKind: EventKind as never,
      component: 'kubelet',
      host: name,
      onError: (err) => log.debug({ err }, 'event was not recorded'),
    })
    this.keeper = new NodeKeeper({
      ...{ client, clock, random, signal, log },
      runtime: this.#runtime,
      recorder: (options.nodes ?? 1) > maxNodesWithEvents ? undefined : this.#recorder,
      register: options.register ?? true,
      updateFrequencyMs: options.nodeStatusUpdateFrequencyMs ?? 10_000,
      facts: {
        name,
        hostname: name,
        ips: this.#ips,
        capacity: this.#capacity,
        ...(options.serverName === undefined ? {} : { dnsName: options.serverName }),
        labels: options.labels ?? {},
        taints: options.taints ?? [],
        schedulable: options.schedulable ?? true,
        runtime: { name: 'hollow', version: hollowVersion },
        machine: options.machine ?? hollowMachine,
      },
    })
  }

  change(type: 'added' | 'updated' | 'deleted', pod: Pod): void {
    const uid = pod.metadata?.uid ?? ''
    const host = this.#pods.get(uid)
    if (type === 'deleted') host?.remove()
    else if (host !== undefined) host.update(pod)
    else this.#pods.set(uid, this.#open(uid, pod))
  }

  /** What the server tells of this node. */
  served(): ServedNode {
    return {
      name: this.keeper.name,
      startedAt: this.#openedAt,
      capacity: this.#capacity,
      pods: () => [...this.#pods.values()].map((host) => host.reported),
      runtime: this.#runtime,
    }
  }

  #admit(pod: Pod): Verdict | undefined {
    const { node } = this.keeper
    if (node === undefined) return undefined
    const others = [...this.#pods.values()].filter(({ worker }) => !worker.finished).map(({ worker }) => worker.pod)
    return admissionVerdict(pod, node, others)
  }

  close(): void {
    this.keeper.stop()
    for (const host of this.#pods.values()) host.close()
  }

  #open(uid: string, pod: Pod): PodHost {
    const { client, clock, log } = this.#context
    this.#runtime.adopt(pod)
    return new PodHost(pod, {
      client,
      clock,
      slots: this.#shared.slots,
      lookup: this.#shared.lookups(pod.metadata?.namespace ?? ''),
      admit: (asked) => this.#admit(asked),
      runtime: this.#runtime,
      hostIps: this.#ips,
      event: (about, type, reason, message, container) => {
        const fieldPath = container === undefined ? undefined : fieldPathOf(about, container.name)
        this.#recorder.record({ ...about, apiVersion: 'v1', kind: 'Pod' } as never, type, reason, message, fieldPath)
      },
      probe: async (about, container, kind, startedAt) => hollowProbe(about, container, kind, startedAt, clock.now()),
      onGone: () => {
        this.#pods.get(uid)?.close()
        this.#pods.delete(uid)
        this.#runtime.remove(uid)
      },
      onError: (err) =>
        log.warn({ err, pod: `${pod.metadata?.namespace}/${pod.metadata?.name}` }, 'pod status was not written; trying again'),
    })
  }
}

/** The part of the pod that an event about a container names. */
function fieldPathOf({ spec }: Pod, name: string): string {
  const inList = (list: readonly { name: string }[] | undefined) => list?.some((container) => container.name === name) ?? false
  const list = inList(spec?.initContainers) ? 'initContainers' : inList(spec?.ephemeralContainers) ? 'ephemeralContainers' : 'containers'
  return `spec.${list}{${name}}`
}

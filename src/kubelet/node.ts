// Keeps one Node registered, its Lease renewed and its status reported. All times are jittered so that many nodes spread their writes.
import type { Lease } from '../../openapi/types/coordination/v1.ts'
import type { Node } from '../../openapi/types/core/v1.ts'
import { Lease as LeaseKind } from '../api/coordination/lease.ts'
import { Node as NodeKind } from '../api/core/node.ts'
import { isAlreadyExists, isNotFound } from '../apimachinery/api-error.ts'
import { microTimestamp, type Timer } from '../apimachinery/clock.ts'
import type { EventRecorder } from '../client/event-recorder.ts'
import type { ComponentContext } from '../component.ts'
import { conditionRows, type NodeFacts, nodeConditionsHold, nodeMetadataPatch, nodeObject, nodeStatus } from './node-status.ts'
import type { Runtime } from './runtime/runtime.ts'

export interface NodeKeeperOptions extends Pick<ComponentContext, 'client' | 'clock' | 'random' | 'log' | 'signal'> {
  facts: NodeFacts
  runtime: Runtime
  recorder: EventRecorder | undefined
  register: boolean
  /** nodeStatusUpdateFrequency: how often it is seen whether the status has changed. */
  updateFrequencyMs: number
}

const leaseNamespace = 'kube-node-lease'
const leaseSeconds = 40
const renewMs = 10_000
/** nodeStatusReportFrequency: a status without changes is reported this often. */
const reportMs = 300_000
const retryMs = 200
const maxRetryMs = 7000

export class NodeKeeper {
  #o: NodeKeeperOptions
  #node: Node | undefined
  #lease: Lease | undefined
  #timer: Timer | undefined
  #reportedAt = 0
  #renewedAt = 0
  #reportedImages = ''
  #busy = false

  constructor(options: NodeKeeperOptions) {
    this.#o = options
  }

  /** The newest Node that is known. */
  get node(): Node | undefined {
    return this.#node
  }

  get name(): string {
    return this.#o.facts.name
  }

  /** The port of the node's server; told before start. */
  servedAt(port: number): void {
    this.#o = { ...this.#o, facts: { ...this.#o.facts, port } }
  }

  /** Registers, trying again until it works or the signal aborts; then heartbeats begin. */
  async start(): Promise<void> {
    const { clock, random, signal, log, facts } = this.#o
    this.#event('Starting', 'Starting kubelet.')
    for (let delay = retryMs; !signal.aborted; delay = Math.min(maxRetryMs, delay * 2)) {
      try {
        await this.#register()
        break
      } catch (err) {
        if (signal.aborted) return
        log.warn({ err, node: facts.name }, 'node could not be registered; trying again')
        await new Promise<void>((resolve) => clock.after(delay, resolve))
      }
    }
    for (const { event } of conditionRows) this.#event(event, `Node ${facts.name} status is now: ${event}`)
    void this.#renew().catch((err) => log.debug({ err, node: facts.name }, 'lease could not be written'))
    this.#renewedAt = clock.now() - renewMs * random()
    this.#schedule(this.#tickMs() * random())
  }

  /** Told by the informer. */
  observe(node: Node | undefined): void {
    this.#node = node
    if (this.#reportedAt === 0 || this.#busy) return
    if (node !== undefined && !nodeConditionsHold(node.status)) void this.#beat(true)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #tickMs(): number {
    return Math.max(1000, Math.min(renewMs, this.#o.updateFrequencyMs))
  }

  #schedule(delayMs: number): void {
    const { clock, random, signal } = this.#o
    if (signal.aborted) return
    this.#timer = clock.after(delayMs, () => {
      void this.#beat(false).then(() => this.#schedule(this.#tickMs() * (1 + 0.04 * random())))
    })
  }

  async #beat(now: boolean): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    const { log, facts, clock, register } = this.#o
    try {
      if (this.#node === undefined && register) await this.#register()
      if (!now && clock.now() - this.#renewedAt >= renewMs * 0.95) await this.#renew()
      const stale = clock.now() - this.#reportedAt >= reportMs || this.#images() !== this.#reportedImages
      if (now || stale || !nodeConditionsHold(this.#node?.status)) await this.#report()
    } catch (err) {
      log.debug({ err, node: facts.name }, 'heartbeat failed')
    } finally {
      this.#busy = false
    }
  }

  async #register(): Promise<void> {
    const { client, clock, facts, runtime, register } = this.#o
    let existed = true
    if (!register) {
      this.#node = await client.get(NodeKind, { name: facts.name })
    } else {
      try {
        this.#node = await client.create(NodeKind, nodeObject(facts, runtime.images(), clock.now()))
        existed = false
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
        this.#node = await client.get(NodeKind, { name: facts.name })
        const patch = nodeMetadataPatch(this.#node, facts)
        if (patch !== undefined) this.#node = await client.patch(NodeKind, { name: facts.name }, patch, { type: 'merge' })
      }
    }
    if (existed || !nodeConditionsHold(this.#node.status)) await this.#report()
    else this.#reported()
  }

  async #report(): Promise<void> {
    const { client, clock, facts, runtime } = this.#o
    const status = nodeStatus(facts, runtime.images(), this.#node?.status, clock.now())
    const patch = { status: { ...status, '$setElementOrder/conditions': conditionRows.map(({ type }) => ({ type })) } }
    this.#node = await client.patch(NodeKind, { name: facts.name }, patch, { type: 'strategic', subresource: 'status' })
    this.#reported()
  }

  #reported(): void {
    const { clock, random } = this.#o
    this.#reportedAt = clock.now() - (this.#reportedAt === 0 ? reportMs * 0.5 * random() : 0)
    this.#reportedImages = this.#images()
  }

  #images(): string {
    return this.#o.runtime
      .images()
      .map(({ names }) => names[1] ?? names[0])
      .join()
  }

  async #renew(): Promise<void> {
    const { client, clock, facts } = this.#o
    this.#renewedAt = clock.now()
    const renewTime = microTimestamp(this.#renewedAt)
    const ref = { name: facts.name, namespace: leaseNamespace }
    try {
      if (this.#lease === undefined) this.#lease = await client.get(LeaseKind, ref)
      const lease: Lease = {
        ...this.#lease,
        metadata: { ...this.#lease.metadata, ...this.#owner() },
        spec: { ...this.#lease.spec, holderIdentity: facts.name, leaseDurationSeconds: leaseSeconds, renewTime },
      }
      this.#lease = await client.update(LeaseKind, lease)
    } catch (error) {
      this.#lease = undefined
      if (!isNotFound(error)) throw error
      const spec = { holderIdentity: facts.name, leaseDurationSeconds: leaseSeconds, renewTime }
      const metadata = { ...ref, ...this.#owner() }
      this.#lease = await client.create(LeaseKind, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    }
  }

  #owner() {
    const uid = this.#node?.metadata?.uid
    if (uid === undefined) return {}
    return { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.#o.facts.name, uid }] }
  }

  #event(reason: string, message: string): void {
    const { facts, recorder } = this.#o
    // the kubelet names a node by name and uid alike, so that its events are found before it is registered
    recorder?.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: facts.name, uid: facts.name } }, 'Normal', reason, message)
  }
}

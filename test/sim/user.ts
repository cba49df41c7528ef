// The user of a simulated cluster: makes, changes and deletes workloads until the server has acknowledged it, and remembers what that was.
import { Namespace } from '../../src/api/core/namespace.ts'
import { Node } from '../../src/api/core/node.ts'
import { Pod } from '../../src/api/core/pod/index.ts'
import { ApiError, isAlreadyExists, isNotFound } from '../../src/apimachinery/api-error.ts'
import type { Clock } from '../../src/apimachinery/clock.ts'
import { sleep } from '../../src/apimachinery/clock.ts'
import type { Kind } from '../../src/apimachinery/kind.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import type { Client } from '../../src/client/client.ts'
import type { Spec, Wanted } from './workloads.ts'
import { namespace } from './workloads.ts'

const patienceMs = 1000
const maxTries = 600

export class User {
  readonly #client: Client
  readonly #clock: Clock

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async makeNamespace(): Promise<void> {
    await this.#insist(() => this.#client.create<KubeObject>(Namespace as Kind, { metadata: { name: namespace } }).catch(exists))
  }

  async deleteNamespace(): Promise<void> {
    await this.#insist(() => this.#client.delete(Namespace as Kind, { name: namespace }).catch(absent))
  }

  /** Waits for an earlier object of the name to go. */
  async make(wanted: Wanted, spec: Spec): Promise<void> {
    const { kind, name } = wanted
    const made = await this.#insist(() => this.#client.create<KubeObject>(kind, { metadata: { name, namespace }, spec } as KubeObject))
    wanted.spec = spec
    const uid = made.metadata?.uid
    if (uid !== undefined) wanted.uid = uid
  }

  async change(wanted: Wanted, change: (spec: Spec) => void): Promise<void> {
    const { kind, name } = wanted
    await this.#insist(async () => {
      const object = await this.#client.get<KubeObject & { spec?: Spec }>(kind, { name, namespace }).catch(absent)
      // ended and cleaned up meanwhile
      if (object === undefined) return
      change(object.spec)
      await this.#client.update(kind, object)
    })
    change(wanted.spec)
  }

  async remove(wanted: Wanted, propagationPolicy: 'Background' | 'Foreground'): Promise<void> {
    const { kind, name } = wanted
    wanted.spec = undefined
    await this.#insist(() => this.#client.delete(kind, { name, namespace }, { propagationPolicy }).catch(absent))
  }

  async deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }
    await this.#insist(() => this.#client.delete(Pod as unknown as Kind, { name, namespace }, grace).catch(absent))
  }

  /** One try: a budget may refuse it. */
  async evictPod(name: string): Promise<void> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
    await this.#client.createSubresource(Pod as unknown as Kind, { name, namespace }, 'eviction', body).catch(() => {})
  }

  async deleteNode(name: string): Promise<void> {
    await this.#insist(() => this.#client.delete(Node as unknown as Kind, { name }).catch(absent))
  }

  async cordon(name: string, unschedulable: boolean): Promise<void> {
    const patch = { spec: { unschedulable } }
    await this.#insist(() => this.#client.patch(Node as unknown as Kind, { name }, patch, { type: 'strategic' }).catch(absent))
  }

  async #insist<T>(act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await act()
      } catch (error) {
        // an invalid object is a fault of the script
        if (tries === maxTries || (error instanceof ApiError && error.code === 422)) throw error
        await sleep(this.#clock, patienceMs)
      }
    }
  }
}

function absent(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}

function exists(error: unknown): undefined {
  if (!isAlreadyExists(error)) throw error
}
